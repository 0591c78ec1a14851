/** Processes that a benchmark needs beside its contenders: the source and the state, each answering its parent. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SimulatorOptions } from '../simulator/index.ts';
import type { DynamoMessage } from './dynamo.ts';
import type { InvokerAnswer, InvokerMessage } from './invoker.ts';
import type { SimulatorAddress, SimulatorMessage } from './simulator.ts';
import type { Traffic } from './traffic.ts';

export interface Source extends SimulatorAddress {
  /** Answers to requests for pages begin so much later from now on. */
  setLatency(ms: number): Promise<void>;
  /** Since the last call. */
  traffic(): Promise<Traffic>;
  close(): Promise<void>;
}

export interface State {
  readonly endpoint: string;
  /** Operations by name and their bytes, since the last call. */
  traffic(): Promise<Traffic>;
  close(): Promise<void>;
}

export async function startSource(options: SimulatorOptions): Promise<Source> {
  const child = startChild<SimulatorMessage>(fileHere('./simulator.ts'));
  const address = (await child.ask({ ask: 'start', options })) as SimulatorAddress;
  return {
    ...address,
    async setLatency(ms) {
      await child.ask({ ask: 'latency', ms });
    },
    traffic: () => child.ask({ ask: 'traffic' }) as Promise<Traffic>,
    close: child.close,
  };
}

export async function startState(): Promise<State> {
  const child = startChild<DynamoMessage>(fileHere('./dynamo.ts'));
  const { endpoint } = (await child.ask({ ask: 'start', tableName: 'bench' })) as { endpoint: string };
  return {
    endpoint,
    traffic: () => child.ask({ ask: 'traffic' }) as Promise<Traffic>,
    close: child.close,
  };
}

/** A handler in a process of its own, to be invoked again and again. */
export interface Invoker {
  ask(message: InvokerMessage): Promise<InvokerAnswer>;
  /** What it wrote to stdout and stderr since the last call. */
  output(): string;
  close(): Promise<void>;
}

/** @param file of the bundled invoker */
export function startInvoker(file: string, env: Readonly<Record<string, string>>): Invoker {
  const child = startChild<InvokerMessage>(file, env);
  return { ...child, ask: (message) => child.ask(message) as Promise<InvokerAnswer> };
}

function startChild<Message extends object>(file: string, env?: Readonly<Record<string, string>>) {
  const child: ChildProcess = fork(file, [], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      written += text;
    });
  }
  return {
    output() {
      const output = written;
      written = '';
      return output;
    },
    async ask(message: Message): Promise<unknown> {
      const over = new AbortController();
      const { signal } = over;
      const ended = once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${file} ended with ${code}:\n${written.slice(-2000)}`);
      });
      ended.catch(() => {});
      try {
        const answered = once(child, 'message', { signal });
        child.send(message);
        const [answer] = await Promise.race([answered, ended]);
        return answer;
      } finally {
        over.abort();
      }
    },
    async close() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

function fileHere(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
