/** All streams with their tables: the one list that SQL and documents are generated from. */

import { CATALOGUE, type StreamName } from '../../src/ditio/catalogue.ts';
import { LOCATION_TABLE, MASS_TYPE_TABLE, TRIP_TABLE } from './flow.ts';
import { CHECKLIST_TABLE, INCIDENT_TABLE, MACHINE_CHECKLIST_TABLE, MACHINE_INCIDENT_TABLE } from './forms.ts';
import { ABSENCE_TABLE, CREW_TABLE, MACHINE_TABLE, TIME_TABLE } from './hours.ts';
import { IMAGE_TABLE } from './images.ts';
import { ITEM_TABLE } from './items.ts';
import { PROJECT_TABLE, RESOURCE_TABLE, USER_TABLE, WORK_ORDERS_TABLE } from './metadata.ts';
import { PAYROLL_EXTENDED_TABLE, PAYROLL_TABLE } from './payroll.ts';
import type { StreamSpec, TableSpec } from './spec.ts';

/** The compiler refuses a stream without a table. */
const TABLES: Readonly<Record<StreamName, TableSpec>> = {
  project: PROJECT_TABLE,
  'work-orders': WORK_ORDERS_TABLE,
  resource: RESOURCE_TABLE,
  user: USER_TABLE,
  'time-registrations': TIME_TABLE,
  'absence-registrations': ABSENCE_TABLE,
  'machine-registrations': MACHINE_TABLE,
  'incident-registrations': INCIDENT_TABLE,
  'machine-incident-registrations': MACHINE_INCIDENT_TABLE,
  'checklist-registrations': CHECKLIST_TABLE,
  'machine-checklist-registrations': MACHINE_CHECKLIST_TABLE,
  'crew-list-registrations': CREW_TABLE,
  'payroll-lines': PAYROLL_TABLE,
  'payroll-lines-extended': PAYROLL_EXTENDED_TABLE,
  'flow-trip-registrations': TRIP_TABLE,
  'flow-locations': LOCATION_TABLE,
  'flow-mass-types': MASS_TYPE_TABLE,
  images: IMAGE_TABLE,
  'item-registrations': ITEM_TABLE,
};

export const STREAM_SPECS: readonly StreamSpec[] = CATALOGUE.map((row) => ({ ...row, ...TABLES[row.name] }));
