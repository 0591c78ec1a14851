/**
 * What must hold in every history, whatever went wrong (contract, section 8).
 *
 * Some of it is checked at the very moment of a write (watermarks, keys, order), the rest once the history is quiet.
 */

import assert from 'node:assert/strict';
import type { CommittedPart } from '../../src/core/cursor/open-sync.ts';
import type { StreamRule } from '../../src/core/cursor/stream-rule.ts';
import { HardFailure, SyncFailedError } from '../../src/core/failure/errors.ts';
import type { LogFields } from '../../src/core/scope.ts';
import { SERVICE } from '../../src/log.ts';
import type { CursorRecord } from '../../src/ports.ts';
import { problemsOf } from '../fakes/log-check.ts';
import { type DitioModel, isVisible, type View, WHOLE_VIEW } from './ditio-model.ts';
import { type LakeModel, msOf, type Store } from './models.ts';
import type { RequestNote } from './transport-model.ts';

/** Of one token request, the first included (contract, section 8). */
const ATTEMPTS = 5;

export interface Checker {
  /** What was found while others were at work; thrown here, because nobody there would know what to do with it. */
  throwViolation(): void;
  /** Both clocks of a run were ahead by so much: a watermark may then be too, as far as the lookback makes up for it. */
  clocksAhead(ms: number): void;
  line(level: string, event: string, fields: LogFields): void;
  /** As much of {@link Checker.line} as every history can afford. */
  failure(event: string, fields: LogFields): void;
  /** How often a stream has changed its source so far. */
  sourceChanges(): number;
  /** What the handler threw. */
  thrown(error: unknown, action: Action | undefined): void;
  requests(notes: readonly RequestNote[], invocation: InvocationNote): void;
  /** The present state is the source as this view shows it. */
  presentStateEqualsSource(view?: View): void;
  manifestsCountEachPageOnce(): void;
}

/** What an invocation is asked for, beside syncs and backfills. */
export type Action = 'reset' | 'status' | 'check';

export interface InvocationNote {
  readonly startedMs: number;
  readonly remainingMs: number;
  readonly reserveMs: number;
  /** Was frozen on the way: what it sends on waking may be late. */
  readonly frozen: boolean;
  /**
   * How often what the run had learned of a server was lost: by a write of a cursor that failed before it had an effect, or
   * by a run with another filter or client, for which everything is unknown.
   */
  readonly forgotten: number;
}

interface Line {
  readonly id: string;
  readonly rev: number;
  readonly isDeleted: boolean;
  readonly _sync_id: string;
  readonly _extracted_at: string;
}

interface Manifest {
  readonly syncId: string;
  readonly mode: string;
  readonly pages: number;
  readonly records: number;
  readonly deleted: number;
  readonly parts: readonly { readonly key: string; readonly records: number; readonly bytes: number }[];
}

