/**
 * Rows of the failure table for what Ditio and its identity server answer. Data only.
 *
 * Sources: Ditio's documentation of error handling and authentication; RFC 6749, section 5.2, for OAuth errors.
 */

import { type FailureRow, NETWORK_HINT, SERVER_ERROR_HINT, WRONG_HOST_HINT } from './failure-row.ts';
import { KIND_HINTS } from './hints.ts';

/** Rows for the status of an answer, the body deciding between those of status 400. */
export const STATUS_ROWS = {
  rate_limited: {
    id: 'rate_limited',
    when: 'status 429: too many requests',
    action: 'retry',
    kind: 'retries_exhausted',
    hint: 'Ditio limits the rate: lower MAX_CONCURRENT_STREAMS or run the schedule less often, and check what else uses the same client.',
    statuses: [429],
  },
  server_error: {
    id: 'server_error',
    when: 'status 500, 502, 503 or 504: trouble at Ditio or before it',
    action: 'retry',
    kind: 'retries_exhausted',
    hint: SERVER_ERROR_HINT,
    statuses: [500, 502, 503, 504],
  },
  request_timeout: {
    id: 'request_timeout',
    when: 'status 408: a server or proxy waited too long for the request',
    action: 'retry',
    kind: 'retries_exhausted',
    hint: NETWORK_HINT,
    statuses: [408],
  },
  unauthorized: {
    id: 'unauthorized',
    when: 'status 401: token missing or expired; a new token that gets 401 too is hard',
    action: 'renew_token',
    kind: 'unauthorized',
    hint: KIND_HINTS.unauthorized,
    statuses: [401],
  },
  forbidden: {
    id: 'forbidden',
    when: 'status 403: valid token, not allowed',
    action: 'hard',
    kind: 'forbidden',
    hint: `${KIND_HINTS.forbidden.slice(0, -1)}; payroll-lines-extended also needs a client that represents an administrator.`,
    statuses: [403],
  },
  not_found: {
    id: 'not_found',
    when: 'status 404 or 410: no such endpoint or resource',
    action: 'hard',
    kind: 'not_found',
    hint: KIND_HINTS.not_found,
    statuses: [404, 410],
  },
  bad_request: {
    id: 'bad_request',
    when: 'status 400 or 422: bad parameters or failed validation',
    action: 'hard',
    kind: 'bad_request',
    hint: KIND_HINTS.bad_request,
    statuses: [400, 422],
  },
  invalid_window: {
    id: 'invalid_window',
    when: 'status 400 that speaks of ModifiedSince, ModifiedBefore, FromDateTime or ToDateTime',
    action: 'hard',
    kind: 'invalid_window',
    hint: KIND_HINTS.invalid_window,
  },
  deletion_blocked: {
    id: 'deletion_blocked',
    when: 'status 400 to a DELETE that speaks of dependent data',
    action: 'hard',
    kind: 'deletion_blocked',
    hint: KIND_HINTS.deletion_blocked,
  },
  redirect: {
    id: 'redirect',
    when: 'status 3xx: redirects are refused, so that the token goes to no other host',
    action: 'hard',
    kind: 'wire_format',
    hint: WRONG_HOST_HINT,
  },
  not_a_page: {
    id: 'not_a_page',
    when: 'status 2xx other than 200: success without a page',
    action: 'hard',
    kind: 'wire_format',
    hint: KIND_HINTS.wire_format,
  },
  unknown_status: {
    id: 'unknown_status',
    when: 'any other status',
    action: 'hard',
    kind: 'unexpected',
    hint: 'Ditio does not document this status: read detail, and check for a proxy or firewall between the function and Ditio.',
  },
} as const satisfies Record<string, FailureRow>;

/** Rows for answers of the token endpoint, by the OAuth error in the body. */
export const OAUTH_ROWS = {
  invalid_client: {
    id: 'invalid_client',
    when: 'OAuth error invalid_client: unknown client or wrong secret',
    action: 'hard',
    kind: 'credentials',
    hint: 'Put the right client_id and client_secret into the secret: they are wrong, rotated, disabled, or of the other Ditio environment.',
    oauth: ['invalid_client', 'invalid_grant'],
  },
  unauthorized_client: {
    id: 'unauthorized_client',
    when: 'OAuth error unauthorized_client or unsupported_grant_type: the client may not ask for tokens this way',
    action: 'hard',
    kind: 'credentials',
    hint: 'Ask Ditio to allow the grant type client_credentials for this client, or to enable it.',
    oauth: ['unauthorized_client', 'unsupported_grant_type', 'access_denied'],
  },
  invalid_scope: {
    id: 'invalid_scope',
    when: 'OAuth error invalid_scope: the client may not use the scope',
    action: 'hard',
    kind: 'credentials',
    hint: 'Ask Ditio to allow the scope reportingapiv1 for this client.',
    oauth: ['invalid_scope'],
  },
  token_unavailable: {
    id: 'token_unavailable',
    when: 'OAuth error server_error or temporarily_unavailable',
    action: 'retry',
    kind: 'retries_exhausted',
    hint: SERVER_ERROR_HINT,
    oauth: ['server_error', 'temporarily_unavailable'],
  },
  token_refused: {
    id: 'token_refused',
    when: 'status 400, 401 or 403 of the token endpoint without a known OAuth error',
    action: 'hard',
    kind: 'credentials',
    hint: `${KIND_HINTS.credentials.slice(0, -1)}; read detail for what the identity server said.`,
  },
} as const satisfies Record<string, FailureRow>;

/** Rows for answers with status 200 that are no page; found while the answer is read. */
export const ANSWER_ROWS = {
  html: {
    id: 'html',
    when: 'status 200 with a body declared as text/html',
    action: 'hard',
    kind: 'wire_format',
    hint: WRONG_HOST_HINT,
  },
  body: {
    id: 'body',
    when: 'status 200 with an unknown Content-Encoding, or a body past its bounds',
    action: 'hard',
    kind: 'wire_format',
    hint: KIND_HINTS.wire_format,
  },
} as const satisfies Record<string, FailureRow>;
