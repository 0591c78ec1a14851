import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ClientTrouble } from '../../simulator/index.ts';
import { startWorld, type World } from './harness.ts';

const FORM = 'application/x-www-form-urlencoded';

describe('the token endpoint of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ records: 200 });
  });
  after(() => world.close());

  function ask(form: Record<string, string>, contentType = FORM) {
    const { identityUrl, clientId, clientSecret } = world.simulator;
    const all = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, ...form };
    const body = new URLSearchParams(all).toString();
    return world.ask(`${identityUrl}/connect/token`, {
      method: 'POST',
      token: null,
      headers: { 'content-type': contentType },
      body,
    });
  }

  it('answers with a token, its lifetime and its type, not to be stored', async () => {
    const answer = await ask({ scope: 'reportingapiv1' });
    const token = JSON.parse(answer.text);
    assert.equal(answer.status, 200);
    assert.equal(token.expires_in, 1800);
    assert.equal(token.token_type, 'Bearer');
    assert.match(token.access_token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.match(String(answer.headers['cache-control']), /no-store/);
  });

  it('never gives the same token twice', async () => {
    assert.notEqual(await world.token(), await world.token());
  });

  const refused: ReadonlyArray<readonly [string, Record<string, string>, string]> = [
    ['a wrong secret', { client_secret: 'wrong' }, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody' }, 'invalid_client'],
    ['an empty secret', { client_secret: '' }, 'invalid_client'],
    ['another grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['no grant type', { grant_type: '' }, 'unsupported_grant_type'],
    ['an unknown scope', { scope: 'reportingapiv1 everything' }, 'invalid_scope'],
    ['a scope the client may not have', { scope: 'masstransportapiv1' }, 'invalid_scope'],
  ];
  for (const [name, form, error] of refused) {
    it(`refuses ${name} with status 400 and ${error}`, async () => {
      const answer = await ask(form);
      assert.equal(answer.status, 400);
      assert.deepEqual(JSON.parse(answer.text), { error });
    });
  }

  it('takes a form only', async () => {
    const answer = await ask({}, 'application/json');
    assert.deepEqual([answer.status, JSON.parse(answer.text)], [400, { error: 'invalid_request' }]);
  });

  it('is asked by POST only', async () => {
    const answer = await world.ask(`${world.simulator.identityUrl}/connect/token`, { token: null });
    assert.equal(answer.status, 405);
  });
});

describe('a token of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({
      records: 200,
      tokenLifetimeSeconds: 600,
      scopes: ['reportingapiv1', 'ditioapiv3', 'masstransportapiv1'],
    });
  });
  after(() => world.close());

  const status = async (token: string | null) => (await world.get('project', {}, { token })).status;

  it('opens the reporting API until the second it expires', async () => {
    const token = await world.token();
    world.nowMs += 599_000;
    assert.equal(await status(token), 200);
    world.nowMs += 1_000;
    const answer = await world.get('project', {}, { token });
    assert.equal(answer.status, 401);
    assert.match(String(answer.headers['www-authenticate']), /^Bearer error="invalid_token"/);
  });

  it('is asked for with WWW-Authenticate when it is missing', async () => {
    const answer = await world.get('project', {}, { token: null });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers['www-authenticate'], 'Bearer');
  });

  it('is refused when a single character of it is changed', async () => {
    const token = await world.token();
    for (const at of [3, token.indexOf('.') + 8, token.length - 8]) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      assert.equal(await status(changed), 401, `character ${at}`);
    }
  });

  it('gets 401 for a scope that it lacks, even where its client has the scope', async () => {
    const token = await world.token({ scope: 'masstransportapiv1 ditioapiv3' });
    const answer = await world.get('project', {}, { token });
    assert.deepEqual([answer.status, answer.text], [401, '']);
    assert.match(String(answer.headers['www-authenticate']), /error="invalid_token", error_description="The audience/);
    const core = `${world.simulator.coreUrl}/api/payroll-export/readonly`;
    assert.equal((await world.ask(core, { token: await world.token({ scope: 'reportingapiv1' }) })).status, 401);
  });

  it('gets 403 for it by the older reading', async (t) => {
    const older = await startWorld({ records: 100, missingScope: 403 }, t);
    const answer = await older.get('project', {}, { token: await older.token({ scope: 'ditioapiv3' }) });
    assert.equal(answer.status, 403);
    assert.match(answer.text, /reportingapiv1/);
  });

  it('may carry several scopes', async () => {
    const token = await world.token({ scope: 'reportingapiv1 ditioapiv3' });
    assert.equal(await status(token), 200);
    assert.equal((await world.ask(`${world.simulator.coreUrl}/api/payroll-export/readonly`, { token })).status, 200);
  });

  it('carries every allowed scope when none is asked for', async () => {
    const { identityUrl, clientId, clientSecret } = world.simulator;
    const body = `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}`;
    const answer = await world.ask(`${identityUrl}/connect/token`, {
      method: 'POST',
      token: null,
      headers: { 'content-type': FORM },
      body,
    });
    assert.equal(JSON.parse(answer.text).scope, 'reportingapiv1 ditioapiv3 masstransportapiv1');
  });

  it('is refused once all tokens are revoked, and a new one is accepted', async () => {
    const token = await world.token();
    world.simulator.client.revokeTokens();
    assert.equal(await status(token), 401);
    assert.equal(await status(await world.token()), 200);
  });

  const troubles: readonly ClientTrouble[] = [
    'deleted',
    'disabled',
    'no-scopes',
    'emulation-user-missing',
    'emulation-user-disabled',
  ];
  for (const trouble of troubles) {
    it(`that is still valid gets 401 immediately when its client is in trouble: ${trouble}`, async () => {
      const token = await world.token();
      world.simulator.client.trouble = trouble;
      try {
        assert.equal(await status(token), 401);
        if (trouble === 'deleted' || trouble === 'disabled') await assert.rejects(world.token(), /invalid_client/);
        if (trouble === 'no-scopes') await assert.rejects(world.token(), /invalid_scope/);
        if (trouble.startsWith('emulation')) assert.equal(await status(await world.token()), 401);
      } finally {
        world.simulator.client.trouble = null;
      }
      assert.equal(await status(token), 200);
    });
  }

  it('that is still valid gets 401 once its client has passed ValidUntil', async () => {
    const token = await world.token();
    world.simulator.client.validUntilMs = world.nowMs + 10_000;
    assert.equal(await status(token), 200);
    world.nowMs += 10_000;
    assert.equal(await status(token), 401);
    world.simulator.client.validUntilMs = null;
  });

  it('outlives the secret it was got with', async () => {
    const token = await world.token();
    const before = world.simulator.client.secret;
    world.simulator.client.secret = 'rotated';
    assert.equal(world.simulator.clientSecret, 'rotated');
    await assert.rejects(world.token({ client_secret: before }), /invalid_client/);
    assert.equal(await status(token), 200);
    assert.equal(await status(await world.token()), 200);
  });
});
