/**
 * Installs the contenders in Python from pinned versions into a folder that git ignores.
 *
 * The report names a contender that could not be installed.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, fileHere } from './contender.ts';

export type Installed =
  | { readonly ok: true; readonly contender: Contender; readonly version: string }
  | { readonly ok: false; readonly title: string; readonly why: string };

const PACKAGES = {
  dlt: { title: 'dlt rest_api', distribution: 'dlt' },
  airbyte: { title: 'Airbyte declarative CDK', distribution: 'airbyte-cdk' },
} as const;

/** Makes the environment when it is missing or has other versions. */
export function installPython(name: keyof typeof PACKAGES, folder: string): Installed {
  const { title, distribution } = PACKAGES[name];
  const requirements = fileHere(`./requirements/${name}.txt`);
  const environment = join(folder, name);
  const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const marker = join(environment, 'requirements.txt');
  const pinned = readFileSync(requirements, 'utf8');
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== pinned) {
    const made =
      run('python3', ['-m', 'venv', environment]) ??
      run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
    if (made !== null) return { ok: false, title, why: made };
    writeFileSync(marker, pinned);
  }
  const version = new RegExp(`^${distribution}==(.+)$`, 'm').exec(pinned)?.[1] ?? '';
  const contender: Contender = {
    name,
    title: `${title} ${version}`,
    file: python,
    args: [fileHere(`./contenders/${name}/run.py`)],
  };
  return { ok: true, contender, version };
}

/** Version of the interpreter, or null without one. */
export function pythonVersion(): string | null {
  const { stdout, status } = spawnSync('python3', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/** The error message, or null. */
function run(file: string, args: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (error) return `${args.slice(0, 3).join(' ')} could not be run: ${error.message}`;
  if (status === 0) return null;
  return `${args.slice(0, 3).join(' ')} ended with ${status}: ${stderr.trim().split('\n').at(-1)}`;
}
