import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runHistory } from './history.ts';
import { shrinkHistory } from './shrink.ts';

const HISTORIES = 400;
const CHUNKS = 8;

describe('histories of crashes, overlaps and faults', () => {
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    const first = 1 + (chunk * HISTORIES) / CHUNKS;
    const last = first + HISTORIES / CHUNKS - 1;
    it(`loses nothing and brings nothing back in histories ${first} to ${last}`, async () => {
      const faults = new Map<string, number>();
      for (let seed = first; seed <= last; seed++) {
        try {
          const world = await runHistory(seed);
          for (const [kind, count] of world.faults) faults.set(kind, (faults.get(kind) ?? 0) + count);
        } catch (error) {
          const { message, replay } = await shrinkHistory(seed, error);
          assert.fail(`${message}\nsee it again with: ${replay}`);
        }
      }
      // A suite in which nothing goes wrong proves nothing.
      for (const kind of ['crash', 'lose-answer save', 'fail-before part', 'ditio reset', 'ditio 429']) {
        assert.ok((faults.get(kind) ?? 0) > 0, `no history had the fault "${kind}"`);
      }
    });
  }
});
