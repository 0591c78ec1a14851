/** Finds what points to a next page, other than `continuationToken`: members and texts of a page, headers of its answer. */

import { foldName } from './names.ts';

/** The names below are matched in lower case and letters only: `@odata.nextLink` is `odatanextlink`. */
const WORD_AFTER_NEXT =
  '(page|link|cursor|token|uri|url|href|offset|skip|index|key|marker|position|number|records?|results?|items?)';
const WORD_AFTER_MORE = '(data|pages?|records?|results?|items?|rows?|entries|available|exist|remaining|tofetch|toload)';

/** Names that say whether there is more, such as `hasMore`. The value true means that there is; `moreInfo` is not such a name. */
const HAS_MORE = new RegExp(
  `^((has|is|are|thereis|thereare)?more${WORD_AFTER_MORE}*|(has|is)next${WORD_AFTER_NEXT}*|hascontinuation(token)?|(is|was)?(data|page|results?)?truncated)$`,
);

/**
 * Names of the next page's address or token, such as `nextLink`. Any value means that there is a next page. Only these words
 * may follow `next`, because a last page may also have a `nextSync`, a `nextDeltaLink` or a `nextModifiedSince`.
 */
const POINTER = new RegExp(
  `^((odata)?next(continuation|${WORD_AFTER_NEXT})*|(page|skip)token|cursor|resum(e|ption)(token|key|from|at|cursor|link|ur[il]|id)?|lastevaluatedkey)$`,
);
/** Names of the next page's continuation token, except those of {@link NO_CONTINUATION}. */
const CONTINUATION = /continu(e|ation)/;
/** Names of the token of this request, or of a property of tokens. They say nothing about a next page. */
const NO_CONTINUATION =
  /^(discontinu|own|prev|previous|current|self|first|last|requested|request|received|sent|used|original)|(expir|lifetime|ttl|valid|support|format|version|length|size|param|name|minutes|seconds|used|sent)/;

/** Names that say whether this is the last page, such as `isLastPage`. The value false means that it is not. `last` alone may be a link. */
const IS_LAST = /^(is(the)?last(page|chunk|batch)?|(is)?done|(is)?endof(data|pages|results|records|stream|sync)|eof)$/;

/** Names and relations of other pages, or of the request itself. Nothing inside them points to the next page. */
const OTHER_PAGE = new RegExp(
  `^(odata)?(self|prev|previous|first|last|canonical|requested|request|query|parameters?|params|arguments)(string|path|${WORD_AFTER_NEXT})*$`,
);

/** Names of a link's address. */
const TARGET = /^(href|ur[il]|link|target|path)$/;

