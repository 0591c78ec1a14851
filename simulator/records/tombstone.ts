/** Writes the tombstone of a deleted registration: id, flags and times; its other members are present but empty. */

import { EMPTY_TIME, formatTicks, type Ticks } from '../ticks.ts';

export type Tombstone = (id: string, deletedAt: Ticks) => string;

/** @param example a live record of the stream as JSON text; tombstones have the same members */
export function createTombstone(example: string): Tombstone {
  const record = JSON.parse(example) as Record<string, unknown>;
  const text = Object.entries(record)
    .map(([name, value]) => `${JSON.stringify(name)}:${slot(name) ?? JSON.stringify(emptied(value))}`)
    .join(',');
  const pieces = text.split(MARK);
  return (id, deletedAt) => {
    const at = formatTicks(deletedAt);
    let filled = pieces[0] as string;
    for (let nth = 1; nth < pieces.length; nth += 1) {
      const piece = pieces[nth] as string;
      filled += (piece.startsWith('i') ? id : at) + piece.slice(1);
    }
    return `{${filled}}`;
  };
}

/** Placeholder for an id (`i`) or the time of deletion (`t`); no made-up text contains it. */
const MARK = '\u0000';

function slot(name: string): string | undefined {
  if (name === 'id') return `"${MARK}i"`;
  if (name === 'modifiedDateTime' || name === 'deletedDateTime') return `"${MARK}t"`;
  return name === 'isDeleted' ? 'true' : undefined;
}

/** What .NET writes for a member that was never set. */
function emptied(value: unknown): unknown {
  if (typeof value === 'number') return 0;
  if (typeof value === 'boolean') return false;
  if (Array.isArray(value)) return [];
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? EMPTY_TIME : null;
}
