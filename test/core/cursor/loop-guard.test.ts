import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LoopGuard, newLoopGuard, seeToken } from '../../../src/core/cursor/loop-guard.ts';

/** How many tokens the guard sees until it finds the loop, or null when it finds none in so many. */
function foundAfter(
  tokenAt: (index: number) => string,
  most: number,
  start: LoopGuard = newLoopGuard(),
): number | null {
  let guard = start;
  for (let index = 0; index < most; index++) {
    const next = seeToken(guard, tokenAt(index));
    if (next === 'loop') return index + 1;
    guard = next;
  }
  return null;
}

describe('the loop guard', () => {
  it('keeps what a newer version stored in it', () => {
    const stored = { ...newLoopGuard(), later: 1 };
    const next = seeToken(stored, 'a');
    assert.deepEqual(next, { mark: 'a', steps: 0, limit: 1, later: 1 });
  });

  it('finds every cycle of n tokens within 3n pages, for n from 1 to 600', () => {
    for (let length = 1; length <= 600; length++) {
      const found = foundAfter((index) => `t${index % length}`, 3 * length + 1);
      assert.ok(found !== null, `a cycle of ${length} was not found within ${3 * length + 1} pages`);
      assert.ok(found > length, `a cycle of ${length} cannot be told before its first token comes again, at ${found}`);
    }
  });

  it('finds a cycle that begins after a straight run of tokens', () => {
    for (const tail of [1, 2, 3, 7, 8, 9, 100, 1000]) {
      for (const length of [1, 2, 3, 5, 8, 64, 100]) {
        const tokenAt = (index: number) => (index < tail ? `tail${index}` : `t${(index - tail) % length}`);
        // The mark must first stand inside the cycle and then wait for it to come round: at most twice the larger, and once more.
        const most = 2 * Math.max(tail + 1, length) + 2 * length;
        assert.notEqual(foundAfter(tokenAt, most), null, `tail ${tail}, cycle ${length}, within ${most}`);
      }
    }
  });

  it('never cries wolf on 100,000 distinct tokens', () => {
    assert.equal(
      foundAfter((index) => `t${index}`, 100_000),
      null,
    );
  });

  it('finds the loop immediately when the same token comes twice in a row', () => {
    assert.equal(
      foundAfter(() => 'same', 5),
      2,
    );
  });

  it('goes on where a stored guard stopped: a cycle is found across runs', () => {
    const length = 50;
    let guard = newLoopGuard();
    let pages = 0;
    for (; pages < 3 * length + 1; pages++) {
      // Stored and read back between any two pages, as a cursor would be.
      const next = seeToken(JSON.parse(JSON.stringify(guard)) as LoopGuard, `t${pages % length}`);
      if (next === 'loop') break;
      guard = next;
    }
    assert.ok(pages < 3 * length, `found at page ${pages}`);
  });

  it('leaves the guard it was given as it was', () => {
    const guard = Object.freeze(newLoopGuard());
    assert.deepEqual(seeToken(guard, 'a'), { mark: 'a', steps: 0, limit: 1 });
    assert.deepEqual(guard, { mark: null, steps: 0, limit: 1 });
  });
});
