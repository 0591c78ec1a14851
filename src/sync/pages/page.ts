/**
 * One page: from the bytes of an answer to lines in a part.
 *
 * Decides nothing about the next page; the judgement of the page is handed in, so that a page which is refused leaves
 * nothing behind.
 */

import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import { HardFailure } from '../../core/failure/errors.ts';
import { createItemSplitter } from '../../core/page/item-text.ts';
import { createPageSplitter } from '../../core/page/splitter.ts';
import { linePrefix, type PageSummary } from '../../core/page/splitter.ts';
import { formatInstant, type Instant } from '../../core/time/instant.ts';
import type { Stamps } from '../../core/time/stamps.ts';
import type { PageAnswer, PageWriter } from '../../ports.ts';

export interface ReadPage {
  readonly answer: PageAnswer;
  readonly summary: PageSummary;
  readonly extractedAt: Instant;
  /** Holds the records, not yet finished; null when the page had none. */
  readonly writer: PageWriter | null;
  /** Bytes of the lines before compression. */
  readonly lineBytes: number;
}

export interface PageTarget {
  readonly rule: StreamRule;
  readonly syncId: string;
  readonly stamps: Stamps;
  readonly startPage: () => Promise<PageWriter>;
  /** Throws when the page must not count. */
  readonly judge: (summary: PageSummary) => void;
}

/** What is split at a time: the lines of it are held until they are written, and stay near the processor meanwhile. */
const SPLIT_BYTES = 64 * 1024;

export async function readPage(answer: PageAnswer, target: PageTarget): Promise<ReadPage> {
  const extractedAt = target.stamps.next(answer.answeredAt);
  const prefix = linePrefix(target.syncId, formatInstant(extractedAt));
  const splitter = target.rule.format === 'json' ? createPageSplitter(prefix) : createItemSplitter(prefix);
  let writer: PageWriter | null = null;
  let lineBytes = 0;
  try {
    for await (const chunk of answer.body) {
      for (let from = 0; from < chunk.byteLength; from += SPLIT_BYTES) {
        splitter.push(chunk.subarray(from, from + SPLIT_BYTES));
        await writeLines();
      }
    }
    const summary = splitter.finish();
    target.judge(summary);
    await writeLines();
    return { answer, summary, extractedAt, writer, lineBytes };
  } catch (error) {
    await (writer as PageWriter | null)?.discard();
    throw withRequest(error, answer);
  }

  async function writeLines(): Promise<void> {
    const lines = splitter.take();
    if (lines.byteLength === 0) return;
    writer ??= await target.startPage();
    lineBytes += lines.byteLength;
    await writer.write(lines);
  }
}

/** A failure that was found in the body says which request the body was the answer to. */
function withRequest(error: unknown, answer: PageAnswer): unknown {
  if (!(error instanceof HardFailure) || error.facts.request !== undefined) return error;
  if (error.kind !== 'wire_format' && error.kind !== 'pagination_loop') return error;
  const facts = { status: 200, request: answer.request, ...error.facts };
  return new HardFailure(error.kind, error.message, facts, error.cause ?? error);
}
