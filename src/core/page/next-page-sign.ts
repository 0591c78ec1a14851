/** Finds what points to a next page, other than `continuationToken`: members and texts of a page, headers of its answer. */

/** The names below are matched in lower case and letters only: `@odata.nextLink` is `odatanextlink`. */
const WORD_AFTER_NEXT =
  '(page|link|cursor|token|uri|url|href|offset|skip|index|key|marker|position|number|records?|results?|items?)';
const WORD_AFTER_MORE = '(data|pages?|records?|results?|items?|rows?|entries|available|exist|remaining|tofetch|toload)';

/** Names that ask whether there is more: the value true says yes. `moreInfo` is not such a name. */
const QUESTION = new RegExp(
  `^((has|is|are|thereis|thereare)?more${WORD_AFTER_MORE}*|(has|is)next${WORD_AFTER_NEXT}*|hascontinuation(token)?|(is|was)?(data|page|results?)?truncated)$`,
);

/**
 * Names of pointers: one with a value leads to the next page. Only these words may follow `next`, because a last page may
 * also have a `nextSync`, a `nextDeltaLink` or a `nextModifiedSince`.
 */
const POINTER = new RegExp(
  `^((odata)?next(continuation|${WORD_AFTER_NEXT})*|(page|skip)token|cursor|resum(e|ption)(token|key|from|at|cursor|link|ur[il]|id)?|lastevaluatedkey)$`,
);
const CONTINUATION = /continu(e|ation)/;
/** Names of the token that was used, or of a property of tokens: they do not lead to the next page. */
const NO_CONTINUATION =
  /^(discontinu|own|prev|previous|current|self|first|last|requested|request|received|sent|used|original)|(expir|lifetime|ttl|valid|support|format|version|length|size|param|name|minutes|seconds|used|sent)/;

/** Names that ask whether this is the last page: the value false says no. `last` is left out, because it may be about a link. */
const LAST = /^(is(the)?last(page|chunk|batch)?|(is)?done|(is)?endof(data|pages|results|records|stream|sync)|eof)$/;

/** Names and relations of other pages, or of the request itself. What is inside never points to the next page. */
const ELSEWHERE = new RegExp(
  `^(odata)?(self|prev|previous|first|last|canonical|requested|request|query|parameters?|params|arguments)(string|path|${WORD_AFTER_NEXT})*$`,
);

/** Members of a link that say where it leads. */
const TARGET = /^(href|ur[il]|link|target|path)$/;

