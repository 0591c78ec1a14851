/**
 * A small model of Ditio for thousands of histories: a source that changes while it is read.
 *
 * Independent of the simulator that ships with the project: built from the documented behaviour alone, in order to
 * disagree with it where one of them is wrong. Answers requests in the shape of {@link HttpAnswer}; time is handed in.
 */

import { createHash } from 'node:crypto';
import type { StreamRule } from '../../src/core/cursor/stream-rule.ts';
import { FALLBACK_BEGIN } from '../../src/core/cursor/windows.ts';
import type { Dice } from './random.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export interface SourceRecord {
  readonly id: string;
  /** Raised by every change and by deletion. */
  rev: number;
  /** Server time of the newest change or deletion, in epoch milliseconds. */
  modifiedMs: number;
  /** The date that date windows filter by; null where it is empty. */
  dateMs: number | null;
  deleted: boolean;
  /** Whether it ever came live to a client; a record deleted before that may never be heard of. */
  everServed: boolean;
}

export interface ModelAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Record<string, string>;
}

type TombstoneKind = 'tombstone' | 'last-version' | 'full-record';

export interface StreamModel {
  readonly rule: StreamRule;
  readonly path: string;
  readonly tombstone: TombstoneKind;
  readonly records: Map<string, SourceRecord>;
}

export interface DitioModel {
  readonly streams: ReadonlyMap<string, StreamModel>;
  /** Creates, changes or deletes something, at this server time. */
  mutate(dice: Dice, nowMs: number): void;
  /** May be replaced, to answer otherwise. */
  answer: (path: string, query: URLSearchParams, nowMs: number, view?: View) => ModelAnswer;
  /** Forgets every continuation token handed out so far; from now on they are refused in this way, 400 unless given. */
  expireTokens(refusal?: TokenRefusal): void;
  /** Whether machine registrations are those of a server of the older kind. */
  isOlder: boolean;
}

/** How a continuation token is refused: a status, or an answer 200 that is no page. */
export type TokenRefusal = 400 | 401 | 403 | 404 | 409 | 410 | 412 | 413 | 422 | 500 | 'garbage';

/** Through which eyes the source is seen: a client, and its filter. */
export interface View {
  readonly clientId: string;
  readonly companyId: string | undefined;
}

/** Sees everything. */
export const WHOLE_VIEW: View = { clientId: 'client-a', companyId: undefined };

/** Another client sees half of the records, a filter a third. */
export function isVisible(id: string, { clientId, companyId }: View): boolean {
  const number = Number(/\d+$/.exec(id)?.[0] ?? 0);
  return (clientId === WHOLE_VIEW.clientId || number % 2 === 0) && (companyId === undefined || number % 3 === 0);
}

interface Token {
  readonly generation: number;
  readonly asked: string;
  readonly afterKey: number;
  readonly afterId: string;
}

export interface ModelOptions {
  /** Whether some dates lie far ahead, before history, or are empty. */
  readonly hasOddDates: boolean;
  readonly isOlder: boolean;
}

