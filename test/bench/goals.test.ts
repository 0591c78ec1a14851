import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { judge } from '../../bench/goals.ts';
import type { Measured, Results } from '../../bench/results.ts';

const HEAD = { latencyMs: 0, pageSize: 5000, streams: 1, concurrency: 1 } as const;

/** A contender that read a million records in each round, in so many seconds. */
function measured(
  contender: Measured['contender'],
  walls: readonly number[],
  cpuSeconds: number,
  cell = HEAD as object,
) {
  return {
    ...HEAD,
    ...cell,
    contender,
    figures: walls.map((wallSeconds) => ({
      records: 1e6,
      wallSeconds,
      cpuSeconds,
      startCpuSeconds: 0.2,
      peakRssBytes: 120e6,
    })),
  } satisfies Measured;
}

function verdictsOf(throughput: readonly Measured[]) {
  const machine = { cores: 2 } as Results['machine'];
  const results = { machine, throughput, growth: null, tick: null, start: null } as unknown as Results;
  const verdicts = judge(results);
  return (goal: RegExp) => verdicts.find((verdict) => goal.test(verdict.goal));
}

describe('a goal', () => {
  it('is judged by what two did in the same round, not by how fast the machine was in it', () => {
    const verdict = verdictsOf([measured('ours', [10, 40, 10], 50), measured('limit', [9, 36, 9], 40)]);
    assert.deepEqual(verdict(/of \*limit\*/), {
      goal: 'at least 80 % of *limit* in MB/s, no latency',
      measured: '90 %',
      met: true,
    });
  });

  it('that was missed says what stands in the way', () => {
    const verdict = verdictsOf([measured('ours', [10], 50), measured('limit', [9], 40), measured('dlt', [200], 500)]);
    const { measured: times, met, why } = verdict(/dlt/) ?? {};
    assert.deepEqual([times, met], ['10.0 ×', false]);
    assert.match(why ?? '', /\*limit\*, which looks at no record, is at 12\.5 ×/);
  });

  it('of streams side by side is missed where one page size misses it, with the cores that were busy', () => {
    const four = { latencyMs: 100, streams: 4 };
    const verdict = verdictsOf([
      measured('ours', [10], 18, { ...four, pageSize: 1000, concurrency: 4 }),
      measured('ours', [36], 18, { ...four, pageSize: 1000, concurrency: 1 }),
      measured('ours', [10], 19, { ...four, pageSize: 5000, concurrency: 4 }),
      measured('ours', [20], 19, { ...four, pageSize: 5000, concurrency: 1 }),
      measured('limit', [8], 15, { ...four, pageSize: 5000, concurrency: 4 }),
      measured('limit', [20], 15, { ...four, pageSize: 5000, concurrency: 1 }),
    ]);
    const { measured: times, met, why } = verdict(/four streams/) ?? {};
    assert.deepEqual([times, met], ['3.6 × (pages of 1000), 2.0 × (pages of 5000)', false]);
    assert.match(why ?? '', /^in pages of 5000 \*limit\* comes to 2\.5 ×, and .*1\.9 of the 2 cores busy$/);
  });

  it('of memory is judged by the worst that was seen', () => {
    const worse = measured('ours', [10], 50, { pageSize: 10_000 });
    (worse.figures[0] as { peakRssBytes: number }).peakRssBytes = 131e6;
    const verdict = verdictsOf([measured('ours', [10], 50), worse]);
    assert.deepEqual([verdict(/peak RSS/)?.measured, verdict(/peak RSS/)?.met], ['120 to 131 MB', false]);
  });
});
