/**
 * A server that does not know a parameter most likely answers as if it had not been sent. Whatever that leads to, no row
 * is ever doubled or missing without a hard failure of its stream.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STREAM_NAMES } from '../../simulator/index.ts';
import { startWholeWorld } from './world.ts';

const EQUAL = { missing: [], extra: [] };

describe('a parameter that the server ignores', () => {
  for (const name of ['FromDate', 'ToDate', 'ModifiedSince', 'ContinuationToken', 'ChunkLimit'] as const) {
    it(`${name} leads to a hard failure, or to nothing wrong`, async () => {
      const world = await startWholeWorld(
        { ignoreParameters: [name], records: 900, seed: 3, historyYears: 1 },
        STREAM_NAMES,
        60,
      );
      try {
        for (let round = 0; round < 2; round += 1) {
          const failed = await world.sync();
          for (const stream of STREAM_NAMES.filter((one) => !failed.has(one))) {
            assert.deepEqual(world.difference(stream), EQUAL, `${stream}, round ${round}`);
          }
          if (name === 'FromDate' || name === 'ToDate') {
            assert.deepEqual([...failed.keys()], ['item-registrations'], 'the stream that asks for days fails');
          }
          world.simulator.change({ created: 4, changed: 6, deleted: 2 });
        }
      } finally {
        await world.close();
      }
    });
  }
});