/** `ContinuationToken=…` in an address, also where the address is itself encoded. A template (`{token}`) has no value. */
const TOKEN_IN_URL = /continuation[-_]?token(?:=|%3d)([^&#\s"'<>{}]*)/gi;
/** `rel=next` and `rel="prev next"` of a `Link` header (RFC 8288, section 3). */
const LINK_REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/gi;

/** Names of this page's number, and of the number of all pages. */
const PAGE_NUMBER = /^(number|page|(current|this)page(number|index)?|page(number|index|no))$/;
const PAGE_COUNT = /^(totalpages|totalpagecount|numberofpages|lastpage)$/;

/** Most objects and arrays inside one another that are searched; no real envelope is as deep. */
const MAX_DEPTH = 5;

type Members = Readonly<Record<string, unknown>>;

/**
 * The path of the first member that points to a next page, such as `links.next` or `ContinuationToken`; null without one.
 *
 * @param members every member of the page except its records and `continuationToken`
 * @param ownToken the token that the page was requested with: an address that repeats it leads to the page itself
 */
export function nextPageSign(members: unknown, ownToken: string | null): string | null {
  return findSign(members, ownToken, '', 0);
}

/**
 * The name of the first header that points to a next page, such as `link` or `x-continuation-token`; null without one.
 *
 * @param headers names in lower case
 */
export function nextPageHeader(headers: Readonly<Record<string, string>>, ownToken: string | null): string | null {
  for (const [name, value] of Object.entries(headers)) {
    const isPointer = isNextPageMember(foldName(name.replace(/^x-/, '')), value) && value !== ownToken;
    if (isPointer || (name === 'link' && linksToNext(value))) return name;
  }
  return null;
}

function findSign(value: unknown, ownToken: string | null, path: string, depth: number): string | null {
  if (typeof value === 'string') return textHasNextLink(value, ownToken) ? path : null;
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return null;
  const members = value as Members;
  const relation = relationOf(members);
  if (relation === 'other') return null;
  if (relation === 'next') return join(path, 'rel');
  const counter = counterBeforeLast(members);
  if (counter !== null) return join(path, counter);
  for (const [name, inner] of Object.entries(members)) {
    const here = join(path, name);
    const folded = foldName(name);
    if (isNextPageMember(folded, inner)) return here;
    if (OTHER_PAGE.test(folded)) continue;
    const deeper = findSign(inner, ownToken, here, depth + 1);
    if (deeper !== null) return deeper;
  }
  return null;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Whether a member with this name and value says that there is a next page. @param folded see {@link foldName} */
function isNextPageMember(folded: string, value: unknown): boolean {
  if (HAS_MORE.test(folded)) return isTrue(value);
  if (IS_LAST.test(folded)) return value === false || isText(value, 'false');
  if (POINTER.test(folded) || (CONTINUATION.test(folded) && !NO_CONTINUATION.test(folded))) return hasValue(value);
  return false;
}

function isTrue(value: unknown): boolean {
  return hasValue(value) && !['false', 'no', 'none', 'null', '0'].some((no) => isText(value, no));
}

function isText(value: unknown, text: string): boolean {
  return typeof value === 'string' && value.trim().toLowerCase() === text;
}

/** `null`, `false`, numbers up to 0, empty text, empty objects and links without an address count as no value. */
function hasValue(value: unknown): boolean {
  if (typeof value === 'number') return value > 0;
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return !isDeadLink(value as Members) && Object.values(value).some(hasValue);
}

/** Whether a link has a place for its address, and nothing in it. */
function isDeadLink(members: Members): boolean {
  const targets = Object.entries(members).filter(([name]) => TARGET.test(foldName(name)));
  return targets.length > 0 && !targets.some(([, target]) => hasValue(target));
}

/** `{ "rel": "next", "href": "…" }`, as other APIs write a link, in any case. */
function relationOf(members: Members): 'next' | 'other' | null {
  const rel = Object.entries(members).find(([name]) => foldName(name) === 'rel')?.[1];
  const relations = (Array.isArray(rel) ? rel : [rel]).flatMap((text) => (typeof text === 'string' ? words(text) : []));
  if (relations.includes('next')) return isDeadLink(members) ? 'other' : 'next';
  return relations.some((relation) => OTHER_PAGE.test(relation)) ? 'other' : null;
}

function words(text: string): string[] {
  return text.toLowerCase().split(/\s+/);
}

/**
 * The name of the page counter that is surely not at the last of the pages counted. Servers count from 0 or from 1, so that
 * page 5 of 6 may be the last.
 */
function counterBeforeLast(members: Members): string | null {
  const counterAt = findNumber(PAGE_NUMBER, members);
  const pages = findNumber(PAGE_COUNT, members);
  if (!counterAt || !pages) return null;
  const [name, at] = counterAt;
  return at >= 0 && at + 1 < pages[1] ? name : null;
}

function findNumber(names: RegExp, members: Members): readonly [name: string, value: number] | undefined {
  return Object.entries(members).find(
    (member): member is [string, number] => typeof member[1] === 'number' && names.test(foldName(member[0])),
  );
}

function textHasNextLink(text: string, ownToken: string | null): boolean {
  return linksToNext(text) || [...text.matchAll(TOKEN_IN_URL)].some(([, token = '']) => isOtherToken(token, ownToken));
}

function isOtherToken(token: string, ownToken: string | null): boolean {
  return /[a-z0-9]/i.test(token) && token !== ownToken && decoded(token) !== ownToken;
}

function decoded(token: string): string | null {
  try {
    return decodeURIComponent(token);
  } catch {
    return null;
  }
}

function linksToNext(text: string): boolean {
  return [...text.matchAll(LINK_REL)].some(([, quoted, plain]) => words(quoted ?? plain ?? '').includes('next'));
}
