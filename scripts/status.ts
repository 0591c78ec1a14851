/**
 * Prints the state of each stream of a deployed stack: `npm run status -- --stack NAME [--region REGION]`.
 *
 * It gets the status from the function through the AWS CLI, with the CLI's own credentials.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

interface StreamStatus {
  readonly stream: string;
  readonly watermark: string | null;
  readonly open: unknown;
  readonly lease: unknown;
  readonly lastCompletedAt: string | null;
  readonly lastFullSyncAt: string | null;
  readonly lastFailure: { readonly kind: string; readonly at: string } | null;
}

export interface Status {
  readonly version?: string;
  readonly streams: readonly StreamStatus[];
}

const HEAD = ['stream', 'completed', 'watermark', 'full sync', 'now', 'last failure'];

/** A table that begins with the stream whose last completed sync is oldest. Ages are those at `nowMs`. */
export function statusTable(status: Status, nowMs: number): string {
  const completedMs = ({ lastCompletedAt }: StreamStatus) =>
    lastCompletedAt === null ? 0 : Date.parse(lastCompletedAt);
  const rows = status.streams
    .toSorted((left, right) => completedMs(left) - completedMs(right))
    .map((each) => [
      each.stream,
      age(each.lastCompletedAt, nowMs),
      age(each.watermark, nowMs),
      age(each.lastFullSyncAt, nowMs),
      each.lease ? 'running' : each.open ? 'sync is open' : 'idle',
      each.lastFailure ? `${each.lastFailure.kind}, ${age(each.lastFailure.at, nowMs)}` : '',
    ]);
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => String(row[column]).length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...(status.version ? [`ditio-extract ${status.version}`] : []), ...lines].join('\n');
}

function age(at: string | null, nowMs: number): string {
  if (at === null) return 'never';
  const minutes = Math.max(0, Math.round((nowMs - Date.parse(at)) / 60_000));
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1440)} days ago`;
}

function aws(args: readonly string[]): string {
  return execFileSync('aws', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The answer of the function to `{"action":"status"}`. Throws the error message of the AWS CLI. */
function ask(stack: string, region: readonly string[]): Status {
  const query = "Stacks[0].Outputs[?OutputKey=='FunctionName'].OutputValue";
  const find = ['cloudformation', 'describe-stacks', '--stack-name', stack, '--query', query, '--output', 'text'];
  const name = aws([...find, ...region]).trim();
  if (name === '' || name === 'None') throw new Error(`the stack ${stack} has no output FunctionName: is it ours?`);
  const folder = mkdtempSync(join(tmpdir(), 'status-'));
  try {
    const payload = join(folder, 'status.json');
    const answer = join(folder, 'answer.json');
    writeFileSync(payload, '{"action":"status"}');
    const binary = ['--cli-binary-format', 'raw-in-base64-out', '--payload', `file://${payload}`];
    aws(['lambda', 'invoke', '--function-name', name, ...binary, ...region, answer]);
    const status = JSON.parse(readFileSync(answer, 'utf8'));
    if (!Array.isArray(status.streams)) throw new Error(`the function answered ${JSON.stringify(status)}`);
    return status;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const EXAMPLE = 'npm run status -- --stack ditio-extract-production --region eu-north-1';

/** Exit codes as those of a local run: 2 is wrong usage. */
function readArguments() {
  try {
    return parseArgs({ options: { stack: { type: 'string' }, region: { type: 'string' } } }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nAn example: ${EXAMPLE}`);
    process.exit(2);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { stack, region } = readArguments();
  if (stack === undefined) {
    console.error(`Name the stack: ${EXAMPLE}`);
    process.exitCode = 2;
  } else {
    console.log(statusTable(ask(stack, region ? ['--region', region] : []), Date.now()));
  }
}