export function createDitioModel(
  rules: ReadonlyArray<StreamRule & { readonly path: string }>,
  options: ModelOptions = { hasOddDates: false, isOlder: false },
): DitioModel {
  const streams = new Map<string, StreamModel>();
  for (const rule of rules)
    streams.set(rule.name, { rule, path: rule.path, tombstone: tombstoneOf(rule), records: new Map() });
  let created = 0;
  let generation = 0;
  let refusal: TokenRefusal = 400;

  function create(stream: StreamModel, dice: Dice, nowMs: number): void {
    const id = `${stream.rule.name.slice(0, 3)}${created++}`;
    const dateMs = someDate(stream, dice, nowMs);
    stream.records.set(id, { id, rev: 1, modifiedMs: nowMs, dateMs, deleted: false, everServed: false });
  }

  /** Usually of the last weeks; else wherever a full sync of the stream shows it (what is left, docs/ditio.md says). */
  function someDate({ rule }: StreamModel, dice: Dice, nowMs: number): number | null {
    const usual = nowMs - dice.below(40 * DAY_MS);
    const isOdd = dice.chance(0.15);
    const ahead = nowMs + dice.below(700 * DAY_MS);
    const anywhere = dice.below(120 * 365) * DAY_MS;
    const isEmpty = dice.chance(0.3);
    if (!options.hasOddDates || !isOdd) return usual;
    if (rule.window.kind === 'required') return rule.window.maxDays === null ? anywhere : ahead;
    if (rule.window.kind === 'fallback' && model.isOlder)
      return isEmpty ? ahead : FALLBACK_BEGIN + dice.below(26 * 365) * DAY_MS;
    return isEmpty ? null : anywhere;
  }

  const model: DitioModel = {
    streams,
    isOlder: options.isOlder,
    mutate(dice, nowMs) {
      const stream = dice.pick([...streams.values()]);
      const live = [...stream.records.values()].filter((record) => !record.deleted);
      const what = dice.next();
      if (live.length === 0 || what < 0.4) {
        // A bulk import gives several records one timestamp; pages never split it.
        for (let count = dice.chance(0.2) ? 4 : 1; count > 0; count--) create(stream, dice, nowMs);
        return;
      }
      const record = dice.pick(live);
      record.rev += 1;
      record.modifiedMs = nowMs;
      if (what > 0.75) record.deleted = true;
      else if (dice.chance(0.3)) record.dateMs = someDate(stream, dice, nowMs);
    },
    expireTokens(how = 400) {
      generation += 1;
      refusal = how;
    },
    answer(path, query, nowMs, view = WHOLE_VIEW) {
      const stream = [...streams.values()].find((candidate) => path.endsWith(`/${candidate.path}`));
      if (!stream) return refuse(404, 'NotFound', 'no such endpoint');
      return stream.rule.format === 'json' ? answerJson(stream, query, nowMs, view) : answerText(stream, query, view);
    },
  };
  return model;

  function answerJson(stream: StreamModel, query: URLSearchParams, nowMs: number, view: View): ModelAnswer {
    const since = dateOf(query.get('ModifiedSince'));
    const before = dateOf(query.get('ModifiedBefore'));
    const from = dateOf(query.get('FromDateTime'));
    const to = dateOf(query.get('ToDateTime'));
    const incremental = since !== null && !stream.rule.snapshot;
    if (stream.rule.name === 'machine-registrations' && model.isOlder) {
      if ((from === null) !== (to === null))
        return refuse(400, 'InvalidWindow', 'FromDateTime and ToDateTime go together');
      if (from !== null && to !== null && to - from > maxWindowMs(stream.rule))
        return refuse(400, 'InvalidWindow', 'the window is too long');
      if (from === null && (since === null || nowMs - since > 3 * 86_400_000)) {
        return refuse(400, 'InvalidWindow', 'ModifiedSince at most 3 days back');
      }
    }
    const asked = [...query]
      .filter(([name]) => name !== 'ContinuationToken')
      .map((pair) => pair.join('='))
      .sort()
      .join('&');
    const token = decode(query.get('ContinuationToken'));
    if (token === 'bad' || (token && (token.asked !== fingerprint(asked) || token.generation !== generation))) {
      return refuseToken(refusal);
    }
    const key = (record: SourceRecord) => (incremental ? record.modifiedMs : (record.dateMs ?? 0));
    const today =
      stream.rule.name === 'crew-list-registrations' && from === null && since === null ? startOfDay(nowMs) : null;
    const matching = [...stream.records.values()]
      .filter((record) => isVisible(record.id, view))
      .filter((record) =>
        incremental ? record.modifiedMs >= since && (before === null || record.modifiedMs < before) : !record.deleted,
      )
      .filter((record) => stream.rule.window.kind === 'none' || isWithin(record, from, to))
      .filter((record) => today === null || (record.dateMs ?? 0) >= today)
      .sort((a, b) => key(a) - key(b) || (a.id < b.id ? -1 : 1))
      .filter(
        (record) =>
          !token || key(record) > token.afterKey || (key(record) === token.afterKey && record.id > token.afterId),
      );
    const limit = Math.min(10_000, Math.max(1, Number(query.get('ChunkLimit') ?? 2500)));
    let end = Math.min(limit, matching.length);
    while (
      end > 0 &&
      end < matching.length &&
      key(matching[end] as SourceRecord) === key(matching[end - 1] as SourceRecord)
    )
      end++;
    const page = matching.slice(0, end);
    const last = page.at(-1);
    const continuation =
      last && end < matching.length
        ? encode({ generation, asked: fingerprint(asked), afterKey: key(last), afterId: last.id })
        : null;
    for (const record of page) if (!record.deleted) record.everServed = true;
    const body = JSON.stringify({
      data: page.map((record) => render(stream, record)),
      links: {},
      continuationToken: continuation,
      syncTypeName: incremental ? 'incremental' : 'full',
      recordCount: page.length,
      deletedRecordCount: page.filter((record) => record.deleted).length,
    });
    return { status: 200, body, headers: { 'content-type': 'application/json' } };
  }

  function answerText(stream: StreamModel, query: URLSearchParams, view: View): ModelAnswer {
    const from = dateOf(query.get('FromDate'));
    const to = dateOf(query.get('ToDate'));
    if (from === null || to === null) return refuse(400, 'ArgumentIsNull', 'days are required');
    // One server sends the days around as well, the other chooses by UTC and prints its own time.
    const moreMs = model.isOlder ? 0 : DAY_MS;
    const aheadMs = model.isOlder ? 12 * HOUR_MS : 0;
    const rows = [...stream.records.values()].filter(
      (record) =>
        !record.deleted && isVisible(record.id, view) && isWithin(record, from - moreMs, to + moreMs + DAY_MS - 1),
    );
    for (const record of rows) record.everServed = true;
    const lines = rows.map((record) => itemRow(record, aheadMs));
    return { status: 200, body: ['Vare;Antall', ...lines].join('\r\n'), headers: { 'content-type': 'text/csv' } };
  }
}

