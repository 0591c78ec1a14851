/**
 * The Lambda entry: event in, summary out (contract, sections 4 and 5).
 *
 * Everything is built once per cold start, on the first event rather than while the module loads, so that a bad
 * configuration ends in a log line and a named error instead of a failed start.
 */

import type { Context } from 'aws-lambda';
import { compose, type Extractor, type HandlerResult } from './compose.ts';

let extractor: Extractor | undefined;

/**
 * @param event any EventBridge or Scheduler event, `{}`, or one of the actions of `event.ts`
 * @param context Lambda's context; what it says of the remaining time is the deadline of everything
 *
 * Throws `SyncFailedError` when a stream failed, `CheckFailedError` when a check is not ok, `HardFailure` when the
 * configuration or the event is refused. Two parameters: Node 24 on Lambda no longer takes a callback.
 */
export async function handler(event: unknown, context: Context): Promise<HandlerResult> {
  extractor ??= compose(process.env);
  return extractor.handle(event, context);
}
