import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AwsClients } from '../../src/aws/clients.ts';
import { createSecretSource, readSecret } from '../../src/aws/secret-source.ts';
import { HardFailure, SECRET_EMPTY } from '../../src/core/failure/errors.ts';
import { connect } from '../fakes/aws.ts';
import { createHurriedClock, type HurriedClock } from '../fakes/hurried-clock.ts';
import { createSeededRandom } from '../fakes/random.ts';
import { testScope } from '../fakes/scope.ts';
import { type SecretsFault, type SecretsServer, startSecretsServer } from '../fakes/secrets-server.ts';

const GOOD = { client_id: 'made-up-client', client_secret: 'made-up-secret' };

/** Stands for a value that was not filled in. */
const P = 'REPLACE_ME';

describe('the text of a secret', () => {
  it('is JSON with client_id and client_secret, and may hold more', () => {
    const read = readSecret(JSON.stringify({ ...GOOD, note: 'for the test environment' }));
    assert.deepEqual(read, { clientId: 'made-up-client', clientSecret: 'made-up-secret' });
  });

  it('loses the blanks and line breaks that were pasted with it', () => {
    const read = readSecret(
      `\n${JSON.stringify({ client_id: ' made-up-client', client_secret: 'made-up-secret\n' })}\n`,
    );
    assert.deepEqual(read, { clientId: 'made-up-client', clientSecret: 'made-up-secret' });
  });

  it('loses the invisible marks that came along before and after it', () => {
    const text = JSON.stringify({
      client_id: '\u200bmade-up-client\ufeff',
      client_secret: '\u00a0made-up-secret\u2060',
    });
    assert.deepEqual(readSecret(`\ufeff${text}`), { clientId: 'made-up-client', clientSecret: 'made-up-secret' });
  });

  it('loses the marks that Unicode does not call formatting, too', () => {
    const text = JSON.stringify({ client_id: '\u2800made-up-client\u3164', client_secret: 'made-up-secret\ufe0f' });
    assert.deepEqual(readSecret(text), { clientId: 'made-up-client', clientSecret: 'made-up-secret' });
  });

  const empty: ReadonlyArray<readonly [string, string, boolean]> = [
    ['an empty text', '', true],
    ['an empty object', '{}', true],
    ['the placeholder in both fields', JSON.stringify({ client_id: P, client_secret: P }), true],
    ['two empty fields', '{"client_id":"","client_secret":" "}', true],
    ['one field filled in', JSON.stringify({ ...GOOD, client_secret: P }), false],
    ['other names', '{"clientId":"a","clientSecret":"b"}', false],
    ['no JSON', 'made-up-secret', false],
  ];
  for (const [what, text, isEmpty] of empty) {
    it(`that is ${what} ${isEmpty ? 'has no value yet' : 'is wrong, not empty'}, and concerns the run`, () => {
      assert.throws(
        () => readSecret(text),
        (error) => {
          assert.ok(error instanceof HardFailure);
          assert.equal(error.facts.code === SECRET_EMPTY, isEmpty, String(error.facts.code));
          assert.equal(error.concerns, 'run');
          return true;
        },
      );
    });
  }

  const secret = 'a-value-that-must-not-be-told';
  const refused: ReadonlyArray<readonly [string, string | undefined, RegExp]> = [
    ['nothing, because it is binary', undefined, /binary/],
    ['an empty text', '', /has no value yet/],
    ['blanks only', ' \ufeff\n', /has no value yet/],
    ['the placeholder alone', P, /has no value yet/],
    ['the secret alone', secret, /not JSON/],
    ['JSON text', JSON.stringify(secret), /not a JSON object/],
    ['null', 'null', /not a JSON object/],
    ['a list', JSON.stringify([secret]), /not a JSON object/],
    ['an empty object', '{}', /client_id is missing, client_secret is missing/],
    ['no client_id', JSON.stringify({ client_secret: secret }), /: client_id is missing$/],
    ['no client_secret', JSON.stringify({ client_id: secret }), /: client_secret is missing$/],
    ['other names', JSON.stringify({ clientId: secret, clientSecret: secret }), /client_id is missing/],
    ['a number', JSON.stringify({ ...GOOD, client_id: 123_456 }), /: client_id is not text$/],
    ['an empty value', JSON.stringify({ ...GOOD, client_secret: '  ' }), /: client_secret is empty$/],
    [
      'the placeholder',
      JSON.stringify({ client_id: P, client_secret: P }),
      /client_id still holds the placeholder, client_secret still holds/,
    ],
    [
      'a value with an invisible mark inside',
      JSON.stringify({ ...GOOD, client_secret: 'made-up\u200b-secret' }),
      /: client_secret holds the invisible character U\+200B; type or paste it again without it$/,
    ],
    [
      'a value with a line break inside',
      JSON.stringify({ ...GOOD, client_id: 'made-up\nclient' }),
      /: client_id holds the invisible character U\+000A/,
    ],
    ...['3164', '2800', 'FE0F', '034F', '180B', '115F', 'E0001'].map(
      (code) =>
        [
          `a value with U+${code} inside`,
          JSON.stringify({ ...GOOD, client_id: `made${String.fromCodePoint(Number.parseInt(code, 16))}up` }),
          new RegExp(`: client_id holds the invisible character U\\+${code};`),
        ] as const,
    ),
    [
      'JSON with a space that JSON does not know',
      JSON.stringify({ ...GOOD, client_secret: secret }).replace('{', '{\u00a0'),
      /: it is not JSON: it holds the invisible character U\+00A0; type or paste it again without it$/,
    ],
    [
      'JSON with a space of no width between its members',
      JSON.stringify({ ...GOOD, client_secret: secret }).replace(',', ',\u200b'),
      /: it is not JSON: it holds the invisible character U\+200B;/,
    ],
    ['no JSON, on two lines with blanks', `client_id: a b\r\n\tclient_secret: ${secret}`, /: it is not JSON$/],
    [
      'a name with an invisible mark behind it',
      JSON.stringify({ 'client_id\u200b': 'a', client_secret: secret }),
      /: client_id is missing, because its name holds the invisible character U\+200B; type or paste it again without it$/,
    ],
    [
      'a name with an invisible mark before it',
      JSON.stringify({ client_id: 'a', '\u00a0client_secret': secret }),
      /: client_secret is missing, because its name holds the invisible character U\+00A0;/,
    ],
    [
      'a name with an invisible mark inside',
      JSON.stringify({ client_id: 'a', 'client\u00ad_secret': secret }),
      /: client_secret is missing, because its name holds the invisible character U\+00AD;/,
    ],
    ['another placeholder', JSON.stringify({ ...GOOD, client_secret: '<your secret>' }), /: client_secret still holds/],
  ];
  for (const [what, text, problem] of refused) {
    it(`is refused when it is ${what}, and is not repeated`, () => {
      assert.throws(
        () => readSecret(text),
        (error) => {
          assert.ok(error instanceof HardFailure);
          assert.equal(error.kind, 'credentials');
          assert.match(error.message, problem);
          assert.ok(error.facts.hint);
          const told = JSON.stringify([error.message, error.facts, error.cause, error.stack]);
          assert.ok(!told.includes(secret) && !told.includes('123456'), told);
          return true;
        },
      );
    });
  }
});

