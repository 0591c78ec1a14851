/** Ctrl-C between and within invocations: nothing new begins after it, and what is under way ends as at its deadline. */

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { folderOf } from '../../local/folder.ts';
import { createInvoker } from '../../local/invoke.ts';
import { runEvent, runJob } from '../../local/job.ts';
import { parseOptions } from '../../local/options.ts';
import { createStop } from '../../local/stop.ts';
import { createTerminal } from '../../local/terminal.ts';
import type { Extractor, HandlerResult } from '../../src/extractor.ts';
import type { StreamReport } from '../../src/sync/report.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';
import { temporaryFolder } from './command.ts';

const RESERVE_MS = 15_000;
const INVOCATION_MS = 900_000;
const STATUS = { action: 'status', version: '0.0.0', streams: [] } satisfies HandlerResult;
const STREAM: StreamReport = {
  ...{ stream: 'user', outcome: 'deadline', mode: 'full', syncId: null, watermark: null },
  ...{ pages: 1, records: 5, deleted: 0, parts: 1, bytes: 100, requests: 1, retries: 0 },
};
const SYNC = { runId: 'r', action: 'sync', outcome: 'deadline', streams: [STREAM] } as const;

/**
 * A stop and a run around a handler of which only the events are of interest.
 *
 * @param stopAt event at whose end Ctrl-C comes; `start` for before the first one
 */
function world(t: TestContext, line: string, stopAt: string) {
  const out = new PassThrough();
  const shown = () => String(out.read() ?? '');
  const terminal = createTerminal(out, {});
  const screen = { prose: terminal, results: terminal };
  const stop = createStop(createVirtualClock(), screen);
  t.after(() => stop.stopListening());
  const events: string[] = [];
  const extractor: Extractor = {
    async handle(event) {
      const action = String((event as { action: unknown }).action);
      events.push(action);
      const begunMs = stop.clock.monotonicMs();
      if (action === stopAt) process.emit('SIGINT');
      return action === 'status' ? STATUS : { ...SYNC, durationMs: stop.clock.monotonicMs() - begunMs };
    },
  };
  const progress = { write: () => {}, done: () => {}, summary: () => null };
  const options = parseOptions(line === '' ? [] : line.split(' '), {});
  assert.ok(options);
  const folder = folderOf(temporaryFolder(t), 'live-test');
  const invoker = createInvoker(extractor, progress, stop, RESERVE_MS);
  const work = { options, screen, invoker, source: null, folder, stop, streams: [], environment: 'test' };
  if (stopAt === 'start') process.emit('SIGINT');
  return { work, stop, events, shown };
}

describe('Ctrl-C', () => {
  for (const [stopAt, events] of [
    ['start', []],
    ['status', ['status']],
    ['sync', ['status', 'sync']],
  ] as const) {
    it(`at ${stopAt} begins nothing new`, async (t) => {
      const given = world(t, '--live', stopAt);
      assert.equal(await runJob(given.work), 130);
      assert.deepEqual(given.events, events);
      assert.match(given.shown(), /Stopping: [\s\S]*Stopped\./);
    });
  }

  it('says that records are kept only where some were read', async (t) => {
    const nothing = world(t, '--live', 'status');
    await runJob(nothing.work);
    nothing.stop.stopListening();
    assert.match(nothing.shown(), /Stopped\. This command goes on from here:/);
    const some = world(t, '--live', 'sync');
    await runJob(some.work);
    assert.match(some.shown(), /Stopped\. The records that were read are kept\. This command goes on from here:/);
  });

  it('before the event of a command sends no event', async (t) => {
    const { work, events } = world(t, 'sync', 'start');
    assert.equal(await runEvent(work, { action: 'sync' }), 130);
    assert.deepEqual(events, []);
  });

  it('leaves the time of the jump out of the result', async (t) => {
    const { work, shown } = world(t, 'sync --json', 'sync');
    await runEvent(work, { action: 'sync' });
    assert.match(shown(), /^ {2}"durationMs": 0$/m);
  });

  it('before an end of work is known counts as soon as it is', (t) => {
    const { stop } = world(t, '', 'start');
    stop.setEndOfWork(INVOCATION_MS);
    assert.ok(stop.clock.monotonicMs() >= INVOCATION_MS);
  });

  it('after the state was read leaves the time of that invocation alone', async (t) => {
    const { work, stop } = world(t, '--live', 'status');
    await runJob(work);
    assert.equal(stop.clock.monotonicMs(), 0);
  });
});
