/**
 * Each variable reaches what it is for. A first run with one environment and a second one with another go over the same
 * state table, as after a deployment that changes a parameter.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type EmbeddedDynamo, startDynamo } from '../../local/dynamo.ts';
import { type RequestLogEntry, type Simulator, startSimulator } from '../../simulator/index.ts';
import { companyId } from '../../simulator/naming.ts';
import { compose, systemClock } from '../../src/compose.ts';
import { addMs, HOUR_MS, MINUTE_MS } from '../../src/core/time/instant.ts';
import type { Metrics } from '../../src/ports.ts';
import type { RunReport } from '../../src/sync/report.ts';
import { variablesOf } from '../fakes/simulator-variables.ts';

const DAY_HOURS = 24;
/** One of the simulator's. */
const COMPANY = companyId(0);
/** The stream that most of the settings are seen at, and one that is read whole each time. */
const [STREAM, SNAPSHOT] = ['project', 'flow-locations'];

type Environment = Readonly<Record<string, string>>;

interface Run {
  readonly report: RunReport;
  /** Of the stream, as is the watermark. */
  readonly mode: string | null | undefined;
  readonly watermark: string | null | undefined;
  /** Requests for pages of each of the two streams. */
  readonly pages: readonly RequestLogEntry[];
  readonly snapshotPages: readonly RequestLogEntry[];
  readonly metrics: { readonly run: Readonly<Record<string, unknown>>; readonly ofStreams: number };
  readonly warnings: readonly string[];
  /** Starts and ends of streams, in their order. */
  readonly turns: readonly string[];
}