export function createChecker(world: {
  readonly model: DitioModel;
  readonly store: Store;
  readonly lake: LakeModel;
  readonly rules: readonly StreamRule[];
}): Checker {
  const { model, store, lake, rules } = world;
  const ruleOf = (stream: string) => rules.find(({ name }) => name === stream) as StreamRule;

  let aheadMs = 0;
  let sourceChanges = 0;
  let violation: unknown = null;
  const watch = (look: () => void) => {
    try {
      look();
    } catch (error) {
      violation ??= error;
    }
  };

  store.onSave = (before, after, view) =>
    watch(() => {
      const { sourceKey } = before.cursor;
      if (sourceKey !== null && sourceKey !== after.cursor.sourceKey) sourceChanges += 1;
      versionsRise(before, after);
      watermarkNeverFalls(before, after);
      partsAreDurable(after);
      if (msOf(after.cursor.watermark) > msOf(before.cursor.watermark)) watermarkPassesNothingUndurable(after, view);
    });
  lake.onPart = (key, replaced) =>
    watch(() => assert.ok(!replaced, `part ${key} was written twice: two owners share a key`));
  store.onList = (key, before, text) =>
    watch(() => assert.ok(before === undefined || before === text, `${key} was written again with another text`));

  return {
    throwViolation() {
      if (violation !== null) throw violation;
    },
    clocksAhead(ms) {
      aheadMs = Math.max(aheadMs, ms);
    },
    sourceChanges: () => sourceChanges,
    line(level, event, fields) {
      watch(() => {
        const head = { level: level.toUpperCase(), timestamp: '2026-11-22T08:15:00.000Z', service: SERVICE, event };
        const problems = problemsOf({ ...fields, ...head });
        assert.deepEqual(problems, [], `a line breaks the log contract: ${JSON.stringify(fields)}`);
        assert.doesNotMatch(
          JSON.stringify(fields),
          /simulated-secret|token-\d/,
          `a secret or token is in a ${event} line`,
        );
        noDefect(event, fields);
      });
    },
    failure: (event, fields) => watch(() => noDefect(event, fields)),
    thrown: (error, action) =>
      watch(() =>
        assert.ok(isExpected(error, action), `the handler threw ${error instanceof Error ? error.stack : error}`),
      ),
    requests: (notes, invocation) => watch(() => requests(notes, invocation)),
    presentStateEqualsSource(view = WHOLE_VIEW) {
      for (const rule of rules) {
        if (rule.format === 'json') comparePresentState(rule, view);
        else compareItems(rule, view);
      }
    },
    manifestsCountEachPageOnce() {
      for (const rule of rules) compareManifests(rule);
    },
  };

  function noDefect(event: string, fields: LogFields): void {
    // No window is wrong in a history: one that is refused would be our mistake, and a backfill would be given up for it.
    // With a status, `unexpected` is what the server answered, and no defect of ours.
    const isDefect = fields.kind === 'unexpected' && fields.status === null;
    if (event === 'hard_failure') assert.ok(!isDefect && fields.kind !== 'invalid_window', JSON.stringify(fields));
  }

  function versionsRise(before: CursorRecord, after: CursorRecord): void {
    assert.equal(after.version, before.version + 1, `${after.stream}: a version was skipped or repeated`);
  }

  function watermarkNeverFalls(before: CursorRecord, after: CursorRecord): void {
    // A reset forgets it, together with everything else.
    if (after.cursor.watermark === null && after.cursor.lastCompletedAt === null) return;
    assert.ok(
      msOf(after.cursor.watermark) >= msOf(before.cursor.watermark),
      `${after.stream}: the watermark went back from ${before.cursor.watermark} to ${after.cursor.watermark}`,
    );
  }

  /** The cursor may count only what is in the lake: object first, cursor second. */
  function partsAreDurable(after: CursorRecord): void {
    for (const open of [after.cursor.own, after.cursor.backfill]) {
      if (!open) continue;
      const listed = open.lists.flatMap(({ id, parts }) => {
        const list: CommittedPart[] = JSON.parse(store.lists.get(`${after.stream}#${id}`) ?? '[]');
        assert.equal(list.length, parts, `${after.stream}: the cursor counts a list of parts that is not stored`);
        return list;
      });
      for (const part of [...listed, ...open.parts]) {
        const { table } = ruleOf(after.stream);
        const name: string = `${open.syncId}-${String(part.version).padStart(8, '0')}-${part.run}.ndjson.gz`;
        const day: string = `${open.syncId.slice(0, 4)}-${open.syncId.slice(4, 6)}-${open.syncId.slice(6, 8)}`;
        const lines = lake.parts.get(`${table}/sync_date=${day}/${name}`);
        assert.ok(lines, `${after.stream}: the cursor counts part ${name}, which is not in the lake`);
        assert.equal(lines.length, part.records, `${name} holds another number of lines than counted`);
      }
    }
  }

  /** Every change below the new watermark must be in the lake, unless it was deleted before it was ever seen. */
  function watermarkPassesNothingUndurable(after: CursorRecord, view: View): void {
    if (ruleOf(after.stream).format !== 'json') return;
    const stream = model.streams.get(after.stream);
    const newest = newestRevisions(ruleOf(after.stream));
    for (const record of stream?.records.values() ?? []) {
      if (record.modifiedMs >= msOf(after.cursor.watermark) - aheadMs || !isVisible(record.id, view)) continue;
      if (record.deleted && (stream?.rule.snapshot || !newest.has(record.id))) continue;
      const durable = newest.get(record.id) ?? 0;
      // A full sync never returns deleted records; that one is gone is told by its absence.
      if (record.deleted && after.cursor.lastFullSyncAt !== null && durable < record.rev) {
        assert.ok(
          !presentIds(ruleOf(after.stream)).has(record.id),
          `${after.stream}: ${record.id} outlived its deletion`,
        );
        continue;
      }
      assert.ok(
        durable >= record.rev,
        `${after.stream}: the watermark passed revision ${record.rev} of ${record.id}, the lake has ${durable}`,
      );
    }
  }

  function lines(rule: StreamRule): Line[] {
    const all: Line[] = [];
    for (const [key, part] of lake.parts) {
      if (key.startsWith(`${rule.table}/`)) for (const text of part) all.push(JSON.parse(text) as Line);
    }
    return all;
  }

  function newestRevisions(rule: StreamRule): Map<string, number> {
    const newest = new Map<string, number>();
    for (const line of lines(rule)) newest.set(line.id, Math.max(newest.get(line.id) ?? 0, line.rev));
    return newest;
  }

  function manifests(rule: StreamRule): Manifest[] {
    return [...lake.objects]
      .filter(([key]) => key.startsWith(`manifests/${rule.table}/`))
      .map(([, text]) => JSON.parse(text) as Manifest);
  }

  /** The present state as the contract, section 6, defines it, from everything in the lake. */
  function present(rule: StreamRule): Map<string, Line> {
    const newestFull = manifests(rule)
      .filter(({ mode }) => mode === 'full')
      .map(({ syncId }) => syncId)
      .sort()
      .at(-1);
    const state = new Map<string, Line>();
    for (const line of lines(rule)) {
      if (newestFull !== undefined && line._sync_id < newestFull) continue;
      const other = state.get(line.id);
      if (!other || line._extracted_at > other._extracted_at) state.set(line.id, line);
    }
    return state;
  }

  function presentIds(rule: StreamRule): Set<string> {
    return new Set([...present(rule).values()].filter((line) => !line.isDeleted).map(({ id }) => id));
  }

  /** Rows without ids: those of the newest complete sync, in the parts that its manifest names. */
  function compareItems(rule: StreamRule, view: View): void {
    const newest = manifests(rule)
      .toSorted((a, b) => (a.syncId < b.syncId ? -1 : 1))
      .at(-1);
    const rows = (newest?.parts ?? []).flatMap(({ key }) => lake.parts.get(key) ?? []);
    const inLake = rows
      .map((text) => /"(ite\d+|made-\d+)".*?"(rev \d+)"/.exec(text)?.slice(1, 3).join('@') ?? text)
      .sort();
    const source = [...(model.streams.get(rule.name)?.records.values() ?? [])]
      .filter((record) => !record.deleted && isVisible(record.id, view))
      .map(({ id, rev }) => `${id}@rev ${rev}`)
      .sort();
    assert.deepEqual(inLake, source, `${rule.name}: the newest snapshot differs from the source`);
  }

  function comparePresentState(rule: StreamRule, view: View): void {
    const live = [...present(rule).values()].filter((line) => !line.isDeleted);
    const inLake = live.map(({ id, rev }) => `${id}@${rev}`).sort();
    const source = [...(model.streams.get(rule.name)?.records.values() ?? [])]
      .filter((record) => !record.deleted && isVisible(record.id, view))
      .map(({ id, rev }) => `${id}@${rev}`)
      .sort();
    assert.deepEqual(inLake, source, `${rule.name}: the lake's present state differs from the source`);
  }

  function compareManifests(rule: StreamRule): void {
    const named = new Set<string>();
    for (const manifest of manifests(rule)) {
      let records = 0;
      for (const { key, records: counted } of manifest.parts) {
        assert.ok(!named.has(key), `${key} is named by two manifests`);
        named.add(key);
        const part = lake.parts.get(key);
        assert.ok(part, `${key} is named by a manifest and not in the lake`);
        assert.equal(part.length, counted, `${key} holds another number of lines than its manifest says`);
        records += counted;
      }
      assert.equal(manifest.records, records, `manifest ${manifest.syncId} counts other records than its parts hold`);
      const stamps = manifest.parts.map(({ key }) =>
        (lake.parts.get(key) ?? []).map((text) => (JSON.parse(text) as Line)._extracted_at),
      );
      for (let at = 1; at < stamps.length; at++) {
        const last = stamps[at - 1]?.at(-1) ?? '';
        assert.ok((stamps[at]?.[0] ?? '') > last, `manifest ${manifest.syncId}: a page appears in two parts`);
      }
      if (manifest.mode === 'full' && rule.window.kind !== 'required' && rule.window.kind !== 'fallback') {
        // Within one full sync every record stands once: a page that was read twice is counted once.
        if (rule.format !== 'json') continue;
        const ids = manifest.parts.flatMap(({ key }) =>
          (lake.parts.get(key) ?? []).map((text) => (JSON.parse(text) as Line).id),
        );
        assert.ok(ids.length === manifest.records);
      }
    }
  }

  function requests(notes: readonly RequestNote[], invocation: InvocationNote): void {
    const { startedMs, remainingMs, reserveMs, frozen, forgotten } = invocation;
    const refused = new Map<string, number>();
    let asked = 0;
    let granted = 0;
    for (const { url, atMs, status } of notes) {
      if (!frozen) {
        assert.ok(atMs < startedMs + remainingMs - reserveMs, `a request was sent after the end of work: ${url}`);
      }
      if (url.includes('/connect/token')) {
        asked += 1;
        granted += status === 200 ? 1 : 0;
      } else if (status === 400 || status === 403 || status === 404) {
        refused.set(url, (refused.get(url) ?? 0) + 1);
        assert.ok((refused.get(url) ?? 0) <= 1 + forgotten, `a refused request was repeated within a run: ${url}`);
      }
    }
    const pages = notes.length - asked;
    assert.ok(granted <= 10 + pages / 2, `a token storm: ${granted} tokens for ${pages} pages`);
    assert.ok(asked <= ATTEMPTS * (granted + rules.length), `a token storm: ${asked} requests for ${granted} tokens`);
  }
}

/** What a handler may throw: that streams failed, or a failure that it has logged. */
function isExpected(error: unknown, action: Action | undefined): boolean {
  if (error instanceof SyncFailedError) return true;
  if (!(error instanceof HardFailure)) return false;
  return error.kind === 'state' || (action === 'reset' && error.kind === 'config');
}
