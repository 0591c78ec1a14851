/**
 * Applies the filters of a request to records: project, company, and the filters of single endpoints.
 *
 * The window and the modification time are not among them. A deleted record is filtered by its last values, except its
 * states of approval, which it no longer has.
 */

import { COMPANIES } from './names.ts';
import { companyId } from './naming.ts';
import type { Params } from './params.ts';
import { IMAGE_SOURCES, imageSource } from './records/forms.ts';
import { absenceProgress, isOpenVisit } from './records/hours.ts';
import { isFixedPay, payrollProgress } from './records/payroll.ts';
import { badRequest, Refusal } from './refusal.ts';
import { NEVER, type StreamState } from './stream-state.ts';
import type { StreamName } from './streams.ts';
import { NONE, type World } from './world.ts';

/** True for the indices of records that pass. */
export type Filter = (index: number) => boolean;

/** How the payroll filters are read when they are not given. */
export type PayrollDefaults = 'all' | 'narrow';

export interface FilterRules {
  readonly payrollDefaults: PayrollDefaults;
  readonly includeOpenByDefault: boolean;
}

/** The filter of a request; `null` when everything passes. Throws `Refusal` for invalid values. */
export function readFilter(
  stream: StreamState,
  params: Params,
  world: World,
  rules: FilterRules,
  isFieldWorker: boolean,
): Filter | null {
  const filters = [
    projectFilter(stream, params, world),
    companyFilter(stream, params, world),
    ownStateFilter(stream, params, world, rules),
    isFieldWorker ? ownStaysFilter(stream, world) : null,
  ].filter((filter) => filter !== null);
  if (filters.length === 0) return null;
  return (index) => filters.every((filter) => filter(index));
}

/** The project of a record, {@link NONE} where it has none. */
export function projectOfRecord(stream: StreamState, index: number, world: World): number {
  switch (stream.spec.name) {
    case 'project':
      return index;
    case 'work-orders':
      return world.projectOfTask(index);
    case 'resource':
    case 'user':
    case 'flow-mass-types':
    case 'payroll-lines-extended':
      return NONE;
    default:
      return world.projectOf(stream.seed, index);
  }
}

/** The company that a record belongs to; {@link NONE} where it belongs to all. */
export function companyOfRecord(stream: StreamState, index: number, world: World): number {
  const { name, ownedBy } = stream.spec;
  if (ownedBy === 'nobody') return NONE;
  if (ownedBy === 'project') {
    const project = projectOfRecord(stream, index, world);
    return project === NONE ? 0 : world.companyOf('project', project);
  }
  if (name === 'payroll-lines' || name === 'payroll-lines-extended') {
    const user = world.userOf(stream.seed, index);
    return user === NONE ? 0 : world.companyOf('user', user);
  }
  return world.companyOf(name as 'project' | 'work-orders' | 'resource' | 'user', index);
}

const WITHOUT_PROJECT: readonly StreamName[] = ['resource', 'user', 'flow-mass-types', 'payroll-lines-extended'];

function projectFilter(stream: StreamState, params: Params, world: World): Filter | null {
  const { name } = stream.spec;
  const plural = name === 'crew-list-registrations' ? params.list('ProjectIds') : [];
  const ids = [...plural, ...params.list('ProjectId').slice(0, 1)];
  if (ids.length === 0 || WITHOUT_PROJECT.includes(name) || name === 'item-registrations') return null;
  const projects = new Set(ids.map((id) => world.states.project.indexOf(id)));
  projects.delete(-1);
  return (index) => projects.has(projectOfRecord(stream, index, world));
}

function companyFilter(stream: StreamState, params: Params, world: World): Filter | null {
  const id = params.text('CompanyId');
  const ownOnly = params.flag('OwnCompanyDataOnly') === true;
  const withoutSubsidiaries = params.flag('ExcludeDataFromSubsidiaries') === true;
  if ((id === null && !ownOnly && !withoutSubsidiaries) || stream.spec.name === 'item-registrations') return null;
  if (id !== null && !COMPANIES.some((_, company) => companyId(company) === id)) {
    throw new Refusal(403, 'Forbidden', "The company in 'CompanyId' is not yours.");
  }
  const allowed = COMPANIES.map(({ kin }, company) => {
    if (id !== null && companyId(company) !== id) return false;
    return !(ownOnly && kin === 'other') && !(withoutSubsidiaries && kin === 'subsidiary');
  });
  return (index) => allowed[companyOfRecord(stream, index, world)] ?? true;
}

/** A field worker is the first person, and no sign in the answer says that the others are left out. */
function ownStaysFilter(stream: StreamState, world: World): Filter | null {
  if (stream.spec.name !== 'crew-list-registrations') return null;
  return (index) => world.userOf(stream.seed, index) === 0;
}

/** Filters that look at the record's own state. */
function ownStateFilter(stream: StreamState, params: Params, world: World, rules: FilterRules): Filter | null {
  const filter = stateFilter(stream, params, world, rules);
  return filter && ((index) => stream.deleted(index) !== NEVER || filter(index));
}

function stateFilter(stream: StreamState, params: Params, world: World, rules: FilterRules): Filter | null {
  switch (stream.spec.name) {
    case 'absence-registrations': {
      const wanted = [params.flag('Approved'), params.flag('ApprovedPayroll'), params.flag('Locked')];
      if (wanted.every((want) => want === null)) return null;
      return (index) => {
        const level = absenceProgress(stream, index);
        return wanted.every((want, least) => want === null || want === level > least);
      };
    }
    case 'crew-list-registrations':
      return (params.flag('IncludeOpen') ?? rules.includeOpenByDefault) ? null : (index) => !isOpenVisit(stream, index);
    case 'payroll-lines-extended': {
      const narrow = rules.payrollDefaults === 'narrow';
      const what = params.choice('ExportFilter', ['All', 'Approved', 'Locked']) ?? (narrow ? 'Approved' : 'All');
      const who =
        params.choice('UserPayrollTypeFilter', ['AllUsers', 'PaidByHour', 'FixedPay']) ??
        (narrow ? 'PaidByHour' : 'AllUsers');
      if (what === 'All' && who === 'AllUsers') return null;
      const least = { All: 0, Approved: 1, Locked: 3 }[what];
      return (index) => {
        const fixed = isFixedPay(world.userOf(stream.seed, index));
        return payrollProgress(stream, index) >= least && (who === 'AllUsers' || (who === 'FixedPay') === fixed);
      };
    }
    case 'images': {
      const sources = params.list('Sources').map((source) => source.toLowerCase());
      const unknown = sources.find((source) => !IMAGE_SOURCES.some((known) => known === source));
      if (unknown !== undefined) {
        throw badRequest(
          'InvalidParameter',
          `The 'Sources' parameter must be of ${IMAGE_SOURCES.join(', ')}.`,
          'Sources',
        );
      }
      return sources.length === 0 ? null : (index) => sources.includes(imageSource(stream.seed, index));
    }
    default:
      return null;
  }
}
