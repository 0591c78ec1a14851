import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { portProblem, readArguments, USAGE } from '../../simulator/arguments.ts';

const MAIN = fileURLToPath(new URL('../../simulator/main.ts', import.meta.url));
const read = (...args: string[]) => readArguments(args, parseArgs, {});

describe('the command line of the simulator', () => {
  it('has a default for everything', () => {
    const parsed = read();
    assert.ok(parsed.kind === 'run');
    assert.deepEqual(
      [parsed.options.port, parsed.options.records, parsed.options.seed, parsed.change],
      [8787, 20_000, 1, null],
    );
  });

  it('explains every option that it takes', () => {
    assert.equal(read('--help').kind, 'help');
    for (const [, option = ''] of USAGE.matchAll(/^ {2}--([a-z-]+)/gm)) {
      const value =
        { 'machine-rule': 'new', 'rate-limit': '60/10', reading: 'older', role: 'leader', fault: 'hang' }[option] ??
        '7';
      const takesNothing = ['pretty', 'legacy', 'no-gzip', 'help'].includes(option);
      assert.notEqual(read(`--${option}${takesNothing ? '' : `=${value}`}`).kind, 'refused', option);
    }
  });

  it('passes on what is given', () => {
    const parsed = read(
      '--port',
      '0',
      '--records',
      '5',
      '--machine-rule',
      'new',
      '--rate-limit',
      '60/10',
      '--change-every',
      '2',
      '--legacy',
      '--no-gzip',
      '--clock-skew=-30',
    );
    assert.ok(parsed.kind === 'run');
    const { options, change } = parsed;
    assert.deepEqual(
      [options.port, options.records, options.machineRule, options.legacyEnvelope, options.gzip],
      [0, 5, 'new', true, false],
    );
    assert.deepEqual(options.rateLimit, { requests: 60, perSeconds: 10, retryAfter: 'seconds' });
    assert.equal(change?.everySeconds, 2);
    assert.ok(Math.abs((options.now?.() ?? 0) - (Date.now() - 30_000)) < 1_000);
  });

  it('chooses a reading, a role, faults and parameters that are not known', () => {
    const parsed = read(
      '--reading=older',
      '--role=field-worker',
      '--ignore-parameter=FromDate',
      '--ignore-parameter=ToDate',
      '--fault=forbidden:project,user',
      '--fault=hang:images',
      '--fault=throttle',
      '--fault=unavailable:token',
    );
    assert.ok(parsed.kind === 'run');
    const { options, faults } = parsed;
    assert.deepEqual(
      [options.machineRule, options.missingScope, options.administrator, options.fieldWorker],
      ['old', 403, false, true],
    );
    assert.deepEqual(options.ignoreParameters, ['FromDate', 'ToDate']);
    const times = Number.POSITIVE_INFINITY;
    assert.deepEqual(faults, [
      { fault: { kind: 'status', status: 403 }, times, streams: ['project', 'user'] },
      { fault: { kind: 'stalled-head' }, times, streams: ['images'] },
      { fault: { kind: 'status', status: 429, retryAfter: '30' }, times },
      { fault: { kind: 'status', status: 503 }, times, endpoint: 'token' },
    ]);
  });

  it('lets the rule of machines differ from the reading', () => {
    const parsed = read('--reading=older', '--machine-rule=new');
    assert.ok(parsed.kind === 'run');
    assert.deepEqual([parsed.options.machineRule, parsed.options.missingScope], ['new', 403]);
  });

  for (const [what, args, env, meant] of [
    ['a value', [], { npm_config_port: '9001' }, '--port 9001'],
    ['a value apart', ['9000'], { npm_config_port: 'true' }, '--port 9000'],
    ['flags', [], { npm_config_pretty: 'true', npm_config_gzip: '' }, '--pretty --no-gzip'],
    ['a list', [], { npm_config_fault: 'hang\n\nthrottle' }, '--fault hang --fault throttle'],
  ] as const) {
    it(`says where -- was forgotten before ${what}`, () => {
      const parsed = readArguments(args, parseArgs, env);
      assert.ok(parsed.kind === 'refused');
      assert.equal(parsed.problems.length, 1);
      assert.match(parsed.problems[0] ?? '', new RegExp(`\\n  npm run simulator -- ${meant}$`));
    });
  }

  it('is answered with the word that was probably meant', () => {
    const wrong = ['--falt=x', '--fault=forbiden', '--fault=hang:image'].map((argument) => read(argument));
    const told = wrong.map((parsed) => (parsed.kind === 'refused' ? parsed.problems.join() : ''));
    const meant = told.map((problem) => /did you mean ([\w-]+)\?/.exec(problem)?.[1]);
    assert.deepEqual(meant, ['--fault', 'forbidden', 'images']);
  });

  const refused: ReadonlyArray<readonly [string, readonly string[], number]> = [
    ['an unknown reading, an unknown role', ['--reading=newest', '--role=owner'], 2],
    ['an unknown fault, an unknown stream of one', ['--fault=explode', '--fault=hang:image', '--fault=a:b:c'], 3],
    ['an unknown option', ['--wat'], 1],
    ['something that is no option', ['8787'], 1],
    ['an option without its value', ['--port'], 1],
    [
      'several values that cannot be, all of them',
      ['--port', 'x', '--records=-1', '--seed', '1.5', '--machine-rule', 'odd', '--rate-limit', '9'],
      5,
    ],
  ];
  for (const [name, args, problems] of refused) {
    it(`refuses ${name}`, () => {
      const parsed = read(...args);
      assert.ok(parsed.kind === 'refused');
      assert.equal(parsed.problems.length, problems);
    });
  }
});

