/** Starts a local run: the real handler, without AWS (contract, section 1). */

import { helpText } from './commands.ts';
import { npmNote, wordsOf } from './hints.ts';
import { parseOptions } from './options.ts';
import { codeOf, diskProblem, EXIT, type ExitCode, Problem, stateProblem } from './problem.ts';
import { SIGNALS, type Stop } from './stop.ts';
import { createTerminal, type Screen, tell } from './terminal.ts';

let stop: Stop | null = null;

const screen: Screen = {
  prose: createTerminal(process.stderr, process.env),
  results: createTerminal(process.stdout, process.env),
};

async function main(): Promise<ExitCode> {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (!options) {
    screen.results.line(helpText(screen.results.columns()));
    return EXIT.done;
  }
  const env = { ...process.env };
  if (options.json || options.csv) {
    const note = npmNote(env, screen.results, `npm run -s local -- ${wordsOf(process.argv.slice(2))}`);
    if (note !== null) tell(screen.prose, note);
  }
  useLocalCredentials(process.env);
  // Imported when needed: the handler, its clients and DuckDB take most of a second, which a mistyped word need not wait for.
  switch (options.command) {
    case 'streams':
      return (await import('./streams.ts')).showStreams(options, screen);
    case 'status':
      return (await import('./look.ts')).showStatus(options, env, screen);
    case 'check':
      return (await import('./look.ts')).showCheck(options, env, screen);
    case 'query':
      return (await import('./query.ts')).showQuery(options, env, screen);
    case 'sql':
      return (await import('./export.ts')).showSql(options, env, screen);
    case 'export':
      return (await import('./export.ts')).exportTables(options, env, screen);
    case 'drift':
      return (await import('./drift.ts')).showDrift(options, env, screen);
    default:
      return (await import('./run.ts')).run(options, env, screen, (begun) => {
        stop = begun;
      });
  }
}

/** The SDK signs requests to the embedded DynamoDB too; it must not search for real credentials. */
function useLocalCredentials(env: NodeJS.ProcessEnv): void {
  Object.assign(env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete env[name];
}

/** A problem is shown as one sentence. Any other error is a defect and is shown with its stack. */
function fail(thrown: unknown): ExitCode {
  const error = stateProblem(thrown);
  if (error instanceof Problem) {
    tell(screen.prose, error.message);
    if (error.exitCode === EXIT.usage) tell(screen.prose, '\nnpm run local -- --help lists all commands.');
    return error.exitCode;
  }
  screen.prose.line(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT.failed;
}

/** The reader of the output has ended (`| head`): the run saves what it can, silently. */
function onBrokenPipe(code: ExitCode): void {
  if (stop) stop.onBrokenPipe();
  else process.exit(code);
}

/** A terminal that was closed answers EIO. */
function isBrokenPipe(error: unknown): boolean {
  return codeOf(error) === 'EPIPE' || codeOf(error) === 'EIO';
}

process.stdout.on('error', (error) => {
  if (isBrokenPipe(error)) onBrokenPipe(EXIT.done);
  // Results come last, so nothing is lost when the process ends here.
  else process.exit(fail(diskProblem('Standard output', error)));
});
// Where standard error cannot be written, nothing more can be said.
process.stderr.on('error', (error) => onBrokenPipe(isBrokenPipe(error) ? EXIT.done : EXIT.failed));
// Without a listener, a signal would end the process before temporary files are removed. A run has a listener of its own.
for (const signal of SIGNALS) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(EXIT.interrupted);
  });
}
process.on('uncaughtException', (error) => process.exit(fail(error)));
process.exitCode = await main().catch(fail);
