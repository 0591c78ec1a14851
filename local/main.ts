/** The entry of a local run: the real handler, without AWS (contract, section 1). */

import { helpText } from './commands.ts';
import { useLocalCredentials } from './environment.ts';
import { showCheck, showStatus, showStreams } from './look.ts';
import { parseOptions } from './options.ts';
import { codeOf, EXIT, type ExitCode, Problem } from './problem.ts';
import { run } from './run.ts';
import type { Stop } from './stop.ts';
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
  useLocalCredentials(process.env);
  switch (options.command) {
    case 'streams':
      return showStreams(options, screen);
    case 'status':
      return showStatus(options, env, screen);
    case 'check':
      return showCheck(options, env, screen);
    default:
      return run(options, env, screen, (begun) => {
        stop = begun;
      });
  }
}

/** A problem is one sentence; anything else is a defect, and keeps its stack. */
function fail(error: unknown): ExitCode {
  if (error instanceof Problem) {
    tell(screen.prose, error.message);
    if (error.exitCode === EXIT.usage) tell(screen.prose, '\nnpm run local -- --help tells what there is.');
    return error.exitCode;
  }
  screen.prose.line(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT.failed;
}

/** `| head` has read enough: what can still be saved is saved, without a word. */
function onBrokenPipe(error: unknown): void {
  if (codeOf(error) !== 'EPIPE') throw error;
  if (stop) stop.onBrokenPipe();
  else process.exit(EXIT.done);
}

process.stdout.on('error', onBrokenPipe);
process.stderr.on('error', onBrokenPipe);
process.on('uncaughtException', (error) => process.exit(fail(error)));
process.exitCode = await main().catch(fail);
