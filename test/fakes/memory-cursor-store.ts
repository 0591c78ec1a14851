/**
 * Cursors and leases in memory that obey the contract of the port.
 *
 * What is stored passes through the same text as in DynamoDB, so that a cursor which could not be stored there cannot
 * be stored here either, and nothing that is read is shared with what was written.
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { fromPartList, toPartList, toRecord, toState } from '../../src/aws/cursor-item.ts';
import { DeadlineReached, HardFailure } from '../../src/core/failure/errors.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { CursorRecord, CursorStore } from '../../src/ports.ts';

interface Stored {
  readonly version: number;
  readonly owner: string;
  readonly leaseUntil: number | null;
  readonly state: string | undefined;
}

export interface MemoryCursorStore extends CursorStore {
  /** The next write succeeds, its answer is lost, and it is sent again, as the retry loop does. */
  loseNextAnswer(): void;
  /** From now on nothing can be reached. */
  breakAccess(): void;
  /** Makes what is stored of the stream unreadable. */
  corrupt(stream: string): void;
}

export function createMemoryCursorStore(): MemoryCursorStore {
  const items = new Map<string, Stored>();
  const lists = new Map<string, AttributeValue>();
  let losesAnswer = false;
  let broken = false;

  function reach(scope: Scope, until: 'work' | 'limit'): void {
    const { deadline } = scope;
    const leftMs = until === 'work' ? deadline.workLeftMs() : deadline.limitLeftMs();
    if (leftMs <= 0) throw new DeadlineReached('no time is left to send a request');
    if (broken) throw new HardFailure('state', 'the store cannot be reached');
  }

  /** Twice when the answer of the first is lost. */
  function send<T>(write: () => T): T {
    if (!losesAnswer) return write();
    losesAnswer = false;
    write();
    return write();
  }

  function load(stream: string): CursorRecord | undefined {
    const item = items.get(stream);
    if (!item) return undefined;
    const { version, owner, leaseUntil, state } = item;
    return toRecord({
      sk: { S: stream },
      version: { N: String(version) },
      owner: { S: owner },
      ...(leaseUntil !== null && { leaseUntil: { N: String(leaseUntil) } }),
      ...(state !== undefined && { state: { S: state } }),
    });
  }

  return {
    async list(scope) {
      reach(scope, 'work');
      return [...items.keys()].flatMap((stream) => load(stream) ?? []);
    },
    async read(stream, scope) {
      reach(scope, 'limit');
      return load(stream);
    },
    async acquire({ stream, owner, now, until, implausibleUntil }, scope) {
      reach(scope, 'work');
      return send(() => {
        const item = items.get(stream);
        const free =
          !item ||
          item.leaseUntil === null ||
          item.leaseUntil < now ||
          item.leaseUntil === (implausibleUntil ?? null) ||
          item.owner === owner;
        if (!free) return { acquired: false, heldUntil: load(stream)?.leaseUntil ?? null } as const;
        items.set(stream, { version: (item?.version ?? 0) + 1, owner, leaseUntil: until, state: item?.state });
        return { acquired: true, record: load(stream) as CursorRecord } as const;
      });
    },
    async save({ stream, owner, version, cursor, leaseUntil }, scope) {
      const state = toState(stream, cursor).text;
      reach(scope, 'limit');
      return send(() => {
        const item = items.get(stream);
        if (item?.owner !== owner || item.version !== version) return 'refused';
        items.set(stream, { version: version + 1, owner, leaseUntil, state });
        return 'saved';
      });
    },
    async writeParts({ stream, id }, parts, scope) {
      reach(scope, 'limit');
      lists.set(`${stream}#${id}`, toPartList(parts));
    },
    async readParts({ stream, id }, scope) {
      reach(scope, 'limit');
      const parts = lists.get(`${stream}#${id}`);
      return fromPartList(stream, id, parts && { parts });
    },
    async check(scope) {
      reach(scope, 'work');
      return 'the store in memory can be read and written to';
    },
    loseNextAnswer() {
      losesAnswer = true;
    },
    breakAccess() {
      broken = true;
    },
    corrupt(stream) {
      const item = items.get(stream);
      if (item) items.set(stream, { ...item, state: '{"schema":1}' });
    },
  };
}
