/** Files of the repository, as text, for the suites that check rules about them. */

import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
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
  // An unpacked archive has no .git, and may lie inside another repository, which git would then list.
  return exists('.git') ? gitFiles() : walkedFiles();
}

function gitFiles(): string[] {
  const options = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', options, { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\0').filter((path) => path !== '' && exists(path));
}

/** The same without git: every file that `.gitignore` does not name. Its lines are names of folders and `*.ending`. */
export function walkedFiles(): string[] {
  const lines = textOf('.gitignore').split('\n').filter(Boolean);
  const folders = ['.git', ...lines.filter((line) => line.endsWith('/')).map((line) => line.slice(0, -1))];
  const endings = lines.filter((line) => line.startsWith('*')).map((line) => line.slice(1));
  const walk = (folder: string): string[] =>
    readdirSync(`${ROOT}${folder}`, { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}${entry.name}`;
      if (folders.includes(entry.name) || endings.some((ending) => path.endsWith(ending))) return [];
      return entry.isDirectory() ? walk(`${path}/`) : [path];
    });
  return walk('').sort();
}
