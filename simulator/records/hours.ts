/** Writes registrations of time: hours, absences, machines, crew lists. */

import { hash } from '../hash.ts';
import { employeeNumber } from '../naming.ts';
import { NO_DATE } from '../stream-state.ts';
import { description, flag, json, largeNumber, money, pick, quantity } from '../text.ts';
import { TICKS_PER_SECOND } from '../ticks.ts';
import { NONE } from '../world.ts';
import {
  dateSeconds,
  EMPTY_TIME_JSON,
  madeSeconds,
  pdfUrl,
  progress,
  type Render,
  standing,
  timeJson,
  timeOrEmpty,
} from './render.ts';

export const timeRegistration: Render = (members, stream, index) => {
  const { seed } = stream;
  const { world } = members;
  const dice = hash(seed, index, 11);
  const more = hash(seed, index, 12);
  const level = progress(stream, index, dice >>> 4);
  const modified = stream.modified(index);
  const day = dateSeconds(stream, index);
  const start = day + (6 + (dice & 3)) * 3600 + ((dice >>> 2) & 3) * 900;
  const project = world.projectOf(seed, index);
  const approver = world.userOf(seed, index + 1_000_003);
  const rate = money(more, 900);
  const cost = money(dice, 700);
  return `{"id":"${stream.id(index)}","workDate":${timeJson(day)},"startDateTime":${timeJson(start)},"stopDateTime":${timeJson(
    start + 25_200 + (more & 7) * 900,
  )},"qty":${quantity(dice >>> 8)},"unitName":"Hour","unitQty":${quantity(more >>> 8)},"unitPrice":${rate},"price":${rate},"amount":${money(
    more >>> 3,
    9000,
  )},"costPriceBase":${cost},"costPriceMan":${cost},"costPriceMachine":${dice % 3 === 0 ? money(dice >>> 5, 1500) : '0.0'},"costAmount":${money(
    dice >>> 2,
    9000,
  )},"costAmountMan":${money(dice >>> 1, 9000)},"costAmountMachine":0.00,"breakQty":${more % 4 === 0 ? '0' : '0.5'},"description":${description(
    seed,
    index,
    stream.revision(index),
  )},"descriptionInternal":${more % 11 === 0 ? '"Se vedlegg i \\"internt\\" notat"' : 'null'},"approved":${flag(
    level > 0,
  )},"approvedByName":${level > 0 ? members.userName(approver) : 'null'},"approvedDateTime":${timeOrEmpty(
    level > 0,
    modified,
  )},"payrollApproved":${flag(level > 1)},"payrollApprovedDateTime":${timeOrEmpty(level > 1, modified)},"locked":${flag(
    level > 2,
  )},"lockedByName":${level > 2 ? members.userName(approver) : 'null'},"lockedDateTime":${timeOrEmpty(
    level > 2,
    modified,
  )},"invoiced":${flag(level > 2 && (more & 1) === 1)},${members.project(project)},${members.task(
    world.taskOf(project, more >>> 4),
  )},${members.resource(world.resourceOf(more))},${members.user(world.userOf(seed, index))},"createdDateTime":${timeJson(
    madeSeconds(stream, index),
  )},${standing(stream, index, EMPTY_TIME_JSON)},"source":"${(dice & 4) === 0 ? 'mobile' : 'web'}","externalTransactionId":1234567890${1_000_000_000 + (more % 1_000_000_000)},"customFields":{"id":"${more & 63}","values":[${largeNumber(
    dice,
  )},{"isDeleted":true,"note":null}]}}`;
};

const ABSENCES = [
  { code: '110', name: 'Ferie' },
  { code: '120', name: 'Egenmelding' },
  { code: '130', name: 'Sykemelding' },
  { code: '140', name: 'Sykt barn' },
  { code: '150', name: 'Avspasering' },
  { code: '160', name: 'Permisjon med lønn' },
] as const;

