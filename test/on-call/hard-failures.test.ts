/**
 * The question of the night: with nothing but the one `hard_failure` line, can a person tell what happened, to which
 * stream, and what to do now? Each kind is provoked as it would come about, and its line is read.
 *
 * Whole invocations over loopback where nothing has to wait; virtual time where five attempts must fail. Every line
 * passes the log contract as well (`log-check.ts`).
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startDynamo } from '../../local/dynamo.ts';
import { type Fault, type Simulator, startSimulator } from '../../simulator/index.ts';
import { compose } from '../../src/compose.ts';
import { FAILURE_KINDS, type FailureKind } from '../../src/core/failure/errors.ts';
import { KIND_HINTS } from '../../src/core/failure/hints.ts';
import type { LogFields } from '../../src/core/scope.ts';
import { createCheckedLog } from '../fakes/log-check.ts';
import { type SecretsServer, startSecretsServer } from '../fakes/secrets-server.ts';
import { variablesOf } from '../fakes/simulator-variables.ts';
import { AUTO, createStage } from '../sync/stage.ts';

type Env = Record<string, string>;

/** What goes wrong, and what the person on call must find in the line. */
interface Night {
  readonly name: string;
  readonly kind: FailureKind;
  /** Null where the run as a whole failed. */
  readonly stream: 'project' | null;
  readonly provoke: () => Promise<readonly LogFields[]>;
  readonly message: RegExp;
  readonly hint: RegExp;
  /** Null where no request was sent. */
  readonly request: RegExp | null;
  readonly status?: number;
  readonly code?: string;
  readonly detail?: RegExp;
  readonly traceId?: string;
}

const PAGE = /^GET http:\/\/127\.0\.0\.1:\d+\/reporting\/v1\/project\?ChunkLimit=50/;
const TOKEN = /^POST http:\/\/127\.0\.0\.1:\d+\/connect\/token$/;
const SECRET = /^Secrets Manager GetSecretValue$/;
const ANY_PAGE = /^GET https:\/\/core\.example\/reporting\/v1\/project\?/;

let simulator: Simulator;
let secrets: SecretsServer;
let folder: string;
/** Answers 403 with HTML, and as a table with other keys. */
let proxy: Answering;
let otherTable: Answering;
let nights = 0;

