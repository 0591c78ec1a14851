/**
 * Real processes, killed with `kill -9` after a random number of requests, again and again, against the simulator over
 * loopback, with an embedded DynamoDB and a lake in a folder. In the end the lake equals the source.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startDynamo } from '../../local/dynamo.ts';
import { startSimulator } from '../../simulator/index.ts';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { readPart } from '../fakes/read-part.ts';
import { variablesOf } from '../fakes/simulator-variables.ts';
import { createDice } from '../simulation/random.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
const STREAMS = ['project', 'time-registrations', 'machine-registrations', 'flow-trip-registrations'];
const KILLS = 12;
/** Most requests before a kill: some of the first sync of the four streams, which has about a hundred; those of a later one. */
const REQUESTS = { first: 40, later: 4 };
const MAX_MOMENT_MS = 25;
/** Between two processes: longer than any lease. */
const GAP_MS = 10 * 60_000;

interface Line {
  readonly id: string;
  readonly isDeleted: boolean;
  readonly _sync_id: string;
  readonly _extracted_at: string;
}

describe('a process killed with kill -9 at random requests', () => {
  it('loses nothing and brings nothing back', async (t) => {
    const seed = Number(process.env.SEED ?? 20261122);
    t.diagnostic(`seed ${seed}`);
    const dice = createDice(seed);
    const folder = mkdtempSync(join(tmpdir(), 'killed-'));
    let shiftMs = 0;
    const simulator = await startSimulator({ records: 3000, seed, latencyMs: 3, now: () => Date.now() + shiftMs });
    const dynamo = await startDynamo(undefined, 'state');
    try {
      let killed = 0;
      for (let round = 0; round < KILLS; round++) {
        const { code } = await runChild(1 + dice.below(dice.below(2) === 0 ? REQUESTS.first : REQUESTS.later));
        killed += code === null ? 1 : 0;
        simulator.change({ created: 5, changed: 10, deleted: 3, streams: STREAMS });
        shiftMs += GAP_MS;
      }
      assert.ok(killed >= KILLS / 3, `only ${killed} of ${KILLS} processes were killed before they were done`);
      assert.equal((await runChild(null)).code, 0);
      for (const stream of STREAMS) {
        assert.deepEqual(
          present(stream),
          [...simulator.liveIds(stream)].map(String).sort(),
          `${stream} differs from the source`,
        );
      }
    } finally {
      await simulator.close();
      await dynamo.close();
      rmSync(folder, { recursive: true, force: true });
    }

    /** Runs a process; kills it soon after it has sent so many requests, or lets it end. */
    async function runChild(requests: number | null): Promise<{ code: number | null }> {
      const before = simulator.requests.length;
      const child = spawn(process.execPath, [CHILD], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env.PATH,
          NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
          SHIFT_MS: String(shiftMs),
          ...variablesOf(simulator),
          STATE_TABLE: 'state',
          LAKE_URL: pathToFileURL(folder).href,
          STREAMS: STREAMS.join(','),
          PAGE_SIZE: '50',
          AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
          AWS_REGION: 'eu-north-1',
          AWS_ACCESS_KEY_ID: 'local',
          AWS_SECRET_ACCESS_KEY: 'local',
        },
      });
      let errors = '';
      child.stderr.on('data', (bytes) => {
        errors += bytes;
      });
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        errors += text
          .split('\n')
          .filter((line) => line.includes('"hard_failure"'))
          .join('\n');
      });
      const exited = once(child, 'exit');
      // Requests rather than time: on a fast machine a process is done in the time that a slow one takes to load.
      const killer = setInterval(() => {
        if (requests === null || simulator.requests.length - before < requests) return;
        clearInterval(killer);
        // A moment later, so that some die while they write.
        setTimeout(() => child.kill('SIGKILL'), dice.below(MAX_MOMENT_MS));
      }, 1);
      const [code, signal] = await exited;
      clearInterval(killer);
      assert.ok(signal === 'SIGKILL' || code === 0, `the process ended with ${code}: ${errors}`);
      return { code };
    }

    function present(stream: string): string[] {
      const table = CATALOGUE.find(({ name }) => name === stream)?.table ?? '';
      const manifests = join(folder, 'manifests', table);
      const newestFull = readdirSync(manifests, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.json'))
        .map((name) => JSON.parse(readFileSync(join(manifests, name), 'utf8')))
        .filter(({ mode }) => mode === 'full')
        .map(({ syncId }) => syncId)
        .sort()
        .at(-1);
      const newest = new Map<string, Line>();
      for (const name of readdirSync(join(folder, table), { recursive: true, encoding: 'utf8' })) {
        if (!/\.ndjson\.(gz|zst)$/.test(name)) continue;
        for (const text of readPart(readFileSync(join(folder, table, name)))
          .toString('utf8')
          .split('\n')) {
          if (text === '') continue;
          const line = JSON.parse(text) as Line;
          if (line._sync_id < newestFull) continue;
          const other = newest.get(line.id);
          if (!other || line._extracted_at > other._extracted_at) newest.set(line.id, line);
        }
      }
      return [...newest.values()]
        .filter(({ isDeleted }) => !isDeleted)
        .map(({ id }) => String(id))
        .sort();
    }
  });
});
