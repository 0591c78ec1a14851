/**
 * Says in one sentence what a person should do about each kind of failure.
 *
 * The failure tables have more exact hints. These are used for a failure without a hint of its own.
 */

import type { FailureKind } from './errors.ts';

export const KIND_HINTS: Readonly<Record<FailureKind, string>> = {
  config: 'Correct what the message names, in the environment of the function or in the event, and run again.',
  credentials:
    'Check client_id and client_secret in the secret, that they belong to this Ditio environment, and that the client may use the scope reportingapiv1.',
  unauthorized:
    'Ask Ditio whether the client was deleted or disabled, has passed its ValidUntil, has no allowed scopes, lacks the scope reportingapiv1, or has an emulation user that is missing or disabled, and check that credentials and URLs belong to the same environment (DITIO_ENVIRONMENT).',
  forbidden:
    'Check three causes: the client lacks the scope for this endpoint, the resource belongs to another company (COMPANY_ID, PROJECT_ID), or the endpoint needs a client that represents an administrator (project, resource, user and payroll-lines-extended do).',
  blocked:
    'Something before the API refused the request, such as a gateway, a firewall or a stopped application: read detail, check the base URL, proxies and firewall rules on the way, and if they are right ask Ditio whether its service is running.',
  bad_request:
    'Read detail and errors to see which parameter Ditio refused, because the same request will be refused again.',
  invalid_window:
    'Check the dates of the backfill or HISTORY_START: modifiedBefore needs an earlier modifiedSince, and a date window needs both from and to, in that order.',
  not_found:
    'Check DITIO_REPORTING_URL and DITIO_IDENTITY_URL; if they are right, Ditio has moved or removed this endpoint, or does not have it in this environment yet: leave the stream out of STREAMS until it does.',
  retries_exhausted:
    'Wait for the next run, which continues from the same place; if the failure continues, ask Ditio and send the request, the time and the trace_id of this line.',
  wire_format: 'Keep this line and ask Ditio what changed in the answer of this endpoint; nothing was stored.',
  pagination_loop:
    'Reset the stream to start a full sync, and if the failure comes back tell Ditio that the endpoint repeats its continuation tokens; nothing was stored.',
  lake: 'Check that LAKE_URL exists and that the role of the function may write to it and use its encryption key.',
  state: 'Check that STATE_TABLE exists and that the role of the function may read and write it.',
  unexpected:
    'Keep this line with its code and stack and report it, because this failure is not a known one; the next run tries again from the same place.',
  deletion_blocked:
    'Deactivate the resource with active: false, or ask the is-deletable check first, because the resource has dependent data.',
};

export const SERVER_ERROR_HINT =
  'Wait for the next run, which continues from the same place; if Ditio keeps answering 5xx, contact its support with the request, the time and the trace_id of this line.';
export const TIMEOUT_HINT =
  'Lower PAGE_SIZE so that a page is ready sooner, or raise REQUEST_TIMEOUT_SECONDS; the next run continues from the same place.';
export const NETWORK_HINT =
  'Check that the function can reach the host (VPC, NAT, firewall, proxy) and whether Ditio is up; the next run continues from the same place.';
export const WRONG_HOST_HINT =
  'Check the base URL (DITIO_REPORTING_URL, DITIO_IDENTITY_URL or DITIO_ENVIRONMENT), because the answer did not come from the Ditio API.';