describe('a second run with another environment', () => {
  let simulator: Simulator;
  let dynamo: EmbeddedDynamo;
  let shiftMs = 0;
  let root: string;

  before(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
    root = mkdtempSync(join(tmpdir(), 'settings-'));
    simulator = await startSimulator({ records: 2_000, now: () => Date.now() + shiftMs });
  });
  after(async () => {
    await simulator.close();
    rmSync(root, { recursive: true, force: true });
  });

  async function run(lake: string, differs: Environment, streams?: readonly string[]): Promise<Run> {
    const { requests } = simulator;
    const warnings: string[] = [];
    const turns: string[] = [];
    let ofStreams = 0;
    let ofRun: Readonly<Record<string, unknown>> = {};
    const metrics: Metrics = {
      record: () => {
        ofStreams += 1;
      },
      recordRun: (values) => {
        ofRun = values;
      },
    };
    const env = {
      ...variablesOf(simulator),
      STATE_TABLE: 'state',
      LAKE_URL: pathToFileURL(join(root, lake)).href,
      STREAMS: `${STREAM},${SNAPSHOT}`,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
      AWS_REGION: 'eu-north-1',
      ...differs,
    };
    const extractor = compose(env, {
      writer: {
        write(level, event) {
          if (level === 'warn') warnings.push(event);
          if (/^stream_(started|finished)$/.test(event)) turns.push(event);
        },
      },
      metrics,
      clock: { ...systemClock, now: () => addMs(systemClock.now(), shiftMs) },
    });
    const earlier = requests.length;
    const report = (await extractor.handle({ action: 'sync', streams }, undefined)) as RunReport;
    const turn = report.streams.find(({ stream }) => stream === STREAM);
    const sent = (stream: string | undefined) => requests.slice(earlier).filter((request) => request.stream === stream);
    return {
      report,
      mode: turn?.mode,
      watermark: turn?.watermark,
      pages: sent(STREAM),
      snapshotPages: sent(SNAPSHOT),
      metrics: { run: ofRun, ofStreams },
      warnings,
      turns,
    };
  }

  /** A first run with the defaults, and the run that is looked at, some hours later. */
  async function second(
    lake: string,
    differs: Environment,
    hours = 1,
    streams?: readonly string[],
  ): Promise<Run & { readonly before: string | null | undefined }> {
    shiftMs = 0;
    dynamo = await startDynamo(undefined, 'state');
    try {
      const first = await run(lake, {});
      assert.deepEqual([first.report.outcome, first.mode], ['complete', 'full']);
      assert.ok(
        first.report.streams.every(({ records }) => records > 0),
        'nothing was there to read',
      );
      shiftMs = hours * HOUR_MS;
      return { before: first.watermark, ...(await run(lake, differs, streams)) };
    } finally {
      await dynamo.close();
    }
  }

  it('is incremental with the same one', async () => {
    const { report, mode, pages, snapshotPages, metrics, warnings } = await second('same', {});
    assert.deepEqual([report.outcome, mode, snapshotPages.length, warnings], ['complete', 'incremental', 0, []]);
    assert.deepEqual([metrics.ofStreams, metrics.run.StaleStreams], [0, 0]);
    assert.equal(pages.length, 1);
  });

  for (const [name, differs] of [
    ['lake', { LAKE_URL: 'another' }],
    ['company', { COMPANY_ID: COMPANY }],
    ['environment', { DITIO_ENVIRONMENT: 'production' }],
    ['begin of history', { HISTORY_START: '2020-01-01' }],
  ] as const) {
    it(`is full with another ${name}`, async () => {
      const { LAKE_URL, ...others } = { LAKE_URL: undefined, ...differs };
      const elsewhere = LAKE_URL && { LAKE_URL: pathToFileURL(join(root, LAKE_URL)).href };
      const { report, mode, pages } = await second(`with another ${name}`, { ...others, ...elsewhere });
      assert.deepEqual([report.outcome, mode], ['complete', 'full']);
      if ('COMPANY_ID' in others) assert.equal(pages[0]?.query.CompanyId, COMPANY);
    });
  }

  it('asks for pages of the size that it is given', async () => {
    const { pages } = await second('pages', { PAGE_SIZE: '7' });
    assert.equal(pages[0]?.query.ChunkLimit, '7');
  });

  it('reads history from the day that it is given, where a request names days', async () => {
    await second('history', { STREAMS: 'item-registrations', HISTORY_START: '2020-02-03' });
    const [request] = simulator.requests.filter(({ stream }) => stream === 'item-registrations');
    assert.equal(request?.query.FromDate, '2020-02-03');
  });

  it('reads as many streams at once as it may', async () => {
    const [start, end] = ['stream_started', 'stream_finished'];
    for (const [most, turns] of [
      ['1', [start, end, start, end]],
      ['2', [start, start, end, end]],
    ] as const) {
      const differs = { MAX_CONCURRENT_STREAMS: most, SNAPSHOT_INTERVAL_HOURS: '0' };
      assert.deepEqual((await second(`at once ${most}`, differs)).turns, turns);
    }
  });

  it('looks back as far as it is told to', async () => {
    for (const minutes of [10, 70]) {
      const { before: watermark, pages } = await second(`back ${minutes}`, { LOOKBACK_MINUTES: String(minutes) });
      const since = Date.parse(String(pages[0]?.query.ModifiedSince));
      assert.equal(Date.parse(String(watermark)) - since, minutes * MINUTE_MS);
    }
  });

  it('is full when its watermark is older than it may be', async () => {
    const hours = 3 * DAY_HOURS;
    const young = await second('young', { MAX_WATERMARK_AGE_DAYS: '4' }, hours);
    assert.deepEqual([young.mode, young.warnings], ['incremental', []]);
    const old = await second('old', { MAX_WATERMARK_AGE_DAYS: '2' }, hours);
    assert.equal(old.mode, 'full');
  });

  it('is full as often as it is to be', async () => {
    const { mode, warnings } = await second('often', { FULL_SYNC_EVERY_DAYS: '2' }, 3 * DAY_HOURS);
    assert.deepEqual([mode, warnings], ['full', []]);
  });

  it('reads snapshots as often as it is to', async () => {
    const { snapshotPages } = await second('snapshots', { SNAPSHOT_INTERVAL_HOURS: '1' }, 2);
    assert.equal(snapshotPages.length, 1);
  });

  it('counts a stream as stale from the age that it is given', async () => {
    for (const [hours, stale] of [
      ['1', 1],
      ['3', 0],
    ] as const) {
      const { metrics } = await second(`stale ${hours}`, { STALE_AFTER_HOURS: hours }, 2, [SNAPSHOT]);
      assert.equal(metrics.run.StaleStreams, stale, hours);
    }
  });

  it('writes metrics of the streams that are due where they are wanted', async () => {
    const { metrics } = await second('metrics', { METRICS_BY_STREAM: 'on' });
    assert.equal(metrics.ofStreams, 1);
  });

  it('compresses as it is told to', async () => {
    await second('zstd', { LAKE_COMPRESSION: 'zstd', SNAPSHOT_INTERVAL_HOURS: '0' });
    const parts = readdirSync(join(root, 'zstd'), { recursive: true, encoding: 'utf8' });
    for (const ending of ['.gz', '.zst'])
      assert.ok(
        parts.some((name) => name.endsWith(ending)),
        ending,
      );
  });
});
