/**
 * Looks up what an answer or an exception means, and builds the failure a person reads.
 *
 * Decides by the failure table alone (`failure-table.ts`). Knows nothing of requests, retries or logs.
 */

import { type DitioErrorEntry, type FailureFacts, HardFailure } from './errors.ts';
import type { FailureRow } from './failure-row.ts';
import { FAILURE_TABLE, ROWS } from './failure-table.ts';

/** What the body of a refusal said, in either of Ditio's shapes or any other; already cut and cleaned. */
export interface ErrorBody {
  readonly code?: string;
  readonly detail?: string;
  readonly errors?: readonly DitioErrorEntry[];
}

const byStatus = new Map(FAILURE_TABLE.flatMap((row) => (row.statuses ?? []).map((status) => [status, row] as const)));
const byOauth = new Map(FAILURE_TABLE.flatMap((row) => (row.oauth ?? []).map((error) => [error, row] as const)));
const byCode = FAILURE_TABLE.flatMap((row) => (row.codes ? [[row.codes, row] as const] : []));

/** Parameters of the two kinds of window that Ditio's documented 400 is about. */
const ABOUT_A_WINDOW = /\bmodified(since|before)\b|\b(from|to)datetime\b|\b(date|time|incremental) ?(window|range)\b/i;
const ABOUT_DEPENDENT_DATA = /\bdepend(ent|s|encies|ency)\b|\b(in use|referenced|cannot be deleted|not deletable)\b/i;

/** The row for an answer of an extraction endpoint that is not a page (any status but 200). */
export function rowForStatus(status: number, method: string, body: ErrorBody): FailureRow {
  if (status === 400) {
    const said = textOf(body);
    if (method === 'DELETE' && ABOUT_DEPENDENT_DATA.test(said)) return ROWS.deletion_blocked;
    if (ABOUT_A_WINDOW.test(said)) return ROWS.invalid_window;
  }
  const row = byStatus.get(status);
  if (row) return row;
  if (status >= 300 && status < 400) return ROWS.redirect;
  if (status >= 200 && status < 300) return ROWS.not_a_page;
  return ROWS.unknown_status;
}

/** The row for an answer of the token endpoint that is not a token. */
export function rowForTokenAnswer(status: number, body: ErrorBody): FailureRow {
  const refusal = status === 400 || status === 401 || status === 403;
  if (!refusal) return rowForStatus(status, 'POST', body);
  return byOauth.get(body.code?.toLowerCase() ?? '') ?? ROWS.token_refused;
}

/** The row for something that was thrown: the innermost code or name along its causes that the table knows. */
export function rowForError(error: unknown): FailureRow {
  for (const { code, name } of chainOf(error).reverse()) {
    for (const label of [code, name]) {
      const found = label && byCode.find(([pattern]) => pattern.test(label));
      if (found) return found[1];
    }
  }
  return ROWS.unknown_exception;
}

/** The innermost error code along the causes, such as `ECONNRESET`: what actually happened. */
export function codeOf(error: unknown): string | undefined {
  return chainOf(error).findLast(({ code }) => code !== undefined)?.code;
}

/** The failure that a row ends in. Facts may bring a better hint than the row's. */
export function failureFrom(row: FailureRow, message: string, facts: FailureFacts, cause?: unknown): HardFailure {
  return new HardFailure(row.kind, message, { hint: row.hint, ...facts }, cause);
}

/** The failure when no attempt is left. */
export function exhaustedFailure(
  row: FailureRow,
  what: string,
  facts: FailureFacts & { readonly attempts: number; readonly elapsedMs: number },
  cause: unknown,
): HardFailure {
  const seconds = (facts.elapsedMs / 1000).toFixed(1);
  const times = facts.attempts === 1 ? '1 attempt' : `${facts.attempts} attempts`;
  const message = `gave up after ${times} in ${seconds} s: ${what}`;
  return new HardFailure('retries_exhausted', message, { hint: row.hint, ...facts }, cause);
}

interface Link {
  readonly code: string | undefined;
  readonly name: string | undefined;
}

/** How far causes are followed: errors of errors of errors are deep enough, and a ring must end. */
const MAX_DEPTH = 6;

/** Codes and names of an error, its causes, and the first of the errors it gathers (`AggregateError`), outermost first. */
function chainOf(error: unknown): Link[] {
  const links: Link[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < MAX_DEPTH && current instanceof Error; depth++) {
    const { name, cause } = current;
    links.push({ code: ownCode(current), name });
    current = cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return links;
}

/** The error's own code. undici's parser errors carry none but in their message (seen in undici 7.30). */
function ownCode(error: Error & { readonly code?: unknown }): string | undefined {
  if (typeof error.code === 'string') return error.code;
  if (error.name !== 'HTTPParserError') return undefined;
  return /Invalid EOF state/i.test(error.message) ? 'HPE_INVALID_EOF_STATE' : 'HPE_INVALID';
}

function textOf(body: ErrorBody): string {
  const entries = (body.errors ?? []).flatMap(({ code, field, message }) => [code, field, message]);
  return [body.code, body.detail, ...entries].filter((text) => text !== undefined).join(' ');
}
