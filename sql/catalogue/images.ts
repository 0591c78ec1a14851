/**
 * The table of images.
 *
 * Its key. A row is an image *and* the parent record that it hangs on, and `id` is the identity of the file alone, so one
 * `id` may come several times. No field names the parent. What is documented of it: its kind (`source`), where it belongs
 * (`projectId`, `taskId`, `activityId`), and the date of its creation, by which the date window filters
 * (`createdDateTime`). Together with `id` these are the key. The other fields describe the file (name, type, size,
 * coordinates), follow from one of these (names, numbers, companies), or change while the row stays the same
 * (`roadReference` is filled in later). What is left: two parents of one kind, in one place, created at one moment, would
 * be one row; a parent that moves to another project leaves its old row until the next full sync.
 */

import { join, number, oneOf, PERSONAL, PROJECT, TO_PROJECT, TO_WORK_ORDER, table, text, time, whole } from './spec.ts';

export const IMAGE_TABLE = table({
  row: 'One image and one parent record that it hangs on; an image on two records is two rows of one id.',
  key: ['id', 'source', 'projectId', 'taskId', 'activityId', 'createdDateTime'],
  deletionEndsAllOfId: true,
  joins: [TO_PROJECT, TO_WORK_ORDER, join('createdByUserId', 'user', 'identityUserId', false)],
  personal: 'The images themselves may show people; the records hold their addresses, not their bytes.',
  notes: [
    'Four addresses (original, thumbnail, medium, large) are in every record, under names that are not public: read them from the column _line.',
  ],
  columns: [
    text('originalFilename', 'Name of the file when it was uploaded.'),
    text('type', 'Type of the file.'),
    whole('size', 'Size of the file.', 'bytes'),
    oneOf('source', 'Kind of the parent record.', ['feed', 'alert', 'checklist']),
    ...PROJECT,
    text('taskId', 'Work order of the parent record.'),
    text('taskName', 'Name of the work order.'),
    text('activityId', 'Activity of the parent record.'),
    text('activityNumber', 'Number of the activity.'),
    text('companyId', 'Company of the parent record.'),
    text('projectCompanyId', 'Company that owns the project.'),
    text('createdByUserId', 'Who uploaded it; what it names is not public.', PERSONAL),
    text('createdByUserName', 'Name of that person.', PERSONAL),
    time('createdDateTime', 'Creation of the parent record; a date window filters by it.'),
    number('latitude', 'Latitude of the place.', 'degrees'),
    number('longitude', 'Longitude of the place.', 'degrees'),
    number('accuracy', 'Accuracy of the place; Ditio does not publish the unit.'),
    text('roadReference', 'Road and position on it; filled in later.'),
  ],
});
