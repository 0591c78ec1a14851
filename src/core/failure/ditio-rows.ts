/**
 * The failure tables of Ditio's API and of its identity server. Data only.
 *
 * Sources: Ditio's documentation of error handling and authentication; RFC 6749, section 5.2, for OAuth errors.
 */

import type { FailureRow } from './failure-row.ts';
import { KIND_HINTS, NETWORK_HINT, SERVER_ERROR_HINT, WRONG_HOST_HINT } from './hints.ts';
import { NETWORK_ROWS } from './network-rows.ts';

const RETRY = { action: 'retry', kind: 'retries_exhausted' } as const;

/** Refusals of the identity server, by the OAuth error in its body or else by status. */
const OAUTH_ROWS: readonly FailureRow[] = [
  {
    id: 'invalid_client',
    when: 'OAuth error invalid_client or invalid_grant: unknown client, wrong secret, or a client of the other environment',
    action: 'hard',
    kind: 'credentials',
    hint: 'Put the right client_id and client_secret into the secret: they are wrong, rotated, disabled, or belong to the other Ditio environment (DITIO_ENVIRONMENT).',
    codes: /^invalid_(client|grant)$/,
  },
  {
    id: 'unauthorized_client',
    when: 'OAuth error unauthorized_client, unsupported_grant_type or access_denied: the client may not request tokens this way',
    action: 'hard',
    kind: 'credentials',
    hint: 'Ask Ditio to allow the grant type client_credentials for this client, or to enable the client.',
    codes: /^(unauthorized_client|unsupported_grant_type|access_denied)$/,
  },
  {
    id: 'invalid_scope',
    when: 'OAuth error invalid_scope: the client may not use the scope',
    action: 'hard',
    kind: 'credentials',
    hint: 'Ask Ditio to allow the scope reportingapiv1 for this client.',
    codes: /^invalid_scope$/,
  },
  {
    ...RETRY,
    id: 'token_unavailable',
    when: 'OAuth error server_error or temporarily_unavailable',
    hint: SERVER_ERROR_HINT,
    codes: /^(server_error|temporarily_unavailable)$/,
  },
];

const TOKEN_REFUSED: FailureRow = {
  id: 'token_refused',
  when: 'status 400, 401 or 403 of the token endpoint without a known OAuth error',
  action: 'hard',
  kind: 'credentials',
  hint: `${KIND_HINTS.credentials.slice(0, -1)}; read detail to see what the identity server said.`,
  statuses: [400, 401, 403],
};

/** Answers by status that may come from anything between here and the API. The first row that matches counts. */
const GATEWAY_ROWS: readonly FailureRow[] = [
  {
    ...RETRY,
    id: 'rate_limited',
    when: 'status 429: too many requests',
    throttled: true,
    hint: 'Lower MAX_CONCURRENT_STREAMS or run the schedule less often, and check what else uses the same client, because Ditio limits the rate.',
    statuses: [429],
  },
  {
    ...RETRY,
    id: 'server_error',
    when: 'status 500 to 599: trouble at Ditio or at a gateway before it',
    hint: SERVER_ERROR_HINT,
    statuses: [[500, 599]],
  },
  {
    ...RETRY,
    id: 'request_timeout',
    when: 'status 408 or 425: a server or proxy waited too long for the request, or wants it again later',
    hint: NETWORK_HINT,
    statuses: [408, 425],
  },
  {
    id: 'blocked_unauthorized',
    when: 'status 401 with a body of HTML or XML: something before the API asks for a login',
    action: 'renew_token',
    kind: 'blocked',
    hint: KIND_HINTS.blocked,
    statuses: [401],
    isMarkup: true,
  },
  {
    id: 'blocked',
    when: 'any other status 400 to 499 with a body of HTML or XML: a gateway, a firewall or a stopped application answered',
    action: 'hard',
    kind: 'blocked',
    hint: KIND_HINTS.blocked,
    statuses: [[400, 499]],
    isMarkup: true,
  },
  {
    // Source: reports of users, such as JimmyLaurent/cloudflare-scraper#27. The documentation knows HTML only.
    id: 'blocked_in_plain_text',
    when: 'status 400 to 499 with nothing but "error code: 1020" or a like number: Cloudflare answered',
    action: 'hard',
    kind: 'blocked',
    hint: KIND_HINTS.blocked,
    statuses: [[400, 499]],
    says: /^error code: 1\d{3}$/,
  },
];

