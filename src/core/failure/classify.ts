/** Finds the row of a failure table that matches an error. The first match counts. */

import { AWS_TABLES, type AwsService } from './aws-rows.ts';
import { DISK_TABLES, type DiskPlace } from './disk-rows.ts';
import { ALL_DITIO_ROWS, DITIO_TABLE, IDENTITY_TABLE } from './ditio-rows.ts';
import { AnswerRefused } from './errors.ts';
import { linksOf, statusOf } from './evidence.ts';
import type { FailureRow, Statuses } from './failure-row.ts';

export type { AwsService, DiskPlace };

/** Where a request or a file operation goes. Each place has a failure table. */
export type FailurePlace = 'ditio' | 'identity' | AwsService | DiskPlace;

const TABLES: Readonly<Record<FailurePlace, readonly FailureRow[]>> = {
  ditio: DITIO_TABLE,
  identity: IDENTITY_TABLE,
  ...AWS_TABLES,
  ...DISK_TABLES,
};

/** Every row, by the headings and in the order of `docs/operations.md`. */
export const FAILURE_TABLES: Readonly<Record<string, readonly FailureRow[]>> = {
  'What Ditio and the network answer': ALL_DITIO_ROWS,
  'What AWS answers': Object.values(AWS_TABLES).flat(),
  'What a disk answers': Object.values(DISK_TABLES).flat(),
};

/**
 * The row for any thrown value. Codes and names count before statuses, those of the innermost cause first. An error that
 * matches no row gets the last row of the table, which is hard.
 */
export function classify(place: FailurePlace, error: unknown): FailureRow {
  const rows = TABLES[place];
  const byCode = error instanceof AnswerRefused ? rowForOauth(place, error) : rowForCodes(rows, error);
  const status = statusOf(error);
  return (
    byCode ?? (status === undefined ? undefined : rowForStatus(rows, status, error)) ?? (rows.at(-1) as FailureRow)
  );
}

function rowForCodes(rows: readonly FailureRow[], error: unknown): FailureRow | undefined {
  for (const { labels, message } of linksOf(error).reverse()) {
    for (const label of labels) {
      const row = rows.find(({ codes, says }) => codes?.test(label) && (says === undefined || says.test(message)));
      if (row) return row;
    }
  }
  return undefined;
}

/** Statuses with which the identity server refuses a client (RFC 6749, section 5.2). */
const OAUTH_STATUSES: readonly number[] = [400, 401, 403];

/** The code of a body counts for the identity server only: the API's own codes are not documented. */
function rowForOauth(place: FailurePlace, { status, details }: AnswerRefused): FailureRow | undefined {
  if (place !== 'identity' || !OAUTH_STATUSES.includes(status)) return undefined;
  const code = details.code?.toLowerCase() ?? '';
  return IDENTITY_TABLE.find(({ codes }) => codes?.test(code));
}

function rowForStatus(rows: readonly FailureRow[], status: number, error: unknown): FailureRow | undefined {
  const refused = error instanceof AnswerRefused ? error : null;
  const text = textOf(error);
  return rows.find(
    ({ statuses, says, isMarkup }) =>
      statuses?.some((range) => isWithin(range, status)) &&
      (says === undefined || says.test(text)) &&
      (isMarkup === undefined || refused?.isMarkup),
  );
}

function isWithin(range: Statuses, status: number): boolean {
  return typeof range === 'number' ? range === status : range[0] <= status && status <= range[1];
}

/** Everything that the answer says. */
function textOf(error: unknown): string {
  if (!(error instanceof AnswerRefused)) return error instanceof Error ? error.message : '';
  const { code, detail, errors = [] } = error.details;
  const entries = errors.flatMap((entry) => [entry.code, entry.field, entry.message]);
  return [code, detail, ...entries].filter((text) => text !== undefined).join(' ');
}