describe('a port that cannot be used', () => {
  for (const [code, says] of [
    ['EADDRINUSE', /^Port 80 is taken: choose another with --port\.$/],
    ['EACCES', /^Port 80 needs a permission that you do not have: choose one from 1024 on with --port\.$/],
  ] as const) {
    it(`is explained on ${code}`, () => {
      assert.match(portProblem(Object.assign(new Error('listen'), { code }), 80) ?? '', says);
    });
  }

  it('explains no other error', () => assert.equal(portProblem(new Error('listen'), 80), null));
});

describe('the simulator as a process', () => {
  function start(...args: string[]) {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { out: '', err: '' };
    child.stdout.on('data', (bytes) => {
      said.out += bytes;
    });
    child.stderr.on('data', (bytes) => {
      said.err += bytes;
    });
    return { child, said };
  }

  it('says where it is and with which client, answers, and ends when it is asked to', async () => {
    const { child, said } = start('--port', '0', '--records', '200');
    while (!said.out.includes('Ctrl-C')) await once(child.stdout, 'data');
    const url = /identity\s+(http:\S+)/.exec(said.out)?.[1];
    assert.match(said.out, /client secret\s+\S+/);
    assert.match(said.out, /curl .*\/v1\/time-registrations/);
    assert.equal((await fetch(`${url}/connect/token`, { method: 'POST' })).status, 400);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  it('says in one sentence that its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { child, said } = start('--port', port, '--records', '0');
    assert.deepEqual(await once(child, 'close'), [1, null]);
    assert.match(said.err, new RegExp(`^Port ${port} is taken`));
    server.close();
  });

  it('answers with the faults that it was given, to the streams that they are about', async () => {
    const { child, said } = start('--port', '0', '--records', '200', '--fault', 'forbidden:project');
    while (!said.out.includes('Ctrl-C')) await once(child.stdout, 'data');
    const [url, id, secret] = [/identity\s+(http:\S+)/, /client id\s+(\S+)/, /client secret\s+(\S+)/].map(
      (pattern) => pattern.exec(said.out)?.[1] ?? '',
    );
    const form = { grant_type: 'client_credentials', client_id: String(id), client_secret: String(secret) };
    const answer = await fetch(`${url}/connect/token`, { method: 'POST', body: new URLSearchParams(form) });
    const { access_token } = (await answer.json()) as { access_token: string };
    const statusOf = async (stream: string) =>
      (await fetch(`${url}/reporting/v1/${stream}`, { headers: { authorization: `Bearer ${access_token}` } })).status;
    assert.deepEqual([await statusOf('project'), await statusOf('project'), await statusOf('user')], [403, 403, 200]);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('refuses bad options with every problem named and the usage', async () => {
    const { child, said } = start('--port', 'x');
    assert.deepEqual(await once(child, 'close'), [2, null]);
    assert.match(said.err, /--port must be a whole number[\s\S]*Usage:/);
  });
});
