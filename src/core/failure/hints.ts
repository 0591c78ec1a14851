/**
 * What a person should do about each kind of failure, in one sentence, where nothing more is known.
 *
 * The failure table (`failure-table.ts`) has more exact ones for what Ditio and the network answer; whoever throws a
 * failure with a better idea puts it in `facts.hint`, and this is what is said otherwise.
 */

import type { FailureKind } from './errors.ts';

export const KIND_HINTS: Readonly<Record<FailureKind, string>> = {
  config: 'Correct what the message names, in the environment of the function or in the event, and run again.',
  credentials:
    'Check client_id and client_secret in the secret, that they belong to this Ditio environment, and that the client may use the scope reportingapiv1.',
  unauthorized:
    'Ask Ditio to look at the client: it was deleted or disabled, has passed its ValidUntil, has no allowed scopes, or its emulation user is missing or disabled.',
  forbidden:
    'Check both causes: the client lacks the scope for this endpoint, or the resource belongs to another company than the client does (COMPANY_ID, PROJECT_ID).',
  bad_request:
    'Read detail and errors: they say which parameter Ditio refused; the same request will be refused again.',
  invalid_window:
    'Check the dates of the backfill or HISTORY_START: modifiedBefore must be after modifiedSince and needs it, and a date window needs both of its ends in order.',
  deletion_blocked:
    'The resource has dependent data: deactivate it with active: false, or ask the is-deletable check first.',
  not_found:
    'Check DITIO_REPORTING_URL and DITIO_IDENTITY_URL; if they are right, Ditio has moved or removed this endpoint.',
  retries_exhausted:
    'Nothing to do at once: the next run tries again from the same place; if it goes on, ask Ditio with the request and time of this line.',
  wire_format:
    'Nothing was written or moved: keep this line and ask Ditio what changed in the answer of this endpoint.',
  pagination_loop:
    'Nothing was moved: reset the stream to begin a full sync, and if it comes back tell Ditio that the endpoint repeats its continuation tokens.',
  lake: 'Check that LAKE_URL exists and that the role of the function may write to it, its encryption key included.',
  state: 'Check that STATE_TABLE exists and that the role of the function may read and write it.',
  unexpected:
    'This is not a known failure: keep the line with its code and stack and report it; the next run tries again from the same place.',
};
