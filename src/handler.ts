/** The Lambda entry: takes an event and returns the summary (contract, sections 4 and 5). */

import type { Context } from 'aws-lambda';
import { compose } from './compose.ts';
import type { Extractor, HandlerResult } from './extractor.ts';

let extractor: Extractor | undefined;

/**
 * @param event any EventBridge or Scheduler event, `{}`, or one of the actions of `event.ts`
 * @param context Lambda's context; its remaining time is the deadline of the whole invocation
 *
 * Throws `SyncFailedError` when a stream failed, and `HardFailure` when the configuration or the event is refused.
 * It must not have a third parameter: Node 24 on Lambda no longer accepts a callback.
 */
export async function handler(event: unknown, context: Context): Promise<HandlerResult> {
  extractor ??= compose(process.env);
  return extractor.handle(event, context);
}
