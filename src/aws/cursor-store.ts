/**
 * Keeps cursors and leases in DynamoDB: one item per stream, each write under a condition.
 *
 * `sync/lease.ts` decides what a refused write means.
 *
 *     A  acquire v1 ─ save v2 ─ save v3, lease given back            acquire v6
 *     B                                      acquire v4 ─ killed …    ▲ B's lease has run out
 *     C                                               acquire refused ┘ ─ held until …
 *
 * An acquire whose answer was lost succeeds when it is sent again, because the owner is still the same; it only raises
 * the version once more. A save whose answer was lost is refused when it is sent again, because the version has changed.
 */

import {
  type ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { HardFailure } from '../core/failure/errors.ts';
import { type AwsCall, callAws } from '../core/retry/aws-call.ts';
import type { Clock, Random, Scope } from '../core/scope.ts';
import type { CursorRecord, CursorStore } from '../ports.ts';
import {
  cursorKey,
  cursorPartition,
  fromPartList,
  type Item,
  leaseUntilOf,
  partListKey,
  toPartList,
  toRecord,
  toState,
} from './cursor-item.ts';

export interface CursorStoreDeps {
  /** Built with `maxAttempts: 1`. */
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Names the lake that the cursors belong to. */
  readonly lakeId: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Longest single attempt, in milliseconds; 5,000 unless given. */
  readonly attemptTimeoutMs?: number;
}

interface UpdateAnswer {
  readonly refused: boolean;
  /** The item after the write, on request. */
  readonly item: Item | undefined;
}

/** Some attribute names are reserved words of DynamoDB. */
const LEASE_NAMES = { '#owner': 'owner', '#version': 'version', '#leaseUntil': 'leaseUntil' } as const;
const NAMES = { ...LEASE_NAMES, '#state': 'state' } as const;

/** The conditions for taking a lease. */
const NEVER_STORED = 'attribute_not_exists(pk)';
const RELEASED = 'attribute_not_exists(#leaseUntil)';
const EXPIRED = '#leaseUntil < :now';
const SAME_OWNER = '#owner = :owner';
const IMPLAUSIBLE = '#leaseUntil = :implausibleUntil';
const IS_FREE = [NEVER_STORED, RELEASED, EXPIRED, SAME_OWNER];

/** The conditions for moving a cursor: the same owner, and this one. */
const SAME_VERSION = '#version = :version';
const IS_STILL_OURS = [SAME_OWNER, SAME_VERSION].join(' AND ');

/** No stream has this name, so no item has this key. */
const PROBE = '#check';

export function createCursorStore(deps: CursorStoreDeps): CursorStore {
  const { client, tableName: TableName, lakeId } = deps;

  return {
    async list(scope) {
      const records: CursorRecord[] = [];
      let after: Item | undefined;
      do {
        const page = await query(scope, after);
        records.push(...(page.Items ?? []).map(toRecord));
        after = page.LastEvaluatedKey;
      } while (after !== undefined);
      return records;
    },

    async read(stream, scope) {
      const item = await getItem(cursorKey(lakeId, stream), scope);
      return item && toRecord(item);
    },

    async acquire(request, scope) {
      const { stream, owner, now, until, implausibleUntil = null } = request;
      const command = {
        TableName,
        Key: cursorKey(lakeId, stream),
        ConditionExpression: [...IS_FREE, ...(implausibleUntil === null ? [] : [IMPLAUSIBLE])].join(' OR '),
        // The state stays unchanged: taking a lease only reads it.
        UpdateExpression: 'SET #owner = :owner, #leaseUntil = :until ADD #version :one',
        ExpressionAttributeNames: LEASE_NAMES,
        ExpressionAttributeValues: {
          ':owner': { S: owner },
          ':now': { N: String(now) },
          ':until': { N: String(until) },
          ':one': { N: '1' },
          ...(implausibleUntil !== null && { ':implausibleUntil': { N: String(implausibleUntil) } }),
        },
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      } as const;
      const answer = await update(command, scope, 'work');
      if (answer.refused) {
        // Not every implementation of DynamoDB returns the item when it refuses a write.
        const item = answer.item ?? (await getItem(cursorKey(lakeId, stream), scope));
        return { acquired: false, heldUntil: item ? leaseUntilOf(stream, item) : null };
      }
      if (!answer.item) throw new HardFailure('state', 'DynamoDB UpdateItem answered without the item it stored');
      return { acquired: true, record: toRecord(answer.item) };
    },

    async save(write, scope) {
      const { stream, owner, version, cursor, leaseUntil } = write;
      const state = toState(stream, cursor);
      if (state.warnBytes !== null) scope.log.warn('checkpoint', { state_bytes: state.warnBytes });
      const keep = leaseUntil !== null;
      const command = {
        TableName,
        Key: cursorKey(lakeId, stream),
        ConditionExpression: IS_STILL_OURS,
        UpdateExpression: `SET #state = :state, #version = :next${keep ? ', #leaseUntil = :until' : ' REMOVE #leaseUntil'}`,
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: {
          ':owner': { S: owner },
          ':version': { N: String(version) },
          ':next': { N: String(version + 1) },
          ':state': { S: state.text },
          ...(keep && { ':until': { N: String(leaseUntil) } }),
        },
      };
      const answer = await update(command, scope, 'limit');
      return answer.refused ? 'refused' : 'saved';
    },

    async writeParts({ stream, id }, parts, scope) {
      // Overwriting is harmless: the id names one checkpoint, so only a retry writes it again, with the same parts.
      const command = {
        TableName,
        Key: partListKey(lakeId, stream, id),
        UpdateExpression: 'SET #parts = :parts',
        ExpressionAttributeNames: { '#parts': 'parts' },
        ExpressionAttributeValues: { ':parts': toPartList(parts) },
      };
      await update(command, scope, 'limit');
    },

    async readParts({ stream, id }, scope) {
      return fromPartList(stream, id, await getItem(partListKey(lakeId, stream, id), scope));
    },

    async check(scope) {
      await query(scope, undefined, 1);
      await getItem(cursorKey(lakeId, PROBE), scope);
      // This write is always refused. DynamoDB checks permission and table before the condition.
      const command = { TableName, Key: cursorKey(lakeId, PROBE), ConditionExpression: 'attribute_exists(pk)' };
      await update(command, scope, 'work');
      return `the table ${TableName} can be read and written`;
    },
  } satisfies CursorStore;

  function query(scope: Scope, after: Item | undefined, limit?: number) {
    const input: QueryCommandInput = {
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: cursorPartition(lakeId) } },
      ConsistentRead: true,
      ...(after !== undefined && { ExclusiveStartKey: after }),
      ...(limit !== undefined && { Limit: limit }),
    };
    return call('Query', scope, 'work', (abortSignal) => client.send(new QueryCommand(input), { abortSignal }));
  }

  /** May run until the invocation's limit: it verifies a checkpoint whose answer was lost. */
  async function getItem(key: Item, scope: Scope): Promise<Item | undefined> {
    const input = { TableName, Key: { ...key }, ConsistentRead: true };
    const answer = await call('GetItem', scope, 'limit', (abortSignal) =>
      client.send(new GetItemCommand(input), { abortSignal }),
    );
    return answer.Item;
  }

  /** A refused condition is an answer, not an error: a retry would not change it. */
  function update(input: UpdateItemCommandInput, scope: Scope, until: AwsCall['until']): Promise<UpdateAnswer> {
    return call('UpdateItem', scope, until, async (abortSignal) => {
      try {
        const { Attributes: item } = await client.send(new UpdateItemCommand(input), { abortSignal });
        return { refused: false, item };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { refused: true, item: error.Item };
      }
    });
  }

  function call<T>(
    operation: string,
    scope: Scope,
    until: AwsCall['until'],
    send: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { attemptTimeoutMs = 5000 } = deps;
    const what = { service: 'dynamodb', operation: `DynamoDB ${operation}`, attemptTimeoutMs, until } as const;
    return callAws(deps, what, scope, send);
  }
}

/** By name: the class would differ if the SDK were loaded twice. */
function isRefusal(error: unknown): error is ConditionalCheckFailedException {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}
