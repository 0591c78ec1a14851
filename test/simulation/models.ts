/**
 * Models of DynamoDB and S3 behind the ports: conditional writes, lost answers, whole objects.
 *
 * Each invocation sees them through its own fate. Every successful write is shown to the watchers, which check what
 * must hold at that very moment.
 */

import { type Cursor, NEW_CURSOR } from '../../src/core/cursor/cursor-shape.ts';
import { HardFailure } from '../../src/core/failure/errors.ts';
import type { Instant } from '../../src/core/time/instant.ts';
import type { CursorRecord, CursorStore, Lake, PartWriter, StoredToken, TokenStore } from '../../src/ports.ts';
import type { View } from './ditio-model.ts';
import type { Fate } from './fate.ts';

export interface Store {
  readonly records: Map<string, CursorRecord>;
  /** Lists of parts, by stream and id. */
  readonly lists: Map<string, string>;
  /** Streams whose item cannot be read. */
  readonly damaged: Set<string>;
  /** The table is not there. */
  isMissing: boolean;
  /** Throws where an item cannot hold the cursor. */
  mustHold: (cursor: Cursor) => void;
  /** Told with the view of the process that writes. */
  onSave: (before: CursorRecord, after: CursorRecord, view: View) => void;
  onList: (key: string, before: string | undefined, after: string) => void;
}

export function createStore(): Store {
  return {
    records: new Map(),
    lists: new Map(),
    damaged: new Set(),
    isMissing: false,
    mustHold: () => {},
    onSave: () => {},
    onList: () => {},
  };
}

/** The cursor store as one invocation sees it. */
export function storeFor(store: Store, fate: Fate, view: View): CursorStore {
  const at = (stream: string): CursorRecord =>
    store.records.get(stream) ?? { stream, version: 0, owner: null, leaseUntil: null, cursor: NEW_CURSOR };
  // What is stored is text in the end: nothing that is only a reference may survive.
  const put = (record: CursorRecord) => {
    const before = at(record.stream);
    const stored = JSON.parse(JSON.stringify(record)) as CursorRecord;
    store.records.set(record.stream, stored);
    store.onSave(before, stored, view);
    return stored;
  };

  return {
    async list() {
      await reach('list');
      for (const stream of store.damaged) mustBeReadable(stream);
      return [...store.records.values()];
    },
    async read(stream) {
      await reach(`read ${stream}`);
      mustBeReadable(stream);
      return store.records.get(stream);
    },
    async acquire(request) {
      const lost = await reach(`acquire ${request.stream}`);
      mustBeReadable(request.stream);
      const record = at(request.stream);
      const { leaseUntil } = record;
      const free =
        leaseUntil === null ||
        leaseUntil < request.now ||
        leaseUntil === request.implausibleUntil ||
        record.owner === request.owner;
      if (!free) return { acquired: false, heldUntil: record.leaseUntil };
      const stored = put({ ...record, version: record.version + 1, owner: request.owner, leaseUntil: request.until });
      if (lost) throw unreachable('acquire');
      return { acquired: true, record: stored };
    },
    async save(write) {
      const lost = await reach(`save ${write.stream}`);
      const record = at(write.stream);
      if (record.owner !== write.owner || record.version !== write.version) return 'refused';
      const { stream, owner, cursor, leaseUntil } = write;
      store.mustHold(cursor);
      put({ stream, owner, cursor, leaseUntil, version: write.version + 1 });
      // A lost answer shows in one of two ways: as an error, or as the refusal of the same write sent again.
      if (lost && write.version % 2 === 0) throw unreachable('save');
      return lost ? 'refused' : 'saved';
    },
    async writeParts({ stream, id }, parts) {
      const lost = await reach(`list ${stream}`);
      const key = `${stream}#${id}`;
      const text = JSON.stringify(parts);
      store.onList(key, store.lists.get(key), text);
      store.lists.set(key, text);
      if (lost) throw unreachable('list');
    },
    async readParts({ stream, id }) {
      await reach(`list-read ${stream}`);
      const text = store.lists.get(`${stream}#${id}`);
      if (text === undefined) throw new HardFailure('state', `the list ${id} of ${stream} is missing`);
      return JSON.parse(text);
    },
    async check() {
      return 'ok';
    },
  };

  function mustBeReadable(stream: string): void {
    if (!store.damaged.has(stream)) return;
    throw new HardFailure('state', `the stored state of ${stream} cannot be read`, { code: 'StateUnreadable' });
  }

  /** Whether the answer of this call is lost. */
  async function reach(point: string): Promise<boolean> {
    await fate.step(point);
    if (store.isMissing) throw new HardFailure('state', 'the table is not there', { concerns: 'run' });
    const fault = fate.fault(point);
    if (fault === 'fail-before') throw unreachable(point);
    return fault === 'lose-answer';
  }
}

function unreachable(operation: string): HardFailure {
  return new HardFailure('state', `DynamoDB did not answer ${operation}`);
}

/** The token store as one invocation sees it. */
export function tokensFor(tokens: Map<string, StoredToken>, fate: Fate): TokenStore {
  return {
    async read(key) {
      await fate.step('token-read');
      return tokens.get(key);
    },
    async write(key, token) {
      await fate.step('token-write');
      tokens.set(key, token);
    },
  };
}

/** Objects by key; parts as the lines of their pages. */
export interface LakeModel {
  readonly parts: Map<string, readonly string[]>;
  readonly objects: Map<string, string>;
  /** The bucket is not there. */
  isMissing: boolean;
  onPart: (key: string, replaced: boolean) => void;
  /** How long compressing a page takes after its last byte was taken. */
  compress: () => Promise<void>;
}

export function createLakeModel(): LakeModel {
  return { parts: new Map(), objects: new Map(), isMissing: false, onPart: () => {}, compress: async () => {} };
}

/** The lake as one invocation sees it. */
export function lakeFor(lake: LakeModel, fate: Fate): Lake {
  return {
    compression: 'gzip',
    async openPart() {
      return createPart();
    },
    async writeObject(key, text) {
      const lost = await reach(`object ${key}`);
      if (lake.objects.has(key)) return 'exists';
      lake.objects.set(key, text);
      if (lost) throw unreachableLake('PutObject');
      return 'written';
    },
    async check() {
      return 'ok';
    },
  };

  function createPart(): PartWriter {
    const pages: string[] = [];
    return {
      get bytes() {
        return pages.reduce((sum, page) => sum + page.length, 0);
      },
      compression: 'gzip',
      async addPage(lines) {
        const pieces: Uint8Array[] = [];
        for await (const piece of lines) pieces.push(Uint8Array.from(piece));
        await lake.compress();
        pages.push(Buffer.concat(pieces).toString('utf8'));
      },
      async commit(key) {
        const lines = pages.join('').split('\n').filter(Boolean);
        const lost = await reach(`part ${key}`);
        lake.onPart(key, lake.parts.has(key));
        lake.parts.set(key, lines);
        if (lost) throw unreachableLake('PutObject');
      },
      async discard() {},
    };
  }

  async function reach(point: string): Promise<boolean> {
    await fate.step(point);
    if (lake.isMissing) throw new HardFailure('lake', 'the bucket is not there', { concerns: 'run' });
    const fault = fate.fault(point);
    if (fault === 'fail-before') throw unreachableLake('PutObject');
    return fault === 'lose-answer';
  }
}

function unreachableLake(operation: string): HardFailure {
  return new HardFailure('lake', `S3 did not answer ${operation}`);
}

/** Epoch milliseconds of an instant that may be null. */
export function msOf(at: Instant | null): number {
  return at === null ? Number.NEGATIVE_INFINITY : at;
}