before(async () => {
  simulator = await startSimulator({ records: 400, counts: { project: 120 }, seed: 5 });
  secrets = await startSecretsServer('ditio');
  proxy = await answering(403, 'text/html', '<html><head><title>Access denied by policy</title><br></html>');
  otherTable = await answering(
    400,
    'application/x-amz-json-1.0',
    '{"__type":"com.amazon.coral.validate#ValidationException","message":"Query condition missed key schema element: id"}',
  );
  folder = mkdtempSync(join(tmpdir(), 'on-call-'));
});
after(async () => {
  await simulator.close();
  await secrets.close();
  proxy.close();
  otherTable.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answering {
  readonly url: string;
  close(): void;
}

/** A server that always gives the same answer. */
async function answering(code: number, type: string, body: string): Promise<Answering> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(code, { 'content-type': type }).end(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** One invocation in a world that is in order but for `change`; the `hard_failure` lines it wrote. */
async function night(change: (env: Env) => void, event: unknown = { action: 'sync' }): Promise<readonly LogFields[]> {
  const log = createCheckedLog({ secrets: [simulator.clientSecret] });
  // A state of its own: no cursor that was left open, no token that was stored.
  const dynamo = await startDynamo(undefined, 'state');
  nights += 1;
  const env: Env = {
    ...variablesOf(simulator),
    STATE_TABLE: 'state',
    LAKE_URL: pathToFileURL(join(folder, String(nights))).href,
    STREAMS: 'project',
    PAGE_SIZE: '50',
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_REGION: 'eu-north-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  change(env);
  const context = { getRemainingTimeInMillis: () => 60_000 };
  try {
    await assert.rejects(compose(env, { writer: log.writer, metrics: log.metrics }).handle(event, context));
  } finally {
    await dynamo.close();
  }
  return log.of('hard_failure');
}

/** Ditio answers every page, or every request for a token, with a fault. */
function ditio(fault: Fault, endpoint: 'page' | 'token' = 'page') {
  return async () => {
    simulator.faults.add({ fault, endpoint, times: 1000 });
    try {
      return await night(() => {});
    } finally {
      simulator.faults.clear();
    }
  };
}

const GOOD = () => JSON.stringify({ client_id: simulator.clientId, client_secret: simulator.clientSecret });

function useSecret(env: Env, text: string, id = 'ditio'): void {
  delete env.DITIO_CLIENT_ID;
  delete env.DITIO_CLIENT_SECRET;
  env.DITIO_SECRET_ID = id;
  env.AWS_ENDPOINT_URL_SECRETS_MANAGER = secrets.endpoint;
  secrets.put({ SecretString: text });
}

const status = (code: number, more: object = {}): Fault => ({ kind: 'status', status: code, ...more });

/** One answer to a page, in virtual time. */
async function answered(answer: {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}): Promise<readonly LogFields[]> {
  const stage = createStage(['project']);
  stage.world.model.answer = () => ({ headers: {}, ...answer });
  await stage.run(AUTO);
  return stage.world.failures;
}

const NIGHTS: readonly Night[] = [
  {
    name: 'a variable is missing and another is wrong',
    kind: 'config',
    stream: null,
    provoke: () =>
      night((env) => {
        delete env.STATE_TABLE;
        env.PAGE_SIZE = 'many';
      }),
    message: /STATE_TABLE is required.*PAGE_SIZE must be a whole number|PAGE_SIZE.*STATE_TABLE/,
    hint: /environment of the function or in the event/,
    request: null,
  },
  {
    name: 'an event is mistyped',
    kind: 'config',
    stream: null,
    provoke: () => night(() => {}, { action: 'backfil' }),
    message: /"action" must be one of sync, backfill, status, check, reset, not "backfil"/,
    hint: /in the event/,
    request: null,
  },
  {
    name: 'the client secret is wrong',
    kind: 'credentials',
    stream: null,
    provoke: () => night((env) => useSecret(env, GOOD().replace('"client_secret":"', '"client_secret":"not-'))),
    message: /connect\/token failed: status 400 invalid_client/,
    hint: /client_id and client_secret into the secret.*other Ditio environment/,
    request: TOKEN,
    status: 400,
    code: 'invalid_client',
  },
  {
    name: 'the client may not use the scope',
    kind: 'credentials',
    stream: null,
    provoke: ditio(status(400, { code: 'invalid_scope' }), 'token'),
    message: /invalid_scope/,
    hint: /Ask Ditio to allow the scope reportingapiv1/,
    request: TOKEN,
    status: 400,
    code: 'invalid_scope',
  },
  {
    name: 'the secret does not exist',
    kind: 'credentials',
    stream: null,
    provoke: () => night((env) => useSecret(env, GOOD(), 'another')),
    message: /Secrets Manager GetSecretValue failed/,
    hint: /DITIO_SECRET_ID names a secret of this account and region/,
    request: SECRET,
    status: 400,
    code: 'ResourceNotFoundException',
  },
  {
    name: 'the client was disabled',
    kind: 'unauthorized',
    stream: 'project',
    provoke: ditio(status(401)),
    message: /failed: status 401.*, also with a new token/,
    hint: /deleted or disabled.*ValidUntil.*no allowed scopes.*emulation user/,
    request: PAGE,
    status: 401,
  },
  {
    name: 'the client may not read the stream',
    kind: 'forbidden',
    stream: 'project',
    provoke: ditio(status(403)),
    message: /failed: status 403 Forbidden: You are not allowed/,
    hint: /scope for this endpoint.*another company.*COMPANY_ID.*administrator/,
    request: PAGE,
    status: 403,
  },
  {
    name: 'Ditio refuses a parameter',
    kind: 'bad_request',
    stream: 'project',
    provoke: ditio(status(400, { body: 'validation', message: 'The CompanyId is not valid.' })),
    message: /failed: status 400/,
    hint: /Read detail and errors/,
    request: PAGE,
    status: 400,
    detail: /Validation failed/,
  },
  {
    name: 'Ditio refuses the dates',
    kind: 'invalid_window',
    stream: 'project',
    provoke: ditio(status(400, { message: 'ModifiedBefore requires ModifiedSince.' })),
    message: /ModifiedBefore requires ModifiedSince/,
    hint: /dates of the backfill or HISTORY_START/,
    request: PAGE,
    status: 400,
    detail: /ModifiedBefore/,
  },
  {
    name: 'Ditio says that a resource cannot be deleted',
    kind: 'deletion_blocked',
    stream: 'project',
    provoke: ditio(status(400, { message: 'The project has dependent data and cannot be deleted.' })),
    message: /failed: status 400/,
    hint: /active: false.*is-deletable/,
    request: PAGE,
    status: 400,
    detail: /cannot be deleted/,
  },
  {
    name: 'Ditio’s application is stopped',
    kind: 'blocked',
    stream: 'project',
    provoke: () =>
      answered({
        status: 403,
        headers: { 'content-type': 'text/html', 'x-azure-ref': 'made-up-ref' },
        body: '<html><head><title>Web App - Unavailable</title></head></html>',
      }),
    message: /failed: status 403: Web App - Unavailable$/,
    hint: /gateway, a firewall or a stopped application.*base URL/,
    request: ANY_PAGE,
    status: 403,
    detail: /^Web App - Unavailable$/,
    traceId: 'made-up-ref',
  },
  {
    name: 'a proxy stands before S3',
    kind: 'blocked',
    stream: null,
    provoke: () =>
      night((env) => {
        env.LAKE_URL = 's3://bucket/lake';
        env.AWS_ENDPOINT_URL_S3 = proxy.url;
      }),
    message: /^S3 PutObject failed: Access denied by policy$/,
    hint: /proxy.*AWS_ENDPOINT_URL_S3.*the role of the function is not the cause/,
    request: /^S3 PutObject$/,
    status: 403,
  },
  {
    name: 'the token lacks the scope, which an empty 401 says in its head',
    kind: 'unauthorized',
    stream: 'project',
    provoke: () =>
      answered({
        status: 401,
        headers: { 'www-authenticate': 'Bearer error="invalid_token", error_description="The audience is invalid"' },
        body: '',
      }),
    message: /failed: status 401 invalid_token: The audience is invalid, also with a new token$/,
    hint: /lacks the scope reportingapiv1.*same environment/,
    request: ANY_PAGE,
    status: 401,
    code: 'invalid_token',
    detail: /audience/,
  },
  {
    name: 'Ditio answers 200 with an error in place of a page',
    kind: 'wire_format',
    stream: 'project',
    provoke: () =>
      answered({ status: 200, body: '{"error":"Maintenance","message":"Back at noon.","traceId":"made-up"}' }),
    message: /; the answer says Maintenance: Back at noon\.$/,
    hint: /ask Ditio/,
    request: ANY_PAGE,
    status: 200,
    code: 'Maintenance',
    detail: /^Back at noon\.$/,
    traceId: 'made-up',
  },
  {
    name: 'the table has other keys',
    kind: 'state',
    stream: null,
    provoke: () =>
      night((env) => {
        env.AWS_ENDPOINT_URL_DYNAMODB = otherTable.url;
      }),
    message: /^DynamoDB Query failed: Query condition missed key schema element: id$/,
    hint: /partition key is pk and whose sort key is sk/,
    request: /^DynamoDB Query$/,
    status: 400,
    code: 'ValidationException',
  },
  {
    name: 'the base URL is mistyped',
    kind: 'not_found',
    stream: 'project',
    provoke: () =>
      night((env) => {
        env.DITIO_REPORTING_URL = `${simulator.identityUrl}/reprting`;
      }),
    message: /reprting\/v1\/project.* failed: status 404/,
    hint: /DITIO_REPORTING_URL/,
    request: /\/reprting\/v1\/project/,
    status: 404,
  },
  {
    name: 'Ditio is down',
    kind: 'retries_exhausted',
    stream: 'project',
    provoke: () => answered({ status: 503, body: '<html><h1>Maintenance</h1></html>' }),
    message: /^gave up after 5 attempts in 1[5-9]\.\d s: GET .* failed: status 503: Maintenance$/,
    hint: /next run, which continues from the same place.*contact its support/,
    request: /^GET https:\/\/core\.example\/reporting\/v1\/project\?/,
    status: 503,
    detail: /Maintenance/,
  },
  {
    name: 'Ditio limits the rate',
    kind: 'retries_exhausted',
    stream: 'project',
    provoke: () => answered({ status: 429, body: '' }),
    message: /^gave up after 5 attempts .* failed: status 429$/,
    hint: /Lower MAX_CONCURRENT_STREAMS/,
    request: /\/v1\/project\?/,
    status: 429,
  },
  {
    name: 'a sign-in page answers in place of Ditio',
    kind: 'wire_format',
    stream: 'project',
    provoke: ditio({ kind: 'html' }),
    message: /was answered with HTML/,
    hint: /Check the base URL/,
    request: PAGE,
    status: 200,
  },
  {
    name: 'a proxy redirects to somewhere else',
    kind: 'wire_format',
    stream: 'project',
    provoke: ditio({ kind: 'redirect', location: 'https://login.example/sso?ticket=abc' }),
    message: /failed: status 302: redirects to https:\/\/login\.example$/,
    hint: /Check the base URL/,
    request: PAGE,
    status: 302,
    detail: /^redirects to https:\/\/login\.example$/,
  },
  {
    name: 'the identity server redirects',
    kind: 'wire_format',
    stream: null,
    provoke: ditio({ kind: 'redirect', location: '/somewhere/else' }, 'token'),
    message: /connect\/token failed: status 302: redirects to http:\/\/127\.0\.0\.1/,
    hint: /DITIO_IDENTITY_URL/,
    request: TOKEN,
    status: 302,
  },
  {
    name: 'a page does not hold what it says it holds',
    kind: 'wire_format',
    stream: 'project',
    provoke: ditio({ kind: 'count-off' }),
    message: /the page says it has 51 records \(recordCount\) but holds 50/,
    hint: /ask Ditio.*nothing was stored/,
    request: PAGE,
    status: 200,
  },
  {
    name: 'a record has no id',
    kind: 'wire_format',
    stream: 'project',
    provoke: ditio({ kind: 'record-without-id' }),
    message: /a record has no "id" \(record \d+ of the page/,
    hint: /ask Ditio what changed/,
    request: PAGE,
    status: 200,
  },
  {
    name: 'Ditio repeats its continuation tokens',
    kind: 'pagination_loop',
    stream: 'project',
    provoke: ditio({ kind: 'repeated-token' }),
    message: /continuation token that it had sent before/,
    hint: /Reset the stream/,
    request: /\/v1\/project\?ChunkLimit=50&ContinuationToken=\[redacted\]$/,
    status: 200,
  },
  {
    name: 'the folder of the lake lies below a file',
    kind: 'lake',
    stream: null,
    provoke: () =>
      night((env) => {
        writeFileSync(join(folder, 'a-file'), '');
        env.LAKE_URL = pathToFileURL(join(folder, 'a-file', 'lake')).href;
      }),
    message: /a-file.* failed: ENOTDIR/,
    hint: /LAKE_URL names exists, is a folder/,
    request: null,
    code: 'ENOTDIR',
  },
  {
    name: 'something else than S3 answers',
    kind: 'lake',
    stream: null,
    provoke: () =>
      night((env) => {
        env.LAKE_URL = 's3://bucket/lake';
        env.AWS_ENDPOINT_URL_S3 = simulator.reportingUrl;
      }),
    message: /^S3 PutObject failed/,
    hint: /AWS_ENDPOINT_URL_S3/,
    request: /^S3 PutObject$/,
    status: 404,
  },
  {
    name: 'the table does not exist',
    kind: 'state',
    stream: null,
    provoke: () =>
      night((env) => {
        env.STATE_TABLE = 'another';
      }),
    message: /^DynamoDB Query failed/,
    hint: /STATE_TABLE names a table of this account and region/,
    request: /^DynamoDB Query$/,
    status: 400,
    code: 'ResourceNotFoundException',
  },
  {
    name: 'no region is set',
    kind: 'state',
    stream: null,
    provoke: () =>
      night((env) => {
        delete env.AWS_REGION;
      }),
    message: /Region is missing/,
    hint: /AWS_REGION/,
    request: /^DynamoDB Query$/,
  },
  {
    name: 'an unknown status comes',
    kind: 'unexpected',
    stream: 'project',
    provoke: ditio(status(418)),
    message: /failed: status 418/,
    hint: /proxy or firewall.*does not document this status/,
    request: PAGE,
    status: 418,
  },
  {
    name: 'what answers is no TLS',
    kind: 'unexpected',
    stream: null,
    provoke: () =>
      night((env) => {
        useSecret(env, GOOD());
        env.DITIO_REPORTING_URL = simulator.reportingUrl.replace('http:', 'https:');
      }),
    message: /failed: TLS: wrong version number$/,
    hint: /base URL.*proxy/,
    request: /^GET https:/,
    code: 'ERR_SSL_WRONG_VERSION_NUMBER',
  },
];

describe('the line of a hard failure, read alone', () => {
  for (const { name, kind, stream, provoke, message, hint, request, ...rest } of NIGHTS) {
    it(`tells what happened, to which stream and what to do: ${name} (${kind})`, async () => {
      const lines = await provoke();
      assert.equal(lines.length, 1, `one line for one failure, not ${lines.length}`);
      const line = lines[0] as LogFields;
      assert.deepEqual([line.kind, line.stream, line.retryable], [kind, stream, false], JSON.stringify(line));
      assert.match(String(line.message), message);
      assert.match(String(line.hint), hint);
      assert.equal(line.status, rest.status ?? null);
      if (rest.code !== undefined) assert.equal(line.code, rest.code);
      if (rest.detail) assert.match(String(line.detail), rest.detail);
      if (rest.traceId) assert.equal(line.trace_id, rest.traceId);
      if (kind !== 'unexpected') assert.notEqual(line.hint, KIND_HINTS.unexpected);
      if (request === null) return assert.equal(line.request, null);
      assert.match(String(line.request), request);
      assert.ok(Number(line.attempts) >= 1, `attempts ${line.attempts}`);
      assert.ok(Number(line.elapsed_ms) >= 0 && line.elapsed_ms !== null, `elapsed_ms ${line.elapsed_ms}`);
    });
  }

  it('was provoked for every kind there is', () => {
    assert.deepEqual(
      FAILURE_KINDS.filter((kind) => !NIGHTS.some((night) => night.kind === kind)),
      [],
    );
  });
});
