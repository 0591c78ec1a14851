/** Finds a Java that is new enough, among those of `JAVA_HOME`, the path, and where systems put them. */

import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Trino 476 is compiled for it. */
export const OLDEST_JAVA_OF_TRINO = 24;

/** Folders that hold one folder for each Java. */
const FOLDERS = ['/usr/lib/jvm', '/opt/java', '/Library/Java/JavaVirtualMachines'];

/**
 * The program `java` of the first Java found that has at least this major version.
 * Throws an error that says what was found instead.
 */
export function findJava(minMajor, env = process.env) {
  const homes = [...homesOf(env)];
  const found = homes.map((home) => ({ home, major: majorOf(home) }));
  const right = found.find(({ major }) => major >= minMajor);
  if (right) return join(right.home, 'bin', 'java');
  const others = found.map(({ home, major }) => `${major} in ${home}`).join(', ') || 'none';
  throw new Error(
    `a JDK ${minMajor} or newer is needed, found: ${others}. Install one and set JAVA_HOME to its folder`,
  );
}

function* homesOf({ JAVA_HOME, PATH = '' }) {
  const candidates = [JAVA_HOME, ...PATH.split(delimiter).map((folder) => homeOfProgram(join(folder, 'java')))];
  for (const folder of FOLDERS) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) candidates.push(join(folder, name), join(folder, name, 'Contents/Home'));
  }
  for (const home of candidates) if (home && existsSync(join(home, 'release'))) yield home;
}

function homeOfProgram(program) {
  return existsSync(program) ? dirname(dirname(realpathSync(program))) : undefined;
}

/** From the file `release`, which every JDK has: `JAVA_VERSION="25.0.3"`. */
function majorOf(home) {
  const [, major] = /^JAVA_VERSION="(\d+)/m.exec(readFileSync(join(home, 'release'), 'utf8')) ?? [];
  return Number(major ?? 0);
}