/** Answers of the API itself by their status. The first row that matches counts. */
const API_ROWS: readonly FailureRow[] = [
  {
    id: 'unauthorized',
    when: 'status 401: token missing, expired, without the scope or of the other environment; hard when a new token gets 401 too',
    action: 'renew_token',
    kind: 'unauthorized',
    hint: KIND_HINTS.unauthorized,
    statuses: [401],
  },
  {
    id: 'forbidden',
    when: 'status 403: valid token, not allowed',
    action: 'hard',
    kind: 'forbidden',
    hint: KIND_HINTS.forbidden,
    statuses: [403],
  },
  {
    id: 'not_found',
    when: 'status 404 or 410: no such endpoint or resource',
    action: 'hard',
    kind: 'not_found',
    hint: KIND_HINTS.not_found,
    statuses: [404, 410],
  },
  {
    id: 'invalid_window',
    when: 'status 400 that speaks of ModifiedSince, ModifiedBefore, a date window or its ends',
    action: 'hard',
    kind: 'invalid_window',
    hint: KIND_HINTS.invalid_window,
    statuses: [400],
    says: /\bmodified(since|before)\b|\b(from|to)date(time)?\b|\b(date|time|incremental) ?(window|range)\b/i,
  },
  {
    // Documented by name. The extractor deletes nothing and has never seen it.
    id: 'deletion_blocked',
    when: 'status 400 that says that a resource with dependent data cannot be deleted',
    action: 'hard',
    kind: 'deletion_blocked',
    hint: KIND_HINTS.deletion_blocked,
    statuses: [400],
    says: /\b(cannot|can not|may not) be deleted\b|\bnot deletable\b/i,
  },
  {
    id: 'bad_request',
    when: 'status 400 or 422: bad parameters or failed validation',
    action: 'hard',
    kind: 'bad_request',
    hint: KIND_HINTS.bad_request,
    statuses: [400, 422],
  },
  {
    id: 'redirect',
    when: 'status 300 to 399: redirects are refused, so that the token goes to no other host',
    action: 'hard',
    kind: 'wire_format',
    hint: WRONG_HOST_HINT,
    statuses: [[300, 399]],
  },
  {
    id: 'not_a_page',
    when: 'status 201 to 299: success without a page',
    action: 'hard',
    kind: 'wire_format',
    hint: KIND_HINTS.wire_format,
    statuses: [[201, 299]],
  },
  {
    id: 'unknown_status',
    when: 'any other status',
    action: 'hard',
    kind: 'unexpected',
    hint: 'Read detail, and check for a proxy or firewall between the function and Ditio, because Ditio does not document this status.',
    statuses: [[100, 999]],
  },
];

/** Answers with status 200 that are not a page; found while the answer is read. */
export const ANSWER_ROWS = {
  html: {
    id: 'html',
    when: 'status 200 with a body declared as HTML',
    action: 'hard',
    kind: 'wire_format',
    hint: WRONG_HOST_HINT,
  },
  charset: {
    id: 'charset',
    when: 'status 200 with text in another charset than UTF-8',
    action: 'hard',
    kind: 'wire_format',
    hint: 'Ask Ditio to send this endpoint in UTF-8 again, because only UTF-8 is read; nothing was stored.',
  },
  body: {
    id: 'body',
    when: 'status 200 with an unknown Content-Encoding, or a body past its bounds',
    action: 'hard',
    kind: 'wire_format',
    hint: KIND_HINTS.wire_format,
  },
} as const satisfies Record<string, FailureRow>;

const UNKNOWN_EXCEPTION: FailureRow = {
  id: 'unknown_exception',
  when: 'any other exception',
  action: 'hard',
  kind: 'unexpected',
  hint: KIND_HINTS.unexpected,
};

/** The API, and the network on the way to it. */
export const DITIO_TABLE: readonly FailureRow[] = [...NETWORK_ROWS, ...GATEWAY_ROWS, ...API_ROWS, UNKNOWN_EXCEPTION];

/** The identity server. Without a token no stream can work, so every row concerns the run. */
export const IDENTITY_TABLE: readonly FailureRow[] = [
  ...OAUTH_ROWS,
  ...NETWORK_ROWS,
  ...GATEWAY_ROWS,
  TOKEN_REFUSED,
  ...API_ROWS,
  UNKNOWN_EXCEPTION,
].map((row) => ({ ...row, concerns: 'run' }));

/** Every row above once, in the order of the documentation. */
export const ALL_DITIO_ROWS: readonly FailureRow[] = [
  ...GATEWAY_ROWS,
  ...API_ROWS,
  ...OAUTH_ROWS,
  TOKEN_REFUSED,
  ...NETWORK_ROWS,
  ...Object.values(ANSWER_ROWS),
  UNKNOWN_EXCEPTION,
];
