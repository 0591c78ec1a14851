/** Files of the repository, as text, for the suites that check rules about them. */

import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The text of a file by its path from the root. */
export function textOf(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8');
}

export function exists(path: string): boolean {
  return existsSync(`${ROOT}${path}`);
}

/** Paths from the root that match, with `/`, sorted. */
export function find(...patterns: readonly string[]): string[] {
  const found = globSync([...patterns], { cwd: ROOT, exclude: (path) => /(^|[/\\])node_modules$/.test(path) });
  return found.map((path) => path.replaceAll('\\', '/')).sort();
}

/** Every TypeScript file that is deployed. */
export const SOURCES: readonly string[] = find('src/**/*.ts');

/** Every file under version control or about to be: what a commit of everything would hold. */
export function trackedFiles(): string[] {
  const options = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', options, { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\0').filter((path) => path !== '' && exists(path));
}
