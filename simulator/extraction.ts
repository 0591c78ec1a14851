/** Plays the extraction endpoints: turns a request for a stream into its page or its text. */

import { jsonReply, type Reply } from './answer.ts';
import { createTokenCodec, type Position, type Sealed } from './continuation.ts';
import type { PageFault } from './faults.ts';
import { type Filter, readFilter } from './filters.ts';
import type { FilledModelOptions } from './options.ts';
import { type Envelope, inPieces, pageBody } from './page-body.ts';
import { breakPage } from './page-faults.ts';
import type { Params } from './params.ts';
import { type Query, readQuery } from './query.ts';
import { itemHeader, itemRow } from './records/items.ts';
import type { Asked } from './records/render.ts';
import { RENDERERS } from './records/renderers.ts';
import { createTombstone, type Tombstone } from './records/tombstone.ts';
import { type Selection, selectAll, selectPage } from './selection.ts';
import type { Source } from './source.ts';
import { NEVER, type StreamState } from './stream-state.ts';
import type { StreamName } from './streams.ts';
import { msFromTicks } from './ticks.ts';

/** The user that the client represents. */
export interface Asker {
  readonly isFieldWorker: boolean;
}

export interface Extraction {
  /** @param url of the request, for `links.next` and to recognise equal requests */
  reply(stream: StreamState, url: URL, params: Params, asker: Asker, fault: PageFault | null): Reply;
  /** The record as a page shows it, a tombstone when it is deleted. */
  recordText(stream: StreamState, index: number, asked: Asked): string;
}

const CSV = 'text/csv; charset=utf-8';
const UTF8_MARK = '\ufeff';
/** How many pages keep their tombstones for the next page, with `repeatDeletions`. */
const REMEMBERED_PAGES = 1_000;

export function createExtraction(source: Source, options: FilledModelOptions): Extraction {
  const codec = createTokenCodec(options.seed, options.tokenAlphabet);
  const tombstones = new Map<StreamName, Tombstone>();
  const deletionsBefore = new Map<string, readonly number[]>();
  const { members, world } = source;

  function recordText(stream: StreamState, index: number, asked: Asked): string {
    const { name, tombstone } = stream.spec;
    const render = RENDERERS[name];
    const deletedAt = stream.deleted(index);
    if (tombstone !== 'empty' || deletedAt === NEVER) return render(members, stream, index, asked);
    let make = tombstones.get(name);
    if (!make) {
      make = createTombstone(render(members, stream, index, asked));
      tombstones.set(name, make);
    }
    return make(stream.id(index), deletedAt);
  }

  function* records(stream: StreamState, indices: readonly number[], asked: Asked) {
    for (const index of indices) yield recordText(stream, index, asked);
  }

  function seal(query: Query, position: Position, nonce = 0): string {
    const issuedAtMs = options.continuationTokenLifetimeSeconds === null ? null : msFromTicks(source.now());
    const sealed: Sealed = { position, issuedAtMs, nonce };
    return codec.seal(query.binding, sealed);
  }

  /** The position of a traversal that has found nothing yet. */
  function beginning(query: Query): Position {
    if (query.position) return query.position;
    if (query.mode === 'full') return { mode: 'full', key: Number.MIN_SAFE_INTEGER, index: null };
    return { mode: 'incremental', at: (query.modifiedSince ?? 0) - 1 };
  }

  /** The page's own records, after the tombstones of the page before where those are repeated. */
  function withRepeats(query: Query, token: string | null, selection: Selection, stream: StreamState): Selection {
    if (!options.repeatDeletions || query.mode === 'full') return selection;
    const repeated = token === null ? [] : (deletionsBefore.get(token) ?? []);
    if (selection.hasMore && selection.end) {
      const deleted = selection.indices.filter((index) => stream.deleted(index) !== NEVER);
      deletionsBefore.set(seal(query, selection.end), deleted);
      const [oldest] = deletionsBefore.keys();
      if (deletionsBefore.size > REMEMBERED_PAGES && oldest !== undefined) deletionsBefore.delete(oldest);
    }
    const still = repeated.filter((index) => !selection.indices.includes(index));
    return { ...selection, indices: [...still, ...selection.indices], deleted: selection.deleted + still.length };
  }

  function envelopeOf(query: Query, selection: Selection, url: URL): Envelope {
    const more = selection.hasMore || (options.emptyLastPage && selection.indices.length >= query.limit);
    const token = more && selection.end ? seal(query, selection.end) : null;
    const last = { absent: [], null: [['continuationToken', 'null']], empty: [['continuationToken', '""']] } as const;
    const next = token === null ? null : nextUrl(url, token);
    return [
      ...(options.nextLink === 'absent' ? [] : [['links', JSON.stringify({ next })] as const]),
      ...(token === null ? last[options.lastToken] : [['continuationToken', JSON.stringify(token)] as const]),
      ...(options.legacyEnvelope
        ? []
        : ([
            ['syncTypeName', JSON.stringify(query.mode)],
            ['recordCount', String(selection.indices.length)],
            ['deletedRecordCount', String(selection.deleted)],
          ] as const)),
    ];
  }

  function nextUrl(url: URL, token: string): string {
    const next = new URL(url.pathname + url.search, options.baseUrl());
    next.searchParams.set('ContinuationToken', token);
    return options.nextLink === 'absolute' ? next.href : next.pathname.replace('/reporting', '') + next.search;
  }

  function itemsReply(stream: StreamState, query: Query, filter: Filter | null): Reply {
    const indices = selectAll(stream, query, filter, options);
    function* lines() {
      yield `${options.byteOrderMark ? UTF8_MARK : ''}${itemHeader(options)}\r\n`;
      for (const index of indices) yield `${itemRow(members, stream, index, options)}\r\n`;
    }
    const headers = { 'content-type': CSV, 'content-disposition': 'attachment; filename=item-registrations.csv' };
    return { status: 200, headers, body: inPieces(lines()) };
  }

  return {
    recordText,
    reply(stream, url, params, asker, fault) {
      const query = readQuery(stream.spec, params, options, codec, source.now());
      const filter = readFilter(stream, params, world, options, asker.isFieldWorker);
      if (stream.spec.name === 'item-registrations') return itemsReply(stream, query, filter);
      const asked: Asked = { sensitive: params.flag('IncludeSensitiveData') === true };
      const token = params.text('ContinuationToken');
      const page = selectPage(stream, query, filter, options, source.newest());
      const selection = withRepeats(query, token, page, stream);
      const envelope = envelopeOf(query, selection, url);
      const whole = { records: records(stream, selection.indices, asked), dataText: null, envelope };
      const parts =
        fault === null
          ? whole
          : breakPage(whole, fault, {
              same: token ?? seal(query, beginning(query)),
              fresh: seal(query, selection.end ?? beginning(query), query.nonce + 1),
            });
      const { status, headers } = jsonReply(200, null);
      const body = pageBody(parts, options);
      const dependsOnTime =
        fault !== null || options.repeatDeletions || options.continuationTokenLifetimeSeconds !== null;
      if (dependsOnTime) return { status, headers, body };
      const place = JSON.stringify([selection.indices.length, selection.indices[0], selection.hasMore]);
      return { status, headers, body, cacheKey: `${url.pathname}${url.search} ${source.version()} ${place}` };
    },
  };
}
