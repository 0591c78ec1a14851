/**
 * Plays the core API, as far as it is documented: the payroll export, the files whose addresses are in records, and changes
 * to single records, where a record that others depend on cannot be deleted.
 */

import { Buffer } from 'node:buffer';
import { errorReply, jsonReply, type ModelRequest, type Reply } from './answer.ts';
import type { Extraction } from './extraction.ts';
import { fileOf } from './files.ts';
import { isHuman } from './naming.ts';
import type { Params } from './params.ts';
import { isFixedPay, payrollProgress } from './records/payroll.ts';
import { badRequest, Refusal } from './refusal.ts';
import { lowerBound } from './sorted.ts';
import type { Source } from './source.ts';
import { NEVER, type StreamState } from './stream-state.ts';
import { STREAMS } from './streams.ts';
import { TICKS_PER_DAY } from './ticks.ts';

const EXPORT_DEFAULT_DAYS = 14;
const EXPORT_DAYS = 45;
const EXPORT_MODIFIED_DAYS = 366;
const PDF = '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n';
/** One transparent dot. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

/** @param path below `/core/`, without a leading slash; throws `Refusal` */
export function coreReply(
  source: Source,
  extraction: Extraction,
  request: ModelRequest,
  path: string,
  params: Params,
): Reply {
  if (/^api\/payroll-export(\/readonly)?$/.test(path)) return payrollExport(source, extraction, params);
  if (path === 'api/v4/integration/machines') return machines(source, extraction, params);
  const file = /^api\/file\/([^/]+)$/.exec(path)?.[1];
  if (file !== undefined) return fileReply(source, file);
  const isDeletable = /^(.*)\/is-deletable$/.exec(path);
  const { stream, id } = resourceOf(source, isDeletable?.[1] ?? path);
  if (id === null) {
    if (request.method !== 'POST') throw new Refusal(405, 'MethodNotAllowed', 'Only POST creates a record.');
    return created(source, stream, request);
  }
  const index = stream.indexOf(id);
  if (index < 0 || stream.deleted(index) !== NEVER) throw notFound();
  if (isDeletable) return jsonReply(200, { isDeletable: source.isDeletable(stream, index) });
  switch (request.method) {
    case 'GET': {
      const body = [Buffer.from(extraction.recordText(stream, index, { sensitive: false }))];
      return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
    }
    case 'PATCH':
      source.touch(stream, index);
      return noContent();
    case 'DELETE':
      if (!source.isDeletable(stream, index)) {
        const message =
          'The resource has dependent data and cannot be deleted. Deactivate it with active: false instead.';
        return errorReply(400, 'ResourceHasDependents', message);
      }
      source.remove(stream, index);
      return noContent();
    default:
      throw new Refusal(405, 'MethodNotAllowed', `${request.method} is not allowed here.`);
  }
}

function resourceOf(source: Source, path: string): { readonly stream: StreamState; readonly id: string | null } {
  for (const spec of STREAMS) {
    if (path === `api/${spec.path}`) return { stream: source.stream(spec.name), id: null };
    const id = path.startsWith(`api/${spec.path}/`) ? path.slice(spec.path.length + 5) : '';
    if (/^[0-9a-f]{24}$/.test(id)) return { stream: source.stream(spec.name), id };
  }
  throw notFound();
}

/** A record without a name is refused in the shape that the integration API has for failed validation. */
function created(source: Source, stream: StreamState, request: ModelRequest): Reply {
  const { name } = parsedObject(request.body ?? '');
  if (typeof name !== 'string' || name === '') {
    return errorReply(400, 'ValidationError', "'Name' must not be empty.", 'validation', 'Name');
  }
  const [id] = source.change({ created: 1, streams: [stream.spec.name] })[stream.spec.name]?.created ?? [];
  return jsonReply(201, { id });
}

function parsedObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    throw badRequest('InvalidJson', 'The request body is not valid JSON.');
  }
}

