/**
 * Runs a program on the Node of the Lambda runtime, independent of the Node that starts this file:
 * `node scripts/run.mjs [Node's options] program [arguments]`, or `npm run node -- …`.
 *
 * `.nvmrc` holds its major version. `npm ci` installs it from a package for each kind of machine. This file searches those
 * packages, because npm 10 does not link `node_modules/.bin/node` when several of them share that name. Without a
 * package, the running Node is used if its major version is the right one.
 *
 * The syntax here must stay old: this is the only file that an older Node reads.
 */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAJOR = readFileSync(join(ROOT, '.nvmrc'), 'utf8').trim();

/** A terminal sends these to every process in its foreground, so the program gets them without this file. */
const SENT_BY_TERMINAL = ['SIGINT', 'SIGQUIT', 'SIGHUP'];

if (!existsSync(join(ROOT, 'node_modules'))) {
  giveUp('The packages are not installed: run "npm ci" first.');
}

const packaged = findPackaged();
if (packaged) start(packaged, useRunning);
else useRunning();

/** The Node of the right major version from a package for this machine. */
function findPackaged() {
  const { optionalDependencies = {} } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const name of Object.keys(optionalDependencies)) {
    const folder = join(ROOT, 'node_modules', name);
    if (!existsSync(join(folder, 'package.json'))) continue;
    const { bin, version, os, cpu } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    // node_modules may have been copied from another machine, or be older than package.json.
    const isForHere = [].concat(os).includes(process.platform) && [].concat(cpu).includes(process.arch);
    if (!isForHere || majorOf(version) !== MAJOR || !bin || !bin.node) continue;
    const path = join(folder, bin.node);
    if (existsSync(path)) return path;
  }
  return undefined;
}

/** Uses the Node that runs this file; `failure` says why the packaged one could not be started. */
function useRunning(failure) {
  if (majorOf(process.versions.node) === MAJOR) {
    start(process.execPath, (error) => giveUp(`${process.execPath} could not be started: ${error.message}.`));
    return;
  }
  const missing = failure
    ? `the one in ${packaged} cannot run here (${failure.code}; it needs glibc, which Alpine does not have)`
    : `no package in node_modules brings it for ${process.platform} ${process.arch}`;
  giveUp(
    `Node ${MAJOR} is needed, but this is Node ${process.versions.node} and ${missing}: ` +
      `${failure ? '' : 'run "npm ci" without --omit=optional, or '}install Node ${MAJOR}.`,
  );
}

/** Starts the program on this Node, passes signals to it, and ends with its exit code or signal. */
function start(node, onFailure) {
  // Where the program starts plain `node`, it must be the same Node.
  if (node === packaged) process.env.PATH = `${dirname(node)}${delimiter}${process.env.PATH}`;
  // Node keeps what it has compiled, types stripped: the next start takes about half as long.
  const env = { NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'node'), ...process.env };
  const child = spawn(node, process.argv.slice(2), { stdio: 'inherit', env });
  const stopListening = passSignals(child);
  child.on('error', (error) => {
    stopListening();
    onFailure(error);
  });
  child.on('exit', (code, signal) => {
    stopListening();
    if (signal === null) process.exit(code);
    // Ends by the same signal; the exit code is for a system where that is not possible, as shells count.
    process.exitCode = 128 + (constants.signals[signal] || 0);
    process.kill(process.pid, signal);
  });
}

/**
 * Passes each signal to the program exactly once, and keeps this process alive until the program has ended. At a terminal
 * no SIGINT is passed on: the terminal has already sent Ctrl-C to every process, and npm sends it once more.
 */
function passSignals(child) {
  const isAtTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  const listener = (signal) => {
    if (!(isAtTerminal && SENT_BY_TERMINAL.includes(signal))) child.kill(signal);
  };
  const signals = [...SENT_BY_TERMINAL, 'SIGTERM'];
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

function majorOf(version) {
  return String(version).split('.')[0];
}

function giveUp(sentence) {
  console.error(sentence);
  process.exit(1);
}
