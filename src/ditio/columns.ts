/**
 * Fields of the streams' records and their types, for the analytics tables.
 *
 * Data only, from the field lists of Ditio's documentation. Real records carry more fields, and more are added: the
 * lake keeps them all, these are the ones that tables name. Where the documentation leaves a type open it is `string`,
 * which every value can be read as.
 */

/**
 * `timestamp` is ISO 8601 text as Ditio sends it, mostly with `Z`, where `0001-01-01…` means empty. `json` is a nested
 * value. Ids are `string`.
 */
export type ColumnType = 'string' | 'double' | 'bigint' | 'boolean' | 'timestamp' | 'json';

/** Field name → type; the order is that of the table's columns. */
export type Columns = Readonly<Record<string, ColumnType>>;

type Fields = Partial<Record<ColumnType, string>>;

/** Every record has these. */
const COMMON: Columns = {
  id: 'string',
  modifiedDateTime: 'timestamp',
  isDeleted: 'boolean',
  deletedDateTime: 'timestamp',
};

/** Columns from names grouped by type, after the common ones. */
function columns(fields: Fields): Columns {
  const named = Object.entries(fields).flatMap(([type, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, type as ColumnType] as const),
  );
  return { ...COMMON, ...Object.fromEntries(named) };
}

const INCIDENT = columns({
  string: `serialNumberWithPrefix serialNumber title description typeName baseTypeText statusText measures companyName
    projectId projectNumber projectName projectCompanyName taskId taskName machineId machineName pdfUrl`,
  boolean: 'requiresFurtherAction resolvedOnLocation',
  double: 'latitude longitude',
  timestamp: 'createdAt statusUpdatedAt',
});

const CHECKLIST = columns({
  string: `documentNumber serialNumber templateName templateVersion baseTypeName statusText projectId projectNumber
    projectName activityNumber activityName machineId resourceNumber createdByUserName submittedByUserName
    approvedByUserName pdfUrl`,
  boolean: 'hasDeviation hasComment hasImages',
  double: 'latitude longitude',
  timestamp: 'createdDateTime submittedDateTime',
  json: 'sections',
});

/** The documentation lists no fields of its own for these. */
const REFERENCE = columns({ string: 'name' });

export const COLUMNS = {
  project: columns({
    string: 'number name externalNumber externalDim01 externalDim02 companyId companyName',
    boolean: 'active isExternal',
    timestamp: 'createdDateTime',
  }),
  'work-orders': columns({
    string: `projectId number name nameWithNumber chapterId externalNumber externalDim01 externalDim02
      externalPieceWorkId parentName fullPathName companyId companyName`,
    boolean: 'isExternal',
  }),
  resource: columns({
    string: `number name typeName typeBaseName registrationNumber serialNumber department emissionClass buildYear
      weight capacity companyId companyName`,
    double: 'costPrice price',
    boolean: 'active isExternal',
  }),
  user: columns({
    string: `identityUserId employeeNumber name firstName lastName email workTitle department companyId companyName
      employmentCompanyId employmentCompanyName`,
    boolean: 'isActiveEmployment isDisabled',
    timestamp: 'startDate endDate',
  }),
  'time-registrations': columns({
    timestamp: `workDate startDateTime stopDateTime approvedDateTime payrollApprovedDateTime lockedDateTime
      createdDateTime`,
    double: `qty unitQty unitPrice price amount costPriceBase costPriceMan costPriceMachine costAmount costAmountMan
      costAmountMachine breakQty`,
    string: `unitName description descriptionInternal approvedByName lockedByName projectId projectNumber projectName
      projectExternalNumber projectCompanyId projectCompanyName projectLeaderName projectMainForemanName taskId taskName
      taskNameLong taskWbsNumber taskChapterId taskPieceWorkId resourceId resourceNumber resourceName resourceTypeName
      primaryResourceName machineEmissionClass userId userName userEmployeeNumber userCompanyName userCompanyOrgNr
      userWorkTitle userWorkShiftSettingName`,
    boolean: 'approved payrollApproved locked invoiced',
  }),
  'absence-registrations': columns({
    string: `registrationId absenceTypeId absenceTypeCode absenceTypeName employeeNumber userId projectId
      approvedByName pdfUrl`,
    timestamp: 'date startTime approvedDateTime payrollApprovedDateTime lockedDateTime',
    double: 'qty',
    boolean: 'approved payrollApproved locked',
  }),
  'machine-registrations': columns({
    timestamp: 'startDateTime stopDateTime createdDateTime',
    double: 'qty',
    string: `description machineId machineName resourceNumber machineTypeName driverId driverName driverCompanyName
      projectId projectNumber projectName projectExternalNumber projectCompanyName`,
    boolean: 'approved',
  }),
  'incident-registrations': INCIDENT,
  'machine-incident-registrations': INCIDENT,
  'checklist-registrations': CHECKLIST,
  'machine-checklist-registrations': CHECKLIST,
  'crew-list-registrations': columns({
    string: 'projectId projectNumber hseCardId',
    timestamp: 'checkInDateTime checkOutDateTime',
  }),
  'payroll-lines': columns({ timestamp: 'transDateTime' }),
  'payroll-lines-extended': columns({
    timestamp: 'transDateTime verifiedDateTime approvedDateTime',
    string: 'userId userName employeeNumber companyId verifiedByName approvedByName',
    double: `qty standardQty overtime50Qty overtime100Qty timebankQty breakQty absenceQty absenceApprovedQty
      absenceLockedQty totalVerifiedQty approvedQty lockedQty`,
    boolean: 'verified approved',
    json: 'overtimeLines',
  }),
  'flow-trip-registrations': columns({
    timestamp: 'loadDateTime dumpDateTime costStartDateTime costEndDateTime',
    double: `quantity quantityM3 registeredQuantity verifiedQuantity m3PerHour totalCycleTimeSeconds
      totalCycleTimeHours utilizationRate distance averageSpeedKmh netAltitudeChange totalAscent maxGradient
      averageGradient`,
    string: `unitOfMeasureText massTypeId massType loadLocationName dumpLocationName loaderId loaderName loaderNumber
      loaderDriverName dumperId dumperName dumperNumber dumperRegistrationNumber dumperDriverName
      dumperDriverCompanyName trailer receiptNumber customerName comment projectId projectNumber projectName
      projectExternalNumber projectCompanyName taskId taskName`,
    boolean: 'verified approved invoiced isFlowData',
    json: 'loadCoordinates dumpCoordinates',
  }),
  'flow-locations': REFERENCE,
  'flow-mass-types': REFERENCE,
  images: columns({
    string: `originalFilename type source projectId projectNumber projectName taskId taskName activityId activityNumber
      companyId projectCompanyId createdByUserId createdByUserName roadReference`,
    bigint: 'size',
    double: 'latitude longitude accuracy',
    timestamp: 'createdDateTime',
  }),
  // Rows without an id, whose fields nothing documents: they are named by position (`core/item-text.ts`).
  'item-registrations': Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`field${String(index + 1).padStart(2, '0')}`, 'string' as const]),
  ),
} satisfies Record<string, Columns>;
