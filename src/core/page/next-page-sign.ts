/** Finds a member of a page, other than `continuationToken`, that points to a next page. */

/** Names of members, in lower case and letters only, that point to a next page when they have a value. */
const SIGNS: ReadonlySet<string> = new Set([
  'continuation',
  'continuationtoken',
  'cursor',
  'hasmore',
  'hasmoredata',
  'hasmorepages',
  'hasmorerecords',
  'hasmoreresults',
  'hasnext',
  'hasnextpage',
  'next',
  'nextcontinuationtoken',
  'nextcursor',
  'nextlink',
  'nexthref',
  'nextpage',
  'nextpagelink',
  'nextpagetoken',
  'nextpageuri',
  'nextpageurl',
  'nextskiptoken',
  'nexttoken',
  'nexturi',
  'nexturl',
  'odatanextlink',
  'pagetoken',
  'skiptoken',
]);

/** Deeper than any real envelope. */
const MAX_DEPTH = 5;

/**
 * The path of the first member that points to a next page, such as `links.next` or `ContinuationToken`; null without one.
 *
 * @param members every member of the page except its records and `continuationToken`
 */
export function nextPageSign(members: unknown, path = '', depth = 0): string | null {
  if (typeof members !== 'object' || members === null || depth > MAX_DEPTH) return null;
  // `links: [{ "rel": "next", "href": "…" }]`, as other APIs write it.
  if ((members as { rel?: unknown }).rel === 'next') return `${path}.rel`;
  for (const [name, value] of Object.entries(members)) {
    const here = path === '' ? name : `${path}.${name}`;
    if (SIGNS.has(name.toLowerCase().replace(/[^a-z]/g, '')) && holdsSomething(value)) return here;
    const deeper = nextPageSign(value, here, depth + 1);
    if (deeper !== null) return deeper;
  }
  return null;
}

/** `null`, `false`, `0`, empty text and empty objects count as no value. */
function holdsSomething(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(holdsSomething);
  return Boolean(value);
}
