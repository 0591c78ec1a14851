/** Tables of payroll lines. */

import { flag, nested, number, PERSONAL, TO_PERSON, table, text, time } from './spec.ts';

export const PAYROLL_TABLE = table({
  row: 'One payroll line.',
  personal: 'Every line is about one employee; the names of the fields are not public.',
  notes: ['Ditio does not publish the fields of this endpoint: read them from the column _line.'],
  columns: [time('transDateTime', 'Day of the line; a date window filters by it.')],
});

export const PAYROLL_EXTENDED_TABLE = table({
  row: 'One employee and one day with hours or absence.',
  joins: [TO_PERSON],
  notes: ['Overtime beyond 50 and 100 % is found in overtimeLines only.'],
  columns: [
    time('transDateTime', 'Day of the line; a date window filters by it.'),
    text('userId', 'Employee.', PERSONAL),
    text('userName', 'Name of the employee.', PERSONAL),
    text('employeeNumber', 'Employee number.', PERSONAL),
    text('companyId', 'Company that pays the employee.'),
    number('qty', 'Hours worked, overtime and time bank included, absence not.', 'hours'),
    number('standardQty', 'Ordinary hours.', 'hours'),
    number('overtime50Qty', 'Overtime at 50 %.', 'hours'),
    number('overtime100Qty', 'Overtime at 100 %.', 'hours'),
    number('timebankQty', 'Hours put into the time bank.', 'hours'),
    number('breakQty', 'Breaks.', 'hours'),
    number('absenceQty', 'Absence.', 'hours'),
    number('absenceApprovedQty', 'Absence that was approved.', 'hours'),
    number('absenceLockedQty', 'Absence that was locked.', 'hours'),
    number('totalVerifiedQty', 'Hours verified by the leader.', 'hours'),
    number('approvedQty', 'Hours approved for payroll.', 'hours'),
    number('lockedQty', 'Hours locked.', 'hours'),
    flag('verified', 'Whether the leader has verified the day.'),
    text('verifiedByName', 'Who verified it.', PERSONAL),
    time('verifiedDateTime', 'When it was verified.'),
    flag('approved', 'Whether the day is approved for payroll.'),
    text('approvedByName', 'Who approved it.', PERSONAL),
    time('approvedDateTime', 'When it was approved.'),
    nested(
      'overtimeLines',
      'Lines of overtime, each {payrollTypeId, name, lineType, overtimeType, sorting, qty}: lineType 20, 30 or 40 for computed levels, 41 for one entered by hand (any number of them); overtimeType 0 when taken out of ordinary hours, 1 when paid on top.',
    ),
  ],
});
