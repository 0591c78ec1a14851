/** Tables of incidents and checklists, on projects and on machines. */

import {
  flag,
  nested,
  number,
  oneOf,
  PERSONAL,
  PROJECT,
  TO_MACHINE,
  TO_PROJECT,
  TO_WORK_ORDER,
  table,
  text,
  time,
  whole,
} from './spec.ts';

const PLACE = [
  number('latitude', 'Latitude of the place.', 'degrees'),
  number('longitude', 'Longitude of the place.', 'degrees'),
];

const PDF = text(
  'pdfUrl',
  'Address of the document; empty until it was submitted, another one after every change of status.',
);

const incidents = (row: string) =>
  table({
    row,
    joins: [TO_PROJECT, TO_WORK_ORDER, TO_MACHINE],
    personal: 'Title, description and measures are free text, and may name people and describe injuries.',
    columns: [
      text('serialNumberWithPrefix', 'Serial number with its prefix, as people quote it.'),
      text('serialNumber', 'Serial number.'),
      text('title', 'Title.'),
      text('description', 'What happened.'),
      text('typeName', "The company's own type of incident."),
      text('baseType', 'Code of baseTypeText.'),
      oneOf('baseTypeText', 'What the incident is about.', ['HSE', 'QA', 'Environmental', 'Machine', 'Other']),
      text('status', 'Code of statusText.'),
      oneOf('statusText', 'How far it has been dealt with.', ['Open', 'InProgress', 'Closed']),
      text('risk', 'Code of riskText.'),
      text('riskText', 'Risk that was assessed.'),
      text('damageTypeText', 'Kind of damage.'),
      number('absenceDays', 'Days of absence that followed.', 'days'),
      text('measures', 'Measures taken.'),
      flag('requiresFurtherAction', 'Whether more has to be done.'),
      flag('resolvedOnLocation', 'Whether it was resolved on the spot.'),
      text('companyName', 'Company that reported it.'),
      ...PROJECT,
      text('projectCompanyName', 'Company that owns the project.'),
      text('taskId', 'Work order that it belongs to.'),
      text('taskName', 'Name of the work order.'),
      text('machineId', 'Machine concerned.'),
      text('machineName', 'Name of the machine.'),
      ...PLACE,
      time('createdAt', 'Time of its creation.'),
      time('statusUpdatedAt', 'When the status last changed.'),
      PDF,
    ],
  });

const checklists = (row: string) =>
  table({
    row,
    deletion: 'full-record',
    joins: [TO_PROJECT, TO_MACHINE],
    personal: 'Answers in sections are free text, and may name people.',
    columns: [
      text('documentNumber', 'Number of the document.'),
      text('serialNumber', 'Serial number.'),
      text('templateName', 'Template that it was made from.'),
      whole('templateVersion', 'Version of the template.'),
      text('baseTypeName', 'Kind of checklist.'),
      oneOf('statusText', 'How far it has come.', ['Pending', 'SentForApproval', 'Approved', 'Rejected', 'Reported']),
      flag('hasDeviation', 'Whether an answer deviates.'),
      flag('hasComment', 'Whether there is a comment.'),
      flag('hasImages', 'Whether there are images.'),
      ...PROJECT,
      text('activityId', 'Activity that it belongs to.'),
      text('activityNumber', 'Number of the activity.'),
      text('activityName', 'Name of the activity.'),
      text('machineId', 'Machine that was checked.'),
      text('resourceNumber', 'Number of the machine.'),
      text('createdByUserName', 'Who created it.', PERSONAL),
      time('createdDateTime', 'Time of its creation.'),
      text('submittedByUserName', 'Who submitted it.', PERSONAL),
      time('submittedDateTime', 'When it was submitted.'),
      text('approvedByUserName', 'Who approved it.', PERSONAL),
      ...PLACE,
      PDF,
      nested(
        'sections',
        'Questions and answers, with attachments[].url and images[].url; the rest of their shape is not public.',
      ),
    ],
  });

export const INCIDENT_TABLE = incidents('An incident on a project: a near miss, an injury, damage, a deviation.');
export const MACHINE_INCIDENT_TABLE = incidents('An incident with a machine.');
export const CHECKLIST_TABLE = checklists('A checklist that was filled in on a project.');
export const MACHINE_CHECKLIST_TABLE = checklists('A checklist that was filled in for a machine.');
