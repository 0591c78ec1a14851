/** Tables of mass transport: trips, places, types of mass. */

import {
  flag,
  join,
  nested,
  number,
  oneOf,
  PERSONAL,
  PROJECT,
  TO_PROJECT,
  TO_WORK_ORDER,
  table,
  text,
  time,
  whole,
} from './spec.ts';

const UNIT = 'unitOfMeasureText';

export const TRIP_TABLE = table({
  row: 'One trip with a load, from loading to dumping; isFlowData tells Flow trips from older mass haul.',
  joins: [
    TO_PROJECT,
    TO_WORK_ORDER,
    join('loaderId', 'resource', 'id', false),
    join('dumperId', 'resource', 'id', false),
    join('massTypeId', 'flow_mass_types', 'id', false),
  ],
  personal: 'Comments are free text and may name people.',
  notes: ['Quantities of Ton and of CubicMeter must never be added up: group by unitOfMeasureText.'],
  columns: [
    time('loadDateTime', 'Time of loading; a date window filters by it.'),
    time('dumpDateTime', 'Time of dumping.'),
    time('costStartDateTime', 'Start of the time that is charged.'),
    time('costEndDateTime', 'End of the time that is charged.'),
    number('quantity', 'Quantity of the load.', UNIT),
    number('quantityM3', 'Volume of the load.', 'm³'),
    number('registeredQuantity', 'Quantity as the driver registered it.', UNIT),
    number('verifiedQuantity', 'Quantity as it was verified; empty until then.', UNIT),
    oneOf(UNIT, 'Unit of the quantities.', ['Ton', 'CubicMeter']),
    text('massTypeId', 'Type of mass.'),
    text('massType', 'Name of the type of mass.'),
    number('m3PerHour', 'Volume moved for each hour of the cycle.', 'm³/h'),
    whole('totalCycleTimeSeconds', 'Length of the cycle.', 'seconds'),
    number('totalCycleTimeHours', 'Length of the cycle.', 'hours'),
    number('utilizationRate', 'Share of the capacity that was used.'),
    number('distance', 'Length of the way; Ditio does not publish the unit.'),
    number('averageSpeedKmh', 'Average speed.', 'km/h'),
    number('netAltitudeChange', 'Altitude of dumping less that of loading; Ditio does not publish the unit.'),
    number('totalAscent', 'Sum of all ascents; Ditio does not publish the unit.'),
    number('maxGradient', 'Steepest gradient; Ditio does not publish the unit.'),
    number('averageGradient', 'Average gradient; Ditio does not publish the unit.'),
    text('loadLocationName', 'Place of loading.'),
    text('dumpLocationName', 'Place of dumping.'),
    nested('loadCoordinates', 'Place of loading as [longitude, latitude].', { unit: 'degrees' }),
    nested('dumpCoordinates', 'Place of dumping as [longitude, latitude].', { unit: 'degrees' }),
    text('loaderId', 'Machine that loaded.'),
    text('loaderName', 'Name of the loader.'),
    text('loaderNumber', 'Number of the loader.'),
    text('loaderDriverName', 'Driver of the loader.', PERSONAL),
    text('dumperId', 'Vehicle that drove.'),
    text('dumperName', 'Name of the dumper.'),
    text('dumperNumber', 'Number of the dumper.'),
    text('dumperRegistrationNumber', 'Licence plate of the dumper.'),
    text('dumperDriverName', 'Driver of the dumper.', PERSONAL),
    text('dumperDriverCompanyName', 'Company of that driver.'),
    flag('trailer', 'Whether it drove with a trailer.'),
    flag('verified', 'Whether the trip was verified.'),
    flag('approved', 'Whether it was approved.'),
    flag('invoiced', 'Whether it was invoiced.'),
    text('receiptNumber', 'Number of the receipt.'),
    text('customerName', 'Customer.'),
    text('comment', 'Comment.'),
    ...PROJECT,
    text('projectExternalNumber', 'Number of the project in another system.'),
    text('projectCompanyName', 'Company that owns the project.'),
    text('taskId', 'Work order that the trip belongs to.'),
    text('taskName', 'Name of the work order.'),
    flag('isFlowData', 'True for Flow trips, false for older mass haul.'),
  ],
});

const UNPUBLISHED = 'Ditio does not publish the fields of this endpoint: read them from the column _line.';
const NAME = text('name', 'Name; expected, not documented.');

export const LOCATION_TABLE = table({
  row: 'A place where masses are loaded or dumped.',
  deletion: 'never',
  notes: [UNPUBLISHED],
  columns: [NAME],
});

export const MASS_TYPE_TABLE = table({
  row: 'A type of mass.',
  deletion: 'never',
  notes: [UNPUBLISHED],
  columns: [NAME],
});
