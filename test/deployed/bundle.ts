/** Cold starts of the built bundle, each in a process of its own, with what they wrote. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './tools.ts';

// biome-ignore lint/suspicious/noExplicitAny: results are judged by what the tests assert of them.
type Anything = any;

export type Answer =
  | { readonly result: Anything; readonly error?: undefined }
  | {
      readonly error: { readonly name: string; readonly message: string; readonly kind?: string };
      readonly result?: undefined;
    };

export interface ColdStart {
  invoke(event: unknown, remainingMs?: number): Promise<Answer>;
  /** Everything written so far, line by line. */
  lines(): readonly string[];
  stop(): Promise<void>;
}

/** @param env the whole environment of the process, but for `PATH` */
export async function coldStart(env: Readonly<Record<string, string>>): Promise<ColdStart> {
  const script = fileURLToPath(new URL('./bundle-process.mjs', import.meta.url));
  const child = fork(script, [join(ROOT, 'dist/handler.mjs')], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes) => {
      text += bytes;
    });
  }
  const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (first !== 'ready') throw new Error(`the bundle does not start:\n${text}`);
  return {
    async invoke(event, remainingMs = 120_000) {
      const answered = Promise.race([once(child, 'message'), once(child, 'exit')]);
      child.send({ event, remainingMs });
      const [answer] = await answered;
      if (typeof answer !== 'object' || answer === null) throw new Error(`the process ended:\n${text.slice(-4000)}`);
      return answer;
    },
    lines: () => text.split('\n').filter((line) => line !== ''),
    async stop() {
      if (child.exitCode !== null) return;
      const closed = once(child, 'exit');
      child.kill();
      await closed;
    },
  };
}