/** `ContinuationToken=…` in an address, also where the address is itself encoded. A template (`{token}`) has no value. */
const IN_TEXT = /continuation[-_]?token(?:=|%3d)([^&#\s"'<>{}]*)/gi;
/** `rel=next` and `rel="prev next"` of a `Link` header (RFC 8288, section 3). */
const RELATION = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/gi;

/** The number of this page, and the number of all pages. */
const PAGE_AT = /^(number|page|(current|this)page(number|index)?|page(number|index|no))$/;
const PAGES = /^(totalpages|totalpagecount|numberofpages|lastpage)$/;

/** Deeper than any real envelope. */
const MAX_DEPTH = 5;

type Members = Readonly<Record<string, unknown>>;

/**
 * The path of the first member that points to a next page, such as `links.next` or `ContinuationToken`; null without one.
 *
 * @param members every member of the page except its records and `continuationToken`
 * @param ownToken the token that the page was asked for with: an address that repeats it leads to the page itself
 */
export function nextPageSign(members: unknown, ownToken: string | null): string | null {
  return signWithin(members, ownToken, '', 0);
}

/**
 * The name of the first header that points to a next page, such as `link` or `x-continuation-token`; null without one.
 *
 * @param headers names in lower case
 */
export function nextPageHeader(headers: Readonly<Record<string, string>>, ownToken: string | null): string | null {
  for (const [name, value] of Object.entries(headers)) {
    const isPointer = pointsOn(foldName(name.replace(/^x-/, '')), value) && value !== ownToken;
    if (isPointer || (name === 'link' && linksToNext(value))) return name;
  }
  return null;
}

function signWithin(value: unknown, ownToken: string | null, path: string, depth: number): string | null {
  if (typeof value === 'string') return leadsOn(value, ownToken) ? path : null;
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return null;
  const members = value as Members;
  const relation = relationOf(members);
  if (relation === 'elsewhere') return null;
  if (relation === 'next') return join(path, 'rel');
  const counter = counterBeforeLast(members);
  if (counter !== null) return join(path, counter);
  for (const [name, inner] of Object.entries(members)) {
    const here = join(path, name);
    const folded = foldName(name);
    if (pointsOn(folded, inner)) return here;
    if (ELSEWHERE.test(folded)) continue;
    const deeper = signWithin(inner, ownToken, here, depth + 1);
    if (deeper !== null) return deeper;
  }
  return null;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The letters of a name in lower case, so that `has_more` and `HasMore` are one. */
export function foldName(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '');
}

function pointsOn(folded: string, value: unknown): boolean {
  if (QUESTION.test(folded)) return saysYes(value);
  if (LAST.test(folded)) return value === false || isText(value, 'false');
  if (POINTER.test(folded) || (CONTINUATION.test(folded) && !NO_CONTINUATION.test(folded)))
    return leadsSomewhere(value);
  return false;
}

function saysYes(value: unknown): boolean {
  return leadsSomewhere(value) && !['false', 'no', 'none', 'null', '0'].some((no) => isText(value, no));
}

function isText(value: unknown, text: string): boolean {
  return typeof value === 'string' && value.trim().toLowerCase() === text;
}

/** `null`, `false`, numbers up to 0, empty text, empty objects and links without an address lead nowhere. */
function leadsSomewhere(value: unknown): boolean {
  if (typeof value === 'number') return value > 0;
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return !isDeadLink(value as Members) && Object.values(value).some(leadsSomewhere);
}

/** Whether a link has a place for its address, and nothing in it. */
function isDeadLink(members: Members): boolean {
  const targets = Object.entries(members).filter(([name]) => TARGET.test(foldName(name)));
  return targets.length > 0 && !targets.some(([, target]) => leadsSomewhere(target));
}

/** `{ "rel": "next", "href": "…" }`, as other APIs write a link, in any case. */
function relationOf(members: Members): 'next' | 'elsewhere' | null {
  const rel = Object.entries(members).find(([name]) => foldName(name) === 'rel')?.[1];
  const relations = (Array.isArray(rel) ? rel : [rel]).flatMap((text) => (typeof text === 'string' ? words(text) : []));
  if (relations.includes('next')) return isDeadLink(members) ? 'elsewhere' : 'next';
  return relations.some((relation) => ELSEWHERE.test(relation)) ? 'elsewhere' : null;
}

function words(text: string): string[] {
  return text.toLowerCase().split(/\s+/);
}

/**
 * The name of the page counter that is surely not at the last of the pages counted. Servers count from 0 or from 1, so that
 * page 5 of 6 may be the last.
 */
function counterBeforeLast(members: Members): string | null {
  const counterAt = numberNamed(PAGE_AT, members);
  const pages = numberNamed(PAGES, members);
  if (!counterAt || !pages) return null;
  const [name, at] = counterAt;
  return at >= 0 && at + 1 < pages[1] ? name : null;
}

function numberNamed(names: RegExp, members: Members): readonly [name: string, value: number] | undefined {
  return Object.entries(members).find(
    (member): member is [string, number] => typeof member[1] === 'number' && names.test(foldName(member[0])),
  );
}

function leadsOn(text: string, ownToken: string | null): boolean {
  return linksToNext(text) || [...text.matchAll(IN_TEXT)].some(([, token = '']) => isOtherToken(token, ownToken));
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
  return [...text.matchAll(RELATION)].some(([, quoted, plain]) => words(quoted ?? plain ?? '').includes('next'));
}
