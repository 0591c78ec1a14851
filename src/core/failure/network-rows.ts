/**
 * The failure table of the network and of decompression. Data only.
 *
 * Sources: the error codes that Node, undici, its HTTP parser (HPE_…) and zlib (Z_…) document.
 */

import type { FailureRow } from './failure-row.ts';
import { KIND_HINTS, NETWORK_HINT, TIMEOUT_HINT, WRONG_HOST_HINT } from './hints.ts';

const RETRY = { action: 'retry', kind: 'retries_exhausted' } as const;

/** Exceptions while a request is sent or an answer is read. The first row that matches counts. */
export const NETWORK_ROWS: readonly FailureRow[] = [
  {
    ...RETRY,
    id: 'timeout',
    when: 'a connection, the head of an answer or the whole answer took too long (ETIMEDOUT, UND_ERR_CONNECT_TIMEOUT, UND_ERR_HEADERS_TIMEOUT, UND_ERR_BODY_TIMEOUT, AttemptTimedOut, AbortError, …)',
    hint: TIMEOUT_HINT,
    codes:
      /^(E(SOCKET)?TIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|UND_ERR_ABORT(ED)?|ABORT_ERR|ERR_TLS_HANDSHAKE_TIMEOUT|AttemptTimedOut|AbortError|TimeoutError)$/,
  },
  {
    ...RETRY,
    id: 'connection_broken',
    when: 'the connection broke or the body ended early (ECONNRESET, EPIPE, UND_ERR_SOCKET, UND_ERR_RES_CONTENT_LENGTH_MISMATCH, Z_BUF_ERROR, TransferBroken, …)',
    hint: NETWORK_HINT,
    codes:
      /^(ECONNRESET|EPIPE|ECONNABORTED|ENETRESET|UND_ERR_SOCKET|UND_ERR_INFO|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|ERR_STREAM_PREMATURE_CLOSE|HPE_INVALID_EOF_STATE|HPE_CLOSED_CONNECTION|Z_BUF_ERROR|TransferBroken)$/,
  },
  {
    ...RETRY,
    id: 'unreachable',
    when: 'the host could not be reached (ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, …)',
    concerns: 'run',
    hint: NETWORK_HINT,
    codes: /^(ECONNREFUSED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL)$/,
  },
  {
    // Resolvers answer ENOTFOUND for passing trouble too, and five attempts cost no more than 15 seconds.
    ...RETRY,
    id: 'name_not_resolved',
    when: 'the name of the host could not be resolved (ENOTFOUND, EAI_AGAIN, …)',
    concerns: 'run',
    hint: 'Check the spelling of DITIO_REPORTING_URL and DITIO_IDENTITY_URL, and that the function can resolve names (VPC DNS).',
    codes: /^(ENOTFOUND|EAI_\w+)$/,
  },
  {
    // A handshake that fails because of its certificate fails the same way a second later.
    id: 'certificate',
    when: 'the TLS handshake failed or the certificate is not trusted (CERT_…, ERR_TLS_…, ERR_SSL_…, SELF_SIGNED_CERT_…, EPROTO, …)',
    action: 'hard',
    kind: 'unexpected',
    concerns: 'run',
    hint: 'Check the base URL and whether a proxy opens TLS on the way; if the certificate of Ditio itself is wrong or expired, tell Ditio.',
    codes:
      /^(CERT_\w+|CRL_\w+|ERR_TLS_\w+|ERR_SSL_\w+|UNABLE_TO_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|EPROTO|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$/,
  },
  {
    id: 'not_http',
    when: 'the answer is not HTTP or its head is too large (HPE_…, UND_ERR_HEADERS_OVERFLOW, UND_ERR_RES_EXCEEDED_MAX_SIZE)',
    action: 'hard',
    kind: 'wire_format',
    hint: WRONG_HOST_HINT,
    codes: /^(HPE_\w+|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_EXCEEDED_MAX_SIZE)$/,
  },
  {
    ...RETRY,
    id: 'damaged_on_the_way',
    when: 'the compressed body is damaged or its checksum is wrong (Z_DATA_ERROR after the header)',
    hint: NETWORK_HINT,
    codes: /^Z_DATA_ERROR$/,
    says: /(data|length) check|crc mismatch|invalid (?!window)|too many/i,
  },
  {
    id: 'not_compressed_as_said',
    when: 'the body never was what its Content-Encoding says (Z_DATA_ERROR in the header, ERR_BROTLI_…)',
    action: 'hard',
    kind: 'wire_format',
    hint: KIND_HINTS.wire_format,
    codes: /^(Z_DATA_ERROR|Z_NEED_DICT|Z_STREAM_ERROR|ERR_BROTLI_\w+|ERR__ERROR_FORMAT_\w+)$/,
  },
];
