/** Makes a short name of a text that is long, or that must not be shown. */

import { createHash } from 'node:crypto';

/** The first 12 hex digits of the text's SHA-256. It is stored in keys and cursors, so it must never change. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
