/** Tables of what registrations refer to: projects, work orders, resources, users. */

import { day, flag, join, number, oneOf, PERSONAL, TO_PROJECT, table, text, time, whole } from './spec.ts';

const COMPANY = [text('companyId', 'Company that it belongs to.'), text('companyName', 'Name of the company.')];

const EXTERNAL = [
  text('externalNumber', 'Number in another system.'),
  text('externalDim01', 'First dimension of another system.'),
  text('externalDim02', 'Second dimension of another system.'),
];

export const PROJECT_TABLE = table({
  row: 'A project.',
  deletion: 'last-version',
  columns: [
    text('number', 'Number of the project.'),
    text('name', 'Name of the project.'),
    ...EXTERNAL,
    ...COMPANY,
    flag('active', 'Whether the project is in use.'),
    flag('isExternal', 'Whether the project belongs to another company.'),
    time('createdDateTime', 'Time of its creation.'),
  ],
});

export const WORK_ORDERS_TABLE = table({
  row: 'A work order: a task in the work breakdown structure of a project.',
  deletion: 'last-version',
  joins: [TO_PROJECT, join('chapterId', 'work_orders', 'id', false)],
  columns: [
    text('projectId', 'Project that it belongs to.'),
    text('number', 'Number of the work order.'),
    text('name', 'Name of the work order.'),
    text('nameWithNumber', 'Number and name in one text.'),
    text('chapterId', 'Chapter of the structure that it stands in.'),
    ...EXTERNAL,
    text('externalPieceWorkId', 'Piece work in another system.'),
    text('parentName', 'Name of the work order above it.'),
    text('fullPathName', 'Names from the top of the structure down to it.'),
    ...COMPANY,
    flag('isExternal', 'Whether it belongs to another company.'),
  ],
});

export const RESOURCE_TABLE = table({
  row: 'A resource that time is registered on: a person, a machine, a vehicle, a thing.',
  deletion: 'last-version',
  columns: [
    text('number', 'Number of the resource.'),
    text('name', 'Name of the resource; of a person where typeBaseName is Human.', PERSONAL),
    text('typeName', "The company's own type."),
    oneOf('typeBaseName', 'What kind of resource it is.', [
      'Human',
      'Machine',
      'Vehicle',
      'SeaVessel',
      'AirVessel',
      'StaticObject',
      'Other',
    ]),
    text('registrationNumber', 'Licence plate.'),
    text('serialNumber', 'Serial number of the maker.'),
    text('department', 'Department that it belongs to.'),
    text('emissionClass', 'Emission class of the engine.'),
    whole('buildYear', 'Year in which it was built.'),
    number('weight', 'Weight; Ditio does not publish the unit.'),
    number('capacity', 'Capacity; Ditio does not publish the unit.'),
    number('costPrice', 'Cost for each unit of time; the currency is not part of the record.'),
    number('price', 'Price for each unit of time; the currency is not part of the record.'),
    ...COMPANY,
    flag('active', 'Whether the resource is in use.'),
    flag('isExternal', 'Whether it belongs to another company.'),
  ],
});

export const USER_TABLE = table({
  row: "A person's profile in one company; a person may have several.",
  deletion: 'last-version',
  personal: 'Records also hold birth date, address and next of kin, which have no columns but lie in every line.',
  notes: [
    "To find the one profile of an identityUserId: the employer's (companyId = employmentCompanyId), then active, then not disabled, then the newest.",
  ],
  columns: [
    text(
      'identityUserId',
      'Identity of the person, the same in all profiles; this is what userId of other tables names.',
      PERSONAL,
    ),
    text('employeeNumber', 'Number of the employee.', PERSONAL),
    text('name', 'First and last name.', PERSONAL),
    text('firstName', 'First name.', PERSONAL),
    text('lastName', 'Last name.', PERSONAL),
    text('email', 'E-mail address.', PERSONAL),
    text('workTitle', 'Job title.', PERSONAL),
    text('department', 'Department of the employee.', PERSONAL),
    text('companyId', 'Company that the profile belongs to.'),
    text('companyName', 'Name of that company.'),
    text('employmentCompanyId', 'Company that employs the person.'),
    text('employmentCompanyName', 'Name of the employer.'),
    flag('isActiveEmployment', 'Whether the employment is active.'),
    flag('isDisabled', 'Whether the profile is disabled.'),
    day('startDate', 'First day of the employment.', PERSONAL),
    day('endDate', 'Last day of the employment; empty while it lasts.', PERSONAL),
  ],
});
