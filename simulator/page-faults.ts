/** Breaks a page according to a fault. */

import { Buffer } from 'node:buffer';
import type { Fault, PageFault } from './faults.ts';
import type { Envelope, PageParts } from './page-body.ts';

const PAGE_FAULTS: ReadonlySet<string> = new Set<PageFault['kind']>([
  'data-missing',
  'data-null',
  'data-not-array',
  'count-off',
  'deleted-count-off',
  'wrong-sync-type',
  'repeated-token',
  'endless-tokens',
  'token-not-text',
  'duplicate-keys',
  'record-without-id',
  'record-not-object',
  'invalid-utf8',
  'deep-nesting',
  'bad-dates',
  'truncated-json',
]);

export function isPageFault(fault: Fault | null): fault is PageFault {
  return fault !== null && PAGE_FAULTS.has(fault.kind);
}

/** What the faults of the continuation token need. */
export interface TokenChoices {
  /** The token that the request came with, or one for the place where it began. */
  readonly same: string;
  /** A new token for the place where the page ends. */
  readonly fresh: string;
}

const DEEP = 20_000;

export function breakPage(parts: PageParts, fault: PageFault, tokens: TokenChoices): PageParts {
  const { envelope } = parts;
  const records = parts.records ?? [];
  switch (fault.kind) {
    case 'data-missing':
      return { ...parts, records: null, dataText: null };
    case 'data-null':
      return { ...parts, records: null, dataText: 'null' };
    case 'data-not-array':
      return { ...parts, records: null, dataText: '{"items":[]}' };
    case 'count-off':
      return { ...parts, envelope: counted(envelope, 'recordCount', fault.by ?? 1) };
    case 'deleted-count-off':
      return { ...parts, envelope: counted(envelope, 'deletedRecordCount', fault.by ?? 1) };
    case 'wrong-sync-type': {
      const other = memberOf(envelope, 'syncTypeName') === '"full"' ? 'incremental' : 'full';
      return { ...parts, envelope: replaced(envelope, 'syncTypeName', JSON.stringify(fault.text ?? other)) };
    }
    case 'repeated-token':
      return { ...parts, envelope: replaced(envelope, 'continuationToken', JSON.stringify(tokens.same)) };
    case 'endless-tokens':
      return { ...parts, envelope: replaced(envelope, 'continuationToken', JSON.stringify(tokens.fresh)) };
    case 'token-not-text':
      return { ...parts, envelope: replaced(envelope, 'continuationToken', '{"next":17}') };
    case 'duplicate-keys':
      return { ...parts, records: first(records, (text) => `{"id":"double",${text.slice(1)}`) };
    case 'record-without-id':
      return { ...parts, records: first(records, (text) => withoutId(text)) };
    case 'record-not-object':
      return { ...parts, records: first(records, () => '"just text"') };
    case 'invalid-utf8':
      return { ...parts, records: first(records, (text) => brokenUtf8(text)) };
    case 'deep-nesting': {
      const depth = fault.depth ?? DEEP;
      const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      return { ...parts, records: first(records, (text) => `{"nested":${nested},${text.slice(1)}`) };
    }
    case 'bad-dates':
      return {
        ...parts,
        records: first(records, (text) => text.replace(/"(modifiedDateTime)":"[^"]*"/, '"$1":"i går"')),
      };
    case 'truncated-json':
      return { ...parts, endsEarly: true };
  }
}

function memberOf(envelope: Envelope, name: string): string | undefined {
  return envelope.find(([member]) => member === name)?.[1];
}

/** Replaces the value of a member in any position; adds the member where it is missing. */
function replaced(envelope: Envelope, name: string, json: string): Envelope {
  if (memberOf(envelope, name) === undefined) return [...envelope, [name, json]];
  return envelope.map((member) => (member[0] === name ? [name, json] : member));
}

function counted(envelope: Envelope, name: string, by: number): Envelope {
  return replaced(envelope, name, String(Number(memberOf(envelope, name) ?? 0) + by));
}

/** A page without records gets one, so that the fault can occur. */
function* first(records: Iterable<string | Uint8Array>, change: (text: string) => string | Uint8Array) {
  let nth = 0;
  for (const record of records) {
    nth += 1;
    yield nth === 1 ? change(String(record)) : record;
  }
  if (nth === 0) yield change('{"id":"made-up","modifiedDateTime":"2020-01-01T00:00:00Z","isDeleted":false}');
}

/** The record's own id, not that of a nested object. */
function withoutId(text: string): string {
  const { id, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify({ ...rest, identification: id });
}

/** A lone byte of a longer sequence, within a string. */
function brokenUtf8(text: string): Uint8Array {
  const broken = Buffer.from(`{"note":"abc?def",${text.slice(1)}`);
  broken[broken.indexOf('?')] = 0xc3;
  return broken;
}
