/** Runs the real command as a process, as a person or a script would. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../local/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** Resolves when standard error has shown the text; rejects when the process ends before. */
  shows(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

type Variables = Readonly<Record<string, string>>;

/** Only these variables: what a developer has set, or npm, must not reach the command. Two small streams unless given. */
export function environment(more: Variables = {}): Record<string, string> {
  const { PATH = '', HOME = '', SystemRoot = '', NODE_COMPILE_CACHE = '' } = process.env;
  return { PATH, HOME, SystemRoot, NODE_COMPILE_CACHE, STREAMS: 'project,user', ...more };
}

export function start(args: readonly string[], env: Variables = {}, options: SpawnOptions = {}): Started {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(env),
    ...options,
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Map<string, () => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const [wanted, resolve] of waiting) if (stderr.includes(wanted)) resolve();
  });
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  return {
    child,
    ended,
    shows: (text) =>
      new Promise((resolve, reject) => {
        if (stderr.includes(text)) return resolve();
        waiting.set(text, resolve);
        ended.then(() => reject(new Error(`it ended without "${text}":\n${stderr}`)));
      }),
  };
}

export function local(args: readonly string[], env: Variables = {}, options: SpawnOptions = {}): Promise<Ended> {
  return start(args, env, options).ended;
}

/** A folder that is removed with the test. */
export function temporaryFolder(t: { after(remove: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'local-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Every file below a folder with its size, time of change and bytes. */
export function snapshot(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return new Map(
    files.map((name) => {
      const path = join(folder, name);
      return [name, `${statSync(path).mtimeMs} ${readFileSync(path, 'base64')}`];
    }),
  );
}
