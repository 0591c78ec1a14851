/** Parses `LAKE_URL` into the location of the lake. */

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export type LakeLocation =
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'folder'; readonly path: string };

/** `s3://bucket/prefix` or `file:///absolute/folder`; null for anything else. */
export function parseLakeUrl(given: string): LakeLocation | null {
  const s3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([^?#\p{Cc}]*))?$/u.exec(given);
  if (s3) {
    const prefix = (s3[2] ?? '').replace(/^\/+|\/+$/g, '');
    return hasBadSegment(prefix) ? null : { kind: 's3', bucket: s3[1] as string, prefix };
  }
  if (!given.startsWith('file:///')) return null;
  try {
    const url = new URL(given);
    // Throws for an invalid path: a broken escape or an encoded separator (`%zz`, `%2F`).
    const path = fileURLToPath(url);
    const isFolder = /[^/\\]/.test(path) && !path.includes('\0') && url.search === '' && url.hash === '';
    // One folder is one lake, with or without a slash at the end.
    return isFolder ? { kind: 'folder', path: resolve(path) } : null;
  } catch {
    return null;
  }
}

/** Whether a part of the prefix between slashes is empty, `.` or `..`. No prefix at all is allowed. */
function hasBadSegment(prefix: string): boolean {
  return prefix !== '' && prefix.split('/').some((segment) => ['', '.', '..'].includes(segment));
}
