/** Asks a person a question that is answered with yes or no. */

import { createInterface } from 'node:readline';

/** `interrupted`: Ctrl-C. `no`: any other end, such as Ctrl-D. */
export type Answer = 'yes' | 'no' | 'interrupted';

/** @param input a terminal, which readline sets to give every key: Ctrl-C is no signal then */
export async function confirm(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<Answer> {
  const asking = createInterface({ input, output, terminal: true });
  const { promise, resolve } = Promise.withResolvers<string | null>();
  let isInterrupted = false;
  asking.once('SIGINT', () => {
    isInterrupted = true;
    asking.close();
  });
  asking.once('close', () => resolve(null));
  asking.question(question, resolve);
  const line = await promise;
  // Without Enter, the cursor is still behind the question.
  if (line === null) output.write('\n');
  asking.close();
  if (isInterrupted) return 'interrupted';
  return /^y(es)?$/i.test(line?.trim() ?? '') ? 'yes' : 'no';
}
