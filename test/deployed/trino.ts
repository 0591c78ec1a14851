/** Starts a Trino, on which Athena's engine is built, on loopback, with catalogs as Athena has them. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findJava, OLDEST_JAVA_OF_TRINO } from '../../scripts/java.mjs';
import { freePort, toolPath } from './tools.ts';
import { createTrinoClient, TrinoError } from './trino-client.ts';

export interface Trino {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Properties of a catalog's file. */
export type Catalog = Readonly<Record<string, string | number | boolean>>;

/** For many statements over few rows. Took 132 s where the usual options took 164 s, on two cores. */
const FOR_FEW_ROWS = { java: ['-Xmx2500M', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'], queryMemory: '1GB' };
/** A merge of a full sync of 400,000 records needs more than one gigabyte. */
const FOR_MANY_ROWS = { java: ['-Xmx8G'], queryMemory: '5GB' };

/** Longest start: some 20 s on a free machine. */
const MAX_START_MS = 20 * 60_000;

/**
 * The names of Athena: its tables are in `awsdatacatalog`, whose Iceberg tables the catalog `iceberg` reads.
 *
 * @param hasFewRows for tests, not for measuring
 */
export async function startTrino(
  catalogs: Readonly<Record<'awsdatacatalog' | 'iceberg', Catalog>>,
  hasFewRows: boolean,
): Promise<Trino> {
  const { java, queryMemory } = hasFewRows ? FOR_FEW_ROWS : FOR_MANY_ROWS;
  const home = toolPath('trino');
  const folder = mkdtempSync(join(tmpdir(), 'trino-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  mkdirSync(join(folder, 'catalog'));
  for (const [name, catalog] of Object.entries(catalogs))
    writeProperties(join(folder, 'catalog', `${name}.properties`), catalog);
  writeProperties(join(folder, 'config.properties'), {
    coordinator: true,
    'node-scheduler.include-coordinator': true,
    'http-server.http.port': port,
    'discovery.uri': endpoint,
    'node.internal-address': '127.0.0.1',
    'plugin.dir': join(home, 'plugin'),
    'query.max-memory': queryMemory,
    'query.max-memory-per-node': queryMemory,
    // A busy machine must not look like a dead node.
    'query.remote-task.max-error-duration': '15m',
    'query.client.timeout': '30m',
    'failure-detector.enabled': false,
    // Its scheduler looks around a hundred times a second, also when there is nothing to do.
    'experimental.thread-per-driver-scheduler-enabled': false,
  });
  const child = spawn(
    findJava(OLDEST_JAVA_OF_TRINO),
    [
      ...java,
      '--add-modules=jdk.incubator.vector',
      '--enable-native-access=ALL-UNNAMED',
      '-Djdk.attach.allowAttachSelf=true',
      '-Dnode.environment=test',
      '-Dnode.id=one',
      // It listens everywhere otherwise.
      '-Dnode.bind-ip=127.0.0.1',
      `-Dnode.data-dir=${join(folder, 'data')}`,
      `-Dconfig=${join(folder, 'config.properties')}`,
      `-Dcatalog.config-dir=${join(folder, 'catalog')}`,
      '-cp',
      join(home, 'lib', '*'),
      'io.trino.server.TrinoServer',
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => {
      said = (said + bytes).slice(-8000);
    });
  }

  async function stop(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    }
    rmSync(folder, { recursive: true, force: true });
  }

  const deadlineMs = performance.now() + MAX_START_MS;
  // The first answer comes a moment too early.
  for (let ready = 0; ready < 2; ) {
    if (await isReady(endpoint)) ready += 1;
    else if (child.exitCode !== null || performance.now() > deadlineMs) {
      await stop();
      throw new Error(`Trino did not start:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return { endpoint, stop };
}

async function isReady(endpoint: string): Promise<boolean> {
  const client = createTrinoClient({ endpoint, catalog: 'system', schema: 'runtime' });
  try {
    const { rows } = await client.query(`SELECT count(*) FROM nodes WHERE state = 'active'`);
    return rows[0]?.[0] === 1;
  } catch (error) {
    if (error instanceof TrinoError || error instanceof TypeError) return false;
    if (error instanceof Error && /Trino answered 5\d\d/.test(error.message)) return false;
    throw error;
  }
}

function writeProperties(path: string, properties: Catalog): void {
  writeFileSync(
    path,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
}
