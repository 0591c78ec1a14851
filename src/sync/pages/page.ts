/** Reads one page: from the bytes of an answer to lines in a part. */

import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import type { OwnDays } from '../../core/page/item-days.ts';
import { createItemSplitter } from '../../core/page/item-text.ts';
import { createPageSplitter } from '../../core/page/page-splitter.ts';
import type { PageSummary, Splitter } from '../../core/page/splitter.ts';
import type { PageAnswer } from '../../ports.ts';

export interface SplitOptions {
  /** The continuation token that the page was requested with; null without one. */
  readonly continuationToken?: string | null;
  /** Of item rows, the days to keep; all unless given. */
  readonly own?: OwnDays | undefined;
}

export function splitterFor({ format }: StreamRule, prefix: Uint8Array, options: SplitOptions): Splitter {
  const { continuationToken = null, own } = options;
  return format === 'json' ? createPageSplitter(prefix, continuationToken) : createItemSplitter(prefix, own);
}

export interface CutPage<T> {
  readonly summary: PageSummary;
  /** What `check` returned. */
  readonly checked: T;
  /** Bytes of the lines before compression. */
  readonly lineBytes: number;
}

/**
 * Cuts the body of an answer into lines and passes them to `addPage`. `check` gets the summary before the last lines are
 * passed on: when it throws, `addPage` leaves nothing of the page in its part.
 */
export async function cutPage<T>(
  answer: Pick<PageAnswer, 'body' | 'nextPageSign'>,
  splitter: Splitter,
  addPage: (lines: AsyncIterable<Uint8Array>) => Promise<void>,
  check: (summary: PageSummary) => T,
): Promise<CutPage<T>> {
  let lineBytes = 0;
  let end: Pick<CutPage<T>, 'summary' | 'checked'> | null = null;

  function* takeLines(): Generator<Uint8Array> {
    const lines = splitter.take();
    lineBytes += lines.byteLength;
    if (lines.byteLength > 0) yield lines;
  }

  async function* cutLines(): AsyncGenerator<Uint8Array> {
    for await (const chunk of answer.body) {
      splitter.push(chunk);
      yield* takeLines();
    }
    const whole = splitter.finish();
    const summary = { ...whole, nextPageSign: whole.nextPageSign ?? answer.nextPageSign };
    end = { summary, checked: check(summary) };
    yield* takeLines();
  }

  await addPage(cutLines());
  if (!end) throw new Error('the part did not take the whole page');
  const { summary, checked }: Pick<CutPage<T>, 'summary' | 'checked'> = end;
  return { summary, checked, lineBytes };
}
