/** Maps each stream to the renderer of its records. Item transactions are text and have their own file. */

import type { StreamName } from '../streams.ts';
import { flowLocation, flowMassType, flowTrip } from './flow.ts';
import { checklistRegistration, image, incidentRegistration, machineChecklist, machineIncident } from './forms.ts';
import { absenceRegistration, crewListRegistration, machineRegistration, timeRegistration } from './hours.ts';
import { itemTransaction } from './items.ts';
import { project, resource, user, workOrder } from './metadata.ts';
import { payrollLine, payrollLineExtended } from './payroll.ts';
import type { Render } from './render.ts';

export const RENDERERS: Readonly<Record<StreamName, Render>> = {
  project,
  'work-orders': workOrder,
  resource,
  user,
  'time-registrations': timeRegistration,
  'absence-registrations': absenceRegistration,
  'machine-registrations': machineRegistration,
  'incident-registrations': incidentRegistration,
  'machine-incident-registrations': machineIncident,
  'checklist-registrations': checklistRegistration,
  'machine-checklist-registrations': machineChecklist,
  'crew-list-registrations': crewListRegistration,
  'payroll-lines': payrollLine,
  'payroll-lines-extended': payrollLineExtended,
  'flow-trip-registrations': flowTrip,
  'flow-locations': flowLocation,
  'flow-mass-types': flowMassType,
  images: image,
  'item-registrations': itemTransaction,
};
