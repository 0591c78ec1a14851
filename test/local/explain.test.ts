/** Why a run has not read everything: the sentences say what the report says, and no more. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explanations } from '../../local/explain.ts';
import type { RunReport, StreamReport } from '../../src/sync/report.ts';

const NOTHING = { mode: null, syncId: null, watermark: null };
const ZEROS = { pages: 0, records: 0, deleted: 0, parts: 0, bytes: 0, requests: 0, retries: 0 };

const stream = (name: string, outcome: StreamReport['outcome'], more: Partial<StreamReport> = {}): StreamReport => ({
  stream: name,
  outcome,
  ...NOTHING,
  ...ZEROS,
  ...more,
});

function explained(...streams: StreamReport[]): string[] {
  const report: RunReport = { runId: 'r', action: 'sync', outcome: 'deadline', durationMs: 1, streams };
  return explanations(report, 'npm run local');
}

const AGAIN = '\n  npm run local';

describe('a run that has not read everything', () => {
  it('needs no words where it has', () => assert.deepEqual(explained(stream('user', 'complete')), []));

  const TABLE: ReadonlyArray<readonly [what: string, streams: readonly StreamReport[], says: string]> = [
    [
      'a wait that Ditio asked for',
      [stream('user', 'deadline', { reason: '429, Retry-After 3600 s' })],
      `Not yet complete: user (429, Retry-After 3600 s). Ditio asked for a wait that is longer than a run. Later, this command goes on from here:${AGAIN}`,
    ],
    [
      'a full disk, which Ditio has nothing to do with',
      [stream('user', 'deadline', { reason: 'ENOSPC, next attempt after 20 s' })],
      `Not yet complete: user (ENOSPC, next attempt after 20 s). The next attempt would have come after the end of the run. This command goes on from here:${AGAIN}`,
    ],
    [
      'no time left',
      [stream('user', 'deadline', { reason: 'time' })],
      `Not yet complete: user. The run ended before these streams did. This command goes on from here:${AGAIN}`,
    ],
    [
      'a lease',
      [stream('user', 'leased'), stream('project', 'leased')],
      `Not read: user, project. Another process holds their leases, for 15 minutes at most. Then this command reads them:${AGAIN}`,
    ],
    [
      'a failure of one stream',
      [stream('user', 'failed', { records: 5 }), stream('project', 'complete')],
      `1 of 2 streams failed: user. The lines above say why. The records that were read are kept. This command tries again:${AGAIN}`,
    ],
    [
      'a failure before the first record of any stream',
      [stream('user', 'failed'), stream('project', 'failed')],
      `Every stream failed. The lines above say why. This command tries again:${AGAIN}`,
    ],
  ];
  for (const [what, streams, says] of TABLE) {
    it(`says so: ${what}`, () => assert.deepEqual(explained(...streams), [says]));
  }

  it('names every kind of reason', () => {
    const texts = explained(stream('user', 'failed'), stream('project', 'deadline', { reason: 'time' }));
    assert.equal(texts.length, 2);
  });
});
