/**
 * The folder of local runs: one lake and one state, of one source at a time.
 *
 * Data of the simulator and of a real environment never meet in one lake: what belongs to another source is set aside
 * under its name, and brought back when that source is read again.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface LocalFolder {
  readonly lake: string;
  readonly state: string;
  /** File in which the simulator's world is remembered. */
  readonly world: string;
  /** Whether an earlier call has left anything of this source. */
  readonly continues: boolean;
  /** Name of the source whose data was set aside, if any was. */
  readonly setAside: string | null;
}

const CONTENTS = ['lake', 'state', 'simulator.json'];

/** @param source names the source, for example `simulator-1-20000` or `live-test` */
export function openFolder(path: string, source: string, fresh: boolean): LocalFolder {
  const root = resolve(path);
  const marker = join(root, 'source.json');
  mkdirSync(root, { recursive: true });
  const present = existsSync(marker) ? String(JSON.parse(readFileSync(marker, 'utf8')).source) : null;
  let setAside: string | null = null;
  if (present !== null && present !== source) {
    move(root, join(root, 'aside', present));
    setAside = present;
  }
  if (present !== source && existsSync(join(root, 'aside', source))) move(join(root, 'aside', source), root);
  if (fresh) for (const name of CONTENTS) rmSync(join(root, name), { recursive: true, force: true });
  const continues = existsSync(join(root, 'state'));
  mkdirSync(join(root, 'lake'), { recursive: true });
  writeFileSync(marker, `${JSON.stringify({ source })}\n`);
  return {
    lake: join(root, 'lake'),
    state: join(root, 'state'),
    world: join(root, 'simulator.json'),
    continues,
    setAside,
  };
}

function move(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of CONTENTS) {
    if (existsSync(join(from, name))) renameSync(join(from, name), join(to, name));
  }
}