describe('a secret that cannot be read', () => {
  let server: SecretsServer;
  let clients: AwsClients;
  let clock: HurriedClock;

  before(async () => {
    server = await startSecretsServer('ditio/client');
    server.put({ SecretString: JSON.stringify(GOOD) });
    clock = createHurriedClock();
    clients = connect({ AWS_ENDPOINT_URL_SECRETS_MANAGER: server.endpoint });
  });
  after(async () => {
    clients.destroy();
    await server.close();
  });

  const read = (secretId = 'ditio/client', scope = testScope()) =>
    createSecretSource({ client: clients.secrets, secretId, clock, random: createSeededRandom() }).read(false, scope);

  const hard: ReadonlyArray<readonly [string, SecretsFault, RegExp]> = [
    ['access is denied', { kind: 'error', status: 400, name: 'AccessDeniedException' }, /GetSecretValue/],
    ['the key may not be used', { kind: 'error', status: 400, name: 'DecryptionFailure' }, /KMS/],
    ['it is marked for deletion', { kind: 'error', status: 400, name: 'InvalidRequestException' }, /deletion/],
    ['something else answers', { kind: 'html', status: 200 }, /did not come from Secrets Manager/],
  ];
  for (const [why, fault, hint] of hard) {
    it(`because ${why} fails immediately, with a hint`, async () => {
      const before = server.requests;
      server.fail(fault);
      await assert.rejects(read(), (error) => {
        assert.ok(error instanceof HardFailure, String(error));
        assert.equal(error.kind, 'credentials');
        assert.match(error.facts.hint ?? '', hint);
        assert.equal(error.facts.request, 'Secrets Manager GetSecretValue');
        return true;
      });
      assert.equal(server.requests - before, 1);
    });
  }

  it('because it does not exist is a failure that names the variable', async () => {
    await assert.rejects(read('ditio/other'), (error) => {
      assert.ok(error instanceof HardFailure);
      assert.equal(error.facts.code, 'ResourceNotFoundException');
      assert.match(error.facts.hint ?? '', /DITIO_SECRET_ID names a secret of this account/);
      return true;
    });
  });

  it('because it has no value yet has a code of its own', async () => {
    const message = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
    server.fail({ kind: 'error', status: 400, name: 'ResourceNotFoundException', message });
    await assert.rejects(read(), (error) => {
      assert.ok(error instanceof HardFailure);
      assert.deepEqual([error.kind, error.facts.code, error.concerns], ['credentials', SECRET_EMPTY, 'run']);
      return true;
    });
  });

  it('because a proxy refuses it is blocked, not blamed on the role', async () => {
    server.fail({ kind: 'html', status: 403 });
    await assert.rejects(read(), (error) => error instanceof HardFailure && error.kind === 'blocked');
  });

  const passing: readonly SecretsFault[] = [
    { kind: 'error', status: 400, name: 'ThrottlingException' },
    { kind: 'error', status: 500, name: 'InternalServiceError' },
    { kind: 'reset' },
    { kind: 'html', status: 503 },
  ];
  it('for a moment is asked for again', async () => {
    server.fail(...passing);
    const scope = testScope();
    assert.equal((await read('ditio/client', scope)).clientId, 'made-up-client');
    assert.equal(scope.log.of('retry_wait').length, passing.length);
    assert.ok(!JSON.stringify(scope.log.lines).includes('made-up-secret'));
  });

  it('for longer is a failure that does not blame the credentials', async () => {
    server.fail(...Array.from({ length: 5 }, () => ({ kind: 'reset' }) as const));
    await assert.rejects(read(), (error) => error instanceof HardFailure && error.kind === 'retries_exhausted');
  });

  it('and was cached is asked for again after a failure', async () => {
    const source = createSecretSource({
      client: clients.secrets,
      secretId: 'ditio/client',
      clock,
      random: createSeededRandom(),
    });
    server.fail({ kind: 'error', status: 400, name: 'AccessDeniedException' });
    await assert.rejects(source.read(false, testScope()), HardFailure);
    assert.equal((await source.read(false, testScope())).clientSecret, 'made-up-secret');
  });
});
