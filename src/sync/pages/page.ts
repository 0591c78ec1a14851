/** Reads one page: from the bytes of an answer to lines in a part. */

import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import type { OwnDays } from '../../core/page/item-days.ts';
import { createItemSplitter } from '../../core/page/item-text.ts';
import { createPageSplitter } from '../../core/page/page-splitter.ts';
import { linePrefix, type PageSummary } from '../../core/page/splitter.ts';
import { formatInstant, type Instant } from '../../core/time/instant.ts';
import type { Stamps } from '../../core/time/stamps.ts';
import type { PageAnswer, PartWriter } from '../../ports.ts';

export interface ReadPage {
  readonly answer: PageAnswer;
  readonly summary: PageSummary;
  readonly extractedAt: Instant;
  /** Bytes of the lines before compression. */
  readonly lineBytes: number;
}

export interface PageTarget {
  readonly rule: StreamRule;
  readonly syncId: string;
  readonly stamps: Stamps;
  /** Of item rows, the days to keep. */
  readonly ownDays: OwnDays | undefined;
  readonly openPart: () => Promise<PartWriter>;
  /** Throws when the page must not count. */
  readonly judge: (summary: PageSummary) => void;
}

/** A page that is broken or refused leaves nothing in the part. */
export async function readPage(answer: PageAnswer, target: PageTarget): Promise<ReadPage> {
  const extractedAt = target.stamps.next(answer.answeredAt);
  const prefix = linePrefix(target.syncId, formatInstant(extractedAt));
  const splitter =
    target.rule.format === 'json' ? createPageSplitter(prefix) : createItemSplitter(prefix, target.ownDays);
  let lineBytes = 0;
  let summary: PageSummary | null = null;

  async function* cutLines(): AsyncGenerator<Uint8Array> {
    for await (const chunk of answer.body) {
      splitter.push(chunk);
      yield* takeLines();
    }
    summary = splitter.finish();
    target.judge(summary);
    yield* takeLines();
  }

  function* takeLines(): Generator<Uint8Array> {
    const lines = splitter.take();
    lineBytes += lines.byteLength;
    if (lines.byteLength > 0) yield lines;
  }

  const part = await target.openPart();
  await part.addPage(cutLines());
  if (!summary) throw new Error('the part did not take the whole page');
  return { answer, summary, extractedAt, lineBytes };
}
