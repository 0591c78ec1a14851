/** Writes payroll lines, short and extended. */

import { hash } from '../hash.ts';
import { companyId, employeeNumber } from '../naming.ts';
import { flag, json, largeNumber, pick, quantity } from '../text.ts';
import { NONE } from '../world.ts';
import { dateSeconds, progress, type Render, standing, timeJson, timeOrEmpty } from './render.ts';

/** Whose line it is and of which day; what both kinds share. */
const head: Render = (members, stream, index) => {
  const { seed } = stream;
  const user = members.world.userOf(seed, index);
  const company = user === NONE ? 'null' : json(companyId(members.world.companyOf('user', user)));
  return `"transDateTime":${timeJson(dateSeconds(stream, index))},${members.user(user)},"employeeNumber":${
    user === NONE ? 'null' : json(employeeNumber(user))
  },"companyId":${company},"qty":${quantity(hash(seed, index, 16))}`;
};

/** 20, 30 and 40 are computed levels, 41 is entered by hand and may come several times. */
const LINE_TYPES = [20, 30, 40, 41, 41] as const;

const PAYROLL_TYPES = [
  'Timelønn',
  'Overtid 50 %',
  'Overtid 100 %',
  'Reisetid',
  'Smusstillegg',
  'Diett "innland"',
] as const;

/** The id comes late: after nested values, which have ids of their own. */
export const payrollLine: Render = (members, stream, index, asked) => {
  const dice = hash(stream.seed, index, 17);
  const type = dice % PAYROLL_TYPES.length;
  const level = progress(stream, index, dice >>> 4);
  return `{"payrollType":{"id":${100 + type},"name":${json(PAYROLL_TYPES[type] ?? '')}},${head(members, stream, index, asked)},${members.project(
    members.world.projectOf(stream.seed, index),
  )},"id":"${stream.id(index)}","rate":${largeNumber(dice >>> 3)},"approved":${flag(level > 0)},"locked":${flag(level > 2)},${standing(stream, index)}}`;
};

/** The state that `ExportFilter` filters. */
export function payrollProgress(stream: Parameters<Render>[1], index: number): number {
  return progress(stream, index, hash(stream.seed, index, 18) >>> 4);
}

/** Every fifth person has a fixed salary. */
export function isFixedPay(user: number): boolean {
  return user % 5 === 0;
}

export const payrollLineExtended: Render = (members, stream, index, asked) => {
  const { seed } = stream;
  const dice = hash(seed, index, 18);
  const more = hash(seed, index, 19);
  const level = payrollProgress(stream, index);
  const modified = stream.modified(index);
  const by = level > 0 ? members.userName(members.world.userOf(seed, index + 1_000_003)) : 'null';
  const q = (shift: number) => quantity(more >>> shift);
  return `{"id":"${stream.id(index)}",${head(members, stream, index, asked)},"standardQty":${q(0)},"overtime50Qty":${q(3)},"overtime100Qty":${q(
    5,
  )},"timebankQty":${q(7)},"breakQty":0.5,"absenceQty":${q(9)},"absenceApprovedQty":${q(11)},"absenceLockedQty":0,"totalVerifiedQty":${q(
    13,
  )},"approvedQty":${q(15)},"lockedQty":${level > 2 ? q(0) : '0'},"verified":${flag(level > 0)},"verifiedByName":${by},"verifiedDateTime":${timeOrEmpty(
    level > 0,
    modified,
  )},"approved":${flag(level > 1)},"approvedByName":${level > 1 ? by : 'null'},"approvedDateTime":${timeOrEmpty(
    level > 1,
    modified,
  )},"overtimeLines":[${overtimeLines(dice)}],${standing(stream, index)}}`;
};

function overtimeLines(dice: number): string {
  return Array.from({ length: (dice >>> 10) % 3 }, (_, nth) => {
    const type = nth + 1;
    const lineType = pick(LINE_TYPES, (dice >>> 13) + nth);
    return `{"payrollTypeId":"${100 + type}","name":${json(PAYROLL_TYPES[type] ?? '')},"lineType":${lineType},"overtimeType":${
      (dice >>> nth) & 1
    },"sorting":${nth},"qty":${quantity(dice >>> nth)}}`;
  }).join(',');
}