function maxWindowMs({ window }: StreamRule): number {
  return window.kind === 'fallback' ? window.maxDays * DAY_MS : Number.POSITIVE_INFINITY;
}

/** Both ends inclusive; what has no date is within no window. */
function isWithin({ dateMs }: SourceRecord, from: number | null, to: number | null): boolean {
  if (from === null && to === null) return true;
  return dateMs !== null && (from === null || dateMs >= from) && (to === null || dateMs <= to);
}

/** 16 fields; name and revision of the record in the first two. */
function itemRow({ id, rev, dateMs }: SourceRecord, aheadMs: number): string {
  const [day = '', time = ''] = new Date((dateMs ?? 0) + aheadMs).toISOString().split('T');
  const [year, month, date] = day.split('-');
  const transDate = `${date}.${month}.${year} ${time.slice(0, 8)}`;
  return [id, `rev ${rev}`, '', '', 'Sale', '', transDate, '', '1,5', '', '', '', '', '', '', ''].join(';');
}

function refuseToken(refusal: TokenRefusal): ModelAnswer {
  if (refusal !== 'garbage') return refuse(refusal, 'InvalidToken', 'the continuation token is not valid');
  return { status: 200, body: '{"message":"no such token"}', headers: { 'content-type': 'application/json' } };
}

function render(stream: StreamModel, record: SourceRecord): Record<string, unknown> {
  const modifiedDateTime = new Date(record.modifiedMs).toISOString();
  if (!record.deleted)
    return { id: record.id, rev: record.rev, modifiedDateTime, isDeleted: false, deletedDateTime: null };
  const deletion = { id: record.id, rev: record.rev, isDeleted: true, deletedDateTime: modifiedDateTime };
  switch (stream.tombstone) {
    case 'tombstone':
      return { ...deletion, modifiedDateTime };
    case 'last-version':
      return {
        ...deletion,
        modifiedDateTime: new Date(record.modifiedMs - 60_000).toISOString(),
        name: 'last version',
      };
    case 'full-record':
      return { ...deletion, modifiedDateTime, sections: [] };
  }
}

function tombstoneOf(rule: StreamRule): TombstoneKind {
  if (rule.name.includes('checklist')) return 'full-record';
  return rule.window.kind === 'none' ? 'last-version' : 'tombstone';
}

function refuse(status: number, error: string, message: string): ModelAnswer {
  return { status, body: JSON.stringify({ error, message }), headers: { 'content-type': 'application/json' } };
}

function dateOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

function startOfDay(atMs: number): number {
  return atMs - (atMs % 86_400_000);
}

function fingerprint(asked: string): string {
  return createHash('sha256').update(asked).digest('hex').slice(0, 12);
}

function encode(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64');
}

function decode(text: string | null): Token | 'bad' | null {
  if (text === null) return null;
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString()) as Token;
  } catch {
    return 'bad';
  }
}
