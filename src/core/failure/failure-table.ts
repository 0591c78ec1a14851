/**
 * The failure table: from what Ditio, its identity server and the network answer, to what is done and said about it.
 *
 * Data only. `failures.ts` looks rows up and builds failures from them; `docs/operations.md` is tested against it.
 * What no row knows is hard: `unexpected`.
 */

import { ANSWER_ROWS, OAUTH_ROWS, STATUS_ROWS } from './answer-rows.ts';
import { EXCEPTION_ROWS } from './exception-rows.ts';
import type { FailureRow } from './failure-row.ts';

export const ROWS = { ...STATUS_ROWS, ...OAUTH_ROWS, ...EXCEPTION_ROWS, ...ANSWER_ROWS } as const;

/** Every row, in the order of the documentation. */
export const FAILURE_TABLE: readonly FailureRow[] = Object.values(ROWS);