/** Bytes of a file whose record exists. Other files have other bytes; older renderings stay as they were. */
function fileReply(source: Source, id: string): Reply {
  const file = fileOf(id, (name) => source.states[name].seed);
  const stream = file && source.states[file.stream];
  if (!stream || file.index >= stream.total() || stream.deleted(file.index) !== NEVER) throw notFound();
  if (file.version > stream.revision(file.index)) throw notFound();
  const [type, body] =
    file.kind === 'pdf' || file.kind === 'attachment'
      ? ['application/pdf', Buffer.from(PDF)]
      : ['image/png', Buffer.from(PNG, 'base64')];
  return { status: 200, headers: { 'content-type': type }, body: [body, Buffer.from(`%${id}`)] };
}

/** `GET {core}/api/v4/integration/machines`: every resource that is not a person, with details on request. */
function machines(source: Source, extraction: Extraction, params: Params): Reply {
  const stream = source.states.resource;
  const withDetails = params.flag('includeEquipmentDetails') === true;
  const rows: unknown[] = [];
  for (let index = 0; index < stream.total(); index += 1) {
    if (stream.deleted(index) !== NEVER || isHuman(index)) continue;
    const { emissionClass, ...row } = JSON.parse(extraction.recordText(stream, index, { sensitive: false }));
    const details = { hourMeter: 100 + 7 * index, serviceDate: '2027-03-01T00:00:00Z', emissionClass };
    rows.push(withDetails ? { ...row, ...details } : row);
  }
  return jsonReply(200, rows);
}

/** `GET {core}/api/payroll-export/`, also `/readonly`: everything between two work dates in one answer. */
function payrollExport(source: Source, extraction: Extraction, params: Params): Reply {
  const to = params.time('toWorkDate') ?? source.now();
  const from = params.time('fromWorkDate') ?? to - EXPORT_DEFAULT_DAYS * TICKS_PER_DAY;
  if (to < from || to - from > EXPORT_DAYS * TICKS_PER_DAY) {
    throw badRequest('InvalidDateRange', `'fromWorkDate' and 'toWorkDate' must be at most ${EXPORT_DAYS} days apart.`);
  }
  const since = params.time('modifiedSinceDate');
  if (since !== null && source.now() - since > EXPORT_MODIFIED_DAYS * TICKS_PER_DAY) {
    throw badRequest('InvalidModifiedSince', "'modifiedSinceDate' must be at most a year back.");
  }
  const least = { '0': 2, '5': 3, '10': 0 }[params.choice('dataFilter', ['0', '5', '10']) ?? '0'];
  const who = params.choice('userPayrollTypeFilter', ['paid-by-hour', 'fixed-pay', 'all-users']) ?? 'paid-by-hour';
  const stream = source.stream('payroll-lines-extended');
  const isWanted = (index: number) => {
    if (stream.date(index) < from || stream.date(index) > to || stream.deleted(index) !== NEVER) return false;
    if ((since !== null && stream.modified(index) < since) || payrollProgress(stream, index) < least) return false;
    return who === 'all-users' || isFixedPay(source.world.userOf(stream.seed, index)) === (who === 'fixed-pay');
  };
  const first = lowerBound(stream.baseCount, (index) => stream.date(index) >= from);
  const after = lowerBound(stream.baseCount, (index) => stream.date(index) > to);
  function* texts() {
    let separator = '[';
    const candidates = [...Array(after - first).keys()].map((nth) => first + nth).concat(stream.laterInOrder);
    for (const index of candidates.filter(isWanted)) {
      yield Buffer.from(separator + extraction.recordText(stream, index, { sensitive: false }));
      separator = ',';
    }
    yield Buffer.from(separator === '[' ? '[]' : ']');
  }
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: texts() };
}

function noContent(): Reply {
  return { status: 204, headers: {}, body: [] };
}

function notFound(): Refusal {
  return new Refusal(404, 'NotFound', 'There is no such resource.');
}