export const absenceRegistration: Render = (members, stream, index, { sensitive }) => {
  const { seed } = stream;
  const { world } = members;
  const dice = hash(seed, index, 13);
  const level = absenceProgress(stream, index);
  const modified = stream.modified(index);
  const day = dateSeconds(stream, index);
  const type = pick(ABSENCES, dice >>> 8);
  const user = world.userOf(seed, index);
  const at = timeJson(day).slice(0, -2);
  const child = sensitive && type.code === '140' ? '"Lille Åge"' : 'null';
  const reason = sensitive && type.code === '130' ? '"Vond rygg etter fall"' : 'null';
  return `{"id":"${stream.id(index)}","registrationId":"${stream.id(index)}-1","date":${at}","startTime":${at.slice(0, -8)}07:00:00","qty":${quantity(
    dice >>> 9,
  )},"absenceTypeId":"a${type.code}","absenceTypeCode":"${type.code}","absenceTypeName":${json(type.name)},"employeeNumber":${
    user === NONE ? 'null' : json(employeeNumber(user))
  },${members.user(user)},${members.project(world.projectOf(seed, index))},"approved":${flag(level > 0)},"approvedByName":${
    level > 0 ? members.userName(world.userOf(seed, index + 1_000_003)) : 'null'
  },"approvedDateTime":${timeOrEmpty(level > 0, modified)},"payrollApproved":${flag(level > 1)},"payrollApprovedDateTime":${timeOrEmpty(
    level > 1,
    modified,
  )},"locked":${flag(level > 2)},"lockedDateTime":${timeOrEmpty(level > 2, modified)},"sickLeaveReason":${reason},"childName":${child},"comment":${description(
    seed,
    index,
    stream.revision(index),
  )},"pdfUrl":${pdfUrl(members, stream, index, dice >>> 5)},"createdDateTime":${timeJson(madeSeconds(stream, index))},${standing(stream, index)}}`;
};

/** The states that `Approved`, `ApprovedPayroll` and `Locked` filter. */
export function absenceProgress(stream: Parameters<Render>[1], index: number): number {
  return progress(stream, index, hash(stream.seed, index, 13) >>> 4);
}

export const machineRegistration: Render = (members, stream, index) => {
  const { seed } = stream;
  const { world } = members;
  const dice = hash(seed, index, 14);
  const isRunning = stream.date(index) === NO_DATE;
  const stop = isRunning ? madeSeconds(stream, index) + 34_000 : dateSeconds(stream, index);
  // Two ways to write that there is no time.
  const noStop = (dice & 1) === 0 ? 'null' : EMPTY_TIME_JSON;
  const driver = world.userOf(seed, index);
  const driverName = members.userName(driver);
  return `{"id":"${stream.id(index)}","startDateTime":${timeJson(stop - 1800 - (dice % 34_000))},"stopDateTime":${
    isRunning ? noStop : timeJson(stop)
  },"qty":${quantity(dice >>> 8)},"description":${description(seed, index, stream.revision(index))},"approved":${flag(
    progress(stream, index, dice >>> 4) > 0,
  )},${members.machine(world.machineOf(dice))},"driverId":${members.identity(driver)},"driverName":${driverName},"driverCompanyName":${members.userCompany(
    driver,
  )},${members.project(world.projectOf(seed, index))},"fuelLiters":${money(dice, 300)},"createdDateTime":${timeJson(
    madeSeconds(stream, index),
  )},${standing(stream, index)}}`;
};

/** Most have left again; changing a record ends the visit. */
export function isOpenVisit(stream: Parameters<Render>[1], index: number): boolean {
  return stream.revision(index) === 0 && hash(stream.seed, index, 15) % 40 === 0;
}

export const crewListRegistration: Render = (members, stream, index) => {
  const { seed } = stream;
  const { world } = members;
  const dice = hash(seed, index, 15);
  const checkIn = dateSeconds(stream, index);
  const leftAt = stream.modified(index) / TICKS_PER_SECOND;
  const checkOut = Math.floor(Math.min(checkIn + 3600 + (dice % 30_000), Math.max(checkIn, leftAt)));
  return `{"id":"${stream.id(index)}",${members.project(world.projectOf(seed, index))},"hseCardId":"${1_000_000 + (dice % 8_999_999)}",${members.user(
    world.userOf(seed, index),
  )},"checkInDateTime":${timeJson(checkIn)},"checkOutDateTime":${isOpenVisit(stream, index) ? 'null' : timeJson(checkOut)},"method":"${
    (dice & 1) === 0 ? 'geofence' : 'manual'
  }",${standing(stream, index)}}`;
};
