/**
 * A small model of Ditio for thousands of histories: a source that changes while it is read.
 *
 * Independent of the simulator that ships with the project: built from the documented behaviour alone, in order to
 * disagree with it where one of them is wrong. Answers requests in the shape of {@link HttpAnswer}; time is handed in.
 */

import { createHash } from 'node:crypto';
import type { StreamRule } from '../../src/core/cursor/stream-rule.ts';
import type { Dice } from './random.ts';

export interface SourceRecord {
  readonly id: string;
  /** Raised by every change and by deletion. */
  rev: number;
  /** Server time of the newest change or deletion, in epoch milliseconds. */
  modifiedMs: number;
  /** The date that date windows filter by. */
  dateMs: number;
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
  answer: (path: string, query: URLSearchParams, nowMs: number) => ModelAnswer;
  /** Forgets every continuation token handed out so far: they are answered with 400 from now on. */
  expireTokens(): void;
}

interface Token {
  readonly generation: number;
  readonly asked: string;
  readonly afterKey: number;
  readonly afterId: string;
}

export function createDitioModel(rules: ReadonlyArray<StreamRule & { readonly path: string }>): DitioModel {
  const streams = new Map<string, StreamModel>();
  for (const rule of rules)
    streams.set(rule.name, { rule, path: rule.path, tombstone: tombstoneOf(rule), records: new Map() });
  let created = 0;
  let generation = 0;

  function create(stream: StreamModel, dice: Dice, nowMs: number): void {
    const id = `${stream.rule.name.slice(0, 3)}${created++}`;
    const dateMs = nowMs - dice.below(40 * 86_400_000);
    stream.records.set(id, { id, rev: 1, modifiedMs: nowMs, dateMs, deleted: false, everServed: false });
  }

  return {
    streams,
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
      else if (dice.chance(0.3)) record.dateMs = nowMs - dice.below(40 * 86_400_000);
    },
    expireTokens() {
      generation += 1;
    },
    answer(path, query, nowMs) {
      const stream = [...streams.values()].find((candidate) => path.endsWith(`/${candidate.path}`));
      if (!stream) return refuse(404, 'NotFound', 'no such endpoint');
      return stream.rule.format === 'json' ? answerJson(stream, query, nowMs) : answerText(stream, query);
    },
  };

  function answerJson(stream: StreamModel, query: URLSearchParams, nowMs: number): ModelAnswer {
    const since = dateOf(query.get('ModifiedSince'));
    const before = dateOf(query.get('ModifiedBefore'));
    const from = dateOf(query.get('FromDateTime'));
    const to = dateOf(query.get('ToDateTime'));
    const incremental = since !== null && !stream.rule.snapshot;
    if (stream.rule.name === 'machine-registrations') {
      if ((from === null) !== (to === null))
        return refuse(400, 'InvalidWindow', 'FromDateTime and ToDateTime go together');
      if (from !== null && to !== null && to - from > 7 * 86_400_000)
        return refuse(400, 'InvalidWindow', 'at most 7 days');
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
      return refuse(400, 'InvalidToken', 'the continuation token is not valid');
    }
    const key = (record: SourceRecord) => (incremental ? record.modifiedMs : record.dateMs);
    const today =
      stream.rule.name === 'crew-list-registrations' && from === null && since === null ? startOfDay(nowMs) : null;
    const matching = [...stream.records.values()]
      .filter((record) =>
        incremental ? record.modifiedMs >= since && (before === null || record.modifiedMs < before) : !record.deleted,
      )
      .filter(
        (record) =>
          stream.rule.window.kind === 'none' ||
          ((from === null || record.dateMs >= from) && (to === null || record.dateMs <= to)),
      )
      .filter((record) => today === null || record.dateMs >= today)
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

  function answerText(stream: StreamModel, query: URLSearchParams): ModelAnswer {
    const from = dateOf(query.get('FromDate'));
    const lastDay = dateOf(query.get('ToDate'));
    if (from === null || lastDay === null) return refuse(400, 'ArgumentIsNull', 'a window is required');
    const rows = [...stream.records.values()].filter(
      (record) => !record.deleted && record.dateMs >= from && record.dateMs < lastDay + 86_400_000,
    );
    for (const record of rows) record.everServed = true;
    const lines = rows.map((record) => `${record.id};${record.rev}`);
    return { status: 200, body: ['Vare;Antall', ...lines].join('\r\n'), headers: { 'content-type': 'text/csv' } };
  }
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
