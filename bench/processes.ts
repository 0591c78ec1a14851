/** Starts the processes that the contenders need: the source and the state. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SimulatorOptions } from '../simulator/index.ts';

export interface Source {
  readonly identityUrl: string;
  readonly reportingUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  close(): Promise<void>;
}

export interface State {
  readonly endpoint: string;
  close(): Promise<void>;
}

export interface Place {
  readonly source: Source;
  readonly state: State;
  /** Folder for all files of the benchmark; ignored by git. */
  readonly folder: string;
}

/** The simulator. Pages that were read once are kept compressed, so that the contender is what is measured. */
export async function startSource(options: SimulatorOptions): Promise<Source> {
  const { child, answer } = await startChild('./simulator.ts', options);
  return { ...(answer as Omit<Source, 'close'>), close: () => endChild(child) };
}

/** The embedded DynamoDB. */
export async function startState(): Promise<State> {
  const { child, answer } = await startChild('./dynamo.ts', {});
  return { ...(answer as Omit<State, 'close'>), close: () => endChild(child) };
}

async function startChild(path: string, options: object) {
  const child = fork(fileURLToPath(new URL(path, import.meta.url)), [JSON.stringify(options)]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${path} ended with ${code}`);
  });
  ended.catch(() => {});
  const [answer] = await Promise.race([once(child, 'message'), ended]);
  return { child, answer: answer as unknown };
}

async function endChild(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}
