import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Config, parseConfig } from '../src/config.ts';
import { HardFailure } from '../src/core/failure/errors.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../src/core/time/instant.ts';
import { at } from './fakes/at.ts';
import { PLANTED } from './fakes/planted.ts';

const STREAMS = ['project', 'work-orders', 'user', 'time-registrations'];

type Env = Readonly<Record<string, string | undefined>>;

/** The least that a function must be given. */
const LEAST: Env = { STATE_TABLE: 'ditio-state', LAKE_URL: 's3://lake-of-anlegg/ditio', DITIO_SECRET_ID: 'ditio/test' };

const parse = (differs: Env = {}) => parseConfig({ ...LEAST, ...differs }, STREAMS);

/** The one failure that names all problems. */
function refusal(env: Env): HardFailure {
  try {
    parseConfig(env, STREAMS);
  } catch (error) {
    assert.ok(error instanceof HardFailure, `a ${(error as Error).name} was thrown: ${(error as Error).message}`);
    assert.equal(error.kind, 'config');
    return error;
  }
  assert.fail('the configuration was taken');
}

const problemsOf = (env: Env) => refusal(env).message.split('; ');

describe('a configuration with nothing but what is required', () => {
  it('has the defaults of the contract', () => {
    assert.deepEqual(parse(), {
      environment: 'test',
      identityUrl: new URL('https://identity.ditio.dev'),
      reportingUrl: new URL('https://core-api.ditio.dev/reporting'),
      coreUrl: new URL('https://core-api.ditio.dev/core'),
      credentials: { kind: 'secret', secretId: 'ditio/test' },
      stateTable: 'ditio-state',
      lake: { kind: 's3', bucket: 'lake-of-anlegg', prefix: 'ditio' },
      streams: STREAMS,
      pageSize: 5000,
      lookbackMs: 10 * MINUTE_MS,
      maxWatermarkAgeMs: 30 * DAY_MS,
      fullSyncEveryMs: 30 * DAY_MS,
      snapshotIntervalMs: 24 * HOUR_MS,
      historyStart: at('2015-01-01'),
      maxConcurrentStreams: 4,
      staleAfterMs: 6 * 3_600_000,
      reserveMs: 15_000,
      requestTimeoutMs: 120_000,
      compression: 'gzip',
      filters: {
        companyId: undefined,
        projectId: undefined,
        ownCompanyDataOnly: undefined,
        excludeDataFromSubsidiaries: undefined,
        includeSensitiveData: false,
      },
      metricsByStream: false,
    } satisfies Config);
  });

  it('is the same where every other variable is set to nothing', () => {
    const names = [
      ...['DITIO_ENVIRONMENT', 'DITIO_IDENTITY_URL', 'DITIO_REPORTING_URL', 'DITIO_CORE_URL', 'DITIO_CLIENT_ID'],
      ...['DITIO_CLIENT_SECRET', 'STREAMS', 'PAGE_SIZE', 'LOOKBACK_MINUTES', 'MAX_WATERMARK_AGE_DAYS'],
      ...['FULL_SYNC_EVERY_DAYS', 'SNAPSHOT_INTERVAL_HOURS', 'HISTORY_START', 'MAX_CONCURRENT_STREAMS'],
      ...['RESERVE_SECONDS', 'REQUEST_TIMEOUT_SECONDS', 'COMPANY_ID', 'PROJECT_ID', 'OWN_COMPANY_DATA_ONLY'],
      ...['EXCLUDE_DATA_FROM_SUBSIDIARIES', 'INCLUDE_SENSITIVE_DATA', 'METRICS_BY_STREAM'],
    ];
    for (const nothing of ['', '  ', '\t\n', undefined]) {
      assert.deepEqual(parse(Object.fromEntries(names.map((name) => [name, nothing]))), parse());
    }
  });

  it('does not mind variables of others', () => assert.deepEqual(parse({ PATH: '/bin', AWS_REGION: 'x' }), parse()));
});

describe('a good value', () => {
  const s3 = (bucket: string, prefix: string) => ({ lake: { kind: 's3' as const, bucket, prefix } });
  const folder = (path: string) => ({ lake: { kind: 'folder' as const, path } });
  const filters = (given: Partial<Config['filters']>) => ({ filters: { ...parse().filters, ...given } });
  const GOOD: ReadonlyArray<readonly [name: string, value: string, expected: Partial<Config>]> = [
    ['DITIO_IDENTITY_URL', 'https://id.example/x/', { identityUrl: new URL('https://id.example/x/') }],
    [
      'DITIO_REPORTING_URL',
      'http://localhost:8787/reporting',
      { reportingUrl: new URL('http://localhost:8787/reporting') },
    ],
    ['DITIO_REPORTING_URL', 'http://127.0.0.1', { reportingUrl: new URL('http://127.0.0.1') }],
    ['DITIO_REPORTING_URL', 'http://127.1.2.3:1', { reportingUrl: new URL('http://127.1.2.3:1') }],
    ['DITIO_CORE_URL', 'http://[::1]:9000/core', { coreUrl: new URL('http://[::1]:9000/core') }],
    [
      'DITIO_SECRET_ID',
      ' arn:aws:secretsmanager:eu-north-1:1:secret:x ',
      { credentials: { kind: 'secret', secretId: 'arn:aws:secretsmanager:eu-north-1:1:secret:x' } },
    ],
    ['STATE_TABLE', 'a.b-c_D9', { stateTable: 'a.b-c_D9' }],
    [
      'STATE_TABLE',
      'arn:aws:dynamodb:eu-north-1:123456789012:table/ditio',
      { stateTable: 'arn:aws:dynamodb:eu-north-1:123456789012:table/ditio' },
    ],
    ['LAKE_URL', 's3://lake-of-anlegg', s3('lake-of-anlegg', '')],
    ['LAKE_URL', 's3://lake-of-anlegg/', s3('lake-of-anlegg', '')],
    ['LAKE_URL', 's3://lake.of.anlegg/a/b-c/d=1/', s3('lake.of.anlegg', 'a/b-c/d=1')],
    ['LAKE_URL', 'file:///var/lake', folder('/var/lake')],
    ['LAKE_URL', 'file:///var/lake%20of%20%C3%A6/', folder('/var/lake of æ')],
    ['STREAMS', 'all', { streams: STREAMS }],
    ['STREAMS', 'user', { streams: ['user'] }],
    ['STREAMS', ' time-registrations , project,user,project,', { streams: ['project', 'user', 'time-registrations'] }],
    ['PAGE_SIZE', '1', { pageSize: 1 }],
    ['PAGE_SIZE', '10000', { pageSize: 10_000 }],
    ['LOOKBACK_MINUTES', '0', { lookbackMs: 0 }],
    ['LOOKBACK_MINUTES', '60', { lookbackMs: HOUR_MS }],
    ['MAX_WATERMARK_AGE_DAYS', '1', { maxWatermarkAgeMs: DAY_MS }],
    ['FULL_SYNC_EVERY_DAYS', '7', { fullSyncEveryMs: 7 * DAY_MS }],
    ['SNAPSHOT_INTERVAL_HOURS', '0', { snapshotIntervalMs: 0 }],
    ['SNAPSHOT_INTERVAL_HOURS', '1', { snapshotIntervalMs: HOUR_MS }],
    ['HISTORY_START', '2020-02-29', { historyStart: at('2020-02-29') }],
    ['HISTORY_START', '1970-01-01', { historyStart: at('1970-01-01') }],
    ['MAX_CONCURRENT_STREAMS', '1', { maxConcurrentStreams: 1 }],
    ['RESERVE_SECONDS', '1', { reserveMs: 1_000 }],
    ['RESERVE_SECONDS', '300', { reserveMs: 300_000 }],
    ['MAX_CONCURRENT_STREAMS', '32', { maxConcurrentStreams: 32 }],
    ['LAKE_COMPRESSION', 'zstd', { compression: 'zstd' }],
    ['LAKE_COMPRESSION', 'gzip', { compression: 'gzip' }],
    ['REQUEST_TIMEOUT_SECONDS', '1', { requestTimeoutMs: 1_000 }],
    ['REQUEST_TIMEOUT_SECONDS', '900', { requestTimeoutMs: 900_000 }],
    ['REQUEST_TIMEOUT_SECONDS', '5', { requestTimeoutMs: 5_000 }],
    ['COMPANY_ID', 'c-1', filters({ companyId: 'c-1' })],
    ['PROJECT_ID', 'p-1', filters({ projectId: 'p-1' })],
    ['OWN_COMPANY_DATA_ONLY', 'true', filters({ ownCompanyDataOnly: true })],
    ['OWN_COMPANY_DATA_ONLY', 'FALSE', filters({ ownCompanyDataOnly: false })],
    ['EXCLUDE_DATA_FROM_SUBSIDIARIES', 'True', filters({ excludeDataFromSubsidiaries: true })],
    ['INCLUDE_SENSITIVE_DATA', 'true', filters({ includeSensitiveData: true })],
    ['INCLUDE_SENSITIVE_DATA', 'false', filters({ includeSensitiveData: false })],
  ];
  for (const [name, value, expected] of GOOD) {
    it(`is taken: ${name}=${JSON.stringify(value)}`, () =>
      assert.deepEqual(parse({ [name]: value }), { ...parse(), ...expected }));
  }

  it('of the environment picks all three base URLs', () => {
    assert.deepEqual(parse({ DITIO_ENVIRONMENT: 'production' }), {
      ...parse(),
      environment: 'production',
      identityUrl: new URL('https://identity.ditio.app'),
      reportingUrl: new URL('https://core-api.ditio.app/reporting'),
      coreUrl: new URL('https://core-api.ditio.app/core'),
    });
  });

  it('of a base URL overrides that one alone', () => {
    const config = parse({ DITIO_ENVIRONMENT: 'production', DITIO_CORE_URL: 'https://integration.ditio.no' });
    assert.equal(config.coreUrl.href, 'https://integration.ditio.no/');
    assert.equal(config.identityUrl.href, 'https://identity.ditio.app/');
  });

  it('of client id and secret serves instead of DITIO_SECRET_ID', () => {
    const given = { DITIO_SECRET_ID: '', DITIO_CLIENT_ID: 'client', DITIO_CLIENT_SECRET: PLANTED.clientSecret };
    assert.deepEqual(parse(given).credentials, {
      kind: 'values',
      clientId: 'client',
      clientSecret: PLANTED.clientSecret,
    });
  });
});

describe('a bad value', () => {
  const BAD: ReadonlyArray<readonly [name: string, ...values: readonly string[]]> = [
    ['DITIO_ENVIRONMENT', 'prod', 'Production', 'test,production'],
    [
      'DITIO_IDENTITY_URL',
      'identity.ditio.dev',
      '//identity.ditio.dev',
      'ftp://identity.ditio.dev',
      'https://',
      'file:///x',
    ],
    [
      'DITIO_REPORTING_URL',
      'http://core-api.ditio.dev',
      'http://127.0.0.1.evil.example',
      'http://localhost.evil.example',
      'http://10.0.0.1',
      'http://0.0.0.0',
      'http://[::2]',
    ],
    [
      'DITIO_CORE_URL',
      'https://user@core-api.ditio.dev',
      'https://u:p@core-api.ditio.dev',
      'https://h.example/?a=b',
      'https://h.example/#x',
    ],
    ['STATE_TABLE', 'ab', 'a b c', 'table/x', 'x'.repeat(256), 'tåble'],
    [
      'LAKE_URL',
      'lake',
      '/var/lake',
      's3:/lake-of-anlegg/x',
      's3://',
      's3://Lake-Of-Anlegg/x',
      's3://ab',
      's3://-lake/x',
      'S3://lake-of-anlegg',
      'https://lake-of-anlegg.s3.amazonaws.com',
    ],
    [
      'LAKE_URL',
      's3://lake-of-anlegg/a//b',
      's3://lake-of-anlegg/../x',
      's3://lake-of-anlegg/a/./b',
      's3://lake-of-anlegg/..',
      's3://lake-of-anlegg/a\u0000b',
      's3://lake-of-anlegg/a?versionId=1',
      's3://lake-of-anlegg/a#b',
    ],
    [
      'LAKE_URL',
      'file://lake',
      'file:lake',
      'file://host/lake',
      'file:///',
      'file:////',
      'file:///a%zz',
      'file:///a%2Fb',
      'file:///a%00b',
      'file:///a?b',
      'file:///a#b',
    ],
    ['STREAMS', 'projects', 'project,nope', 'all,project', ',', 'project;user', 'Project'],
    ['PAGE_SIZE', '0', '10001', '-1', '1.5', '1e3', '0x10', 'many', '5000 ,', '９'],
    ['LOOKBACK_MINUTES', '-1', '1441', 'ten', '0.5'],
    ['MAX_WATERMARK_AGE_DAYS', '0', '3651'],
    ['FULL_SYNC_EVERY_DAYS', '-1', '3651', 'never'],
    ['SNAPSHOT_INTERVAL_HOURS', '-1', '8761'],
    [
      'HISTORY_START',
      '0001-01-01',
      '1969-12-31',
      '2015-02-30',
      '01.01.2015',
      '2015',
      '2015-1-1',
      'yesterday',
      '2015-01-01T00:00:00',
    ],
    ['MAX_CONCURRENT_STREAMS', '0', '33'],
    ['RESERVE_SECONDS', '0', '301'],
    ['REQUEST_TIMEOUT_SECONDS', '0', '901'],
    ['COMPANY_ID', 'x'.repeat(513)],
    ['PROJECT_ID', 'x'.repeat(513)],
    ['OWN_COMPANY_DATA_ONLY', 'yes', '1', 'truefalse'],
    ['EXCLUDE_DATA_FROM_SUBSIDIARIES', 'no', '0'],
    ['INCLUDE_SENSITIVE_DATA', 'on', 'ja'],
  ];
  for (const [name, ...values] of BAD) {
    for (const value of values) {
      it(`is refused in one problem, by name: ${name}=${JSON.stringify(value.slice(0, 60))}`, () => {
        const problems = problemsOf({ ...LEAST, [name]: value });
        assert.equal(problems.length, 1, problems.join('\n'));
        assert.match(problems[0] ?? '', new RegExp(`^${name} (must|names|has|is)`));
      });
    }
  }

  it('is shown, so that a person sees what to correct', () => {
    assert.deepEqual(problemsOf({ ...LEAST, PAGE_SIZE: '20000' }), ['PAGE_SIZE must be at most 10000, not "20000"']);
  });

  it('is cut when it is long, and shown without the password of a URL', () => {
    const [long] = problemsOf({ ...LEAST, PAGE_SIZE: 'x'.repeat(200) });
    assert.match(long ?? '', /not "x{80}…"$/);
    const [url] = problemsOf({ ...LEAST, DITIO_CORE_URL: 'https://name:password@core.example' });
    assert.match(url ?? '', /not "https:\/\/…@core\.example"$/);
  });

  it('in a list of streams is shown with its place, and the known ones are named', () => {
    assert.match(
      problemsOf({ ...LEAST, STREAMS: 'project,nope,user,,oops' }).join(),
      /^STREAMS has an unknown stream: "nope" \(entry 2\), "oops" \(entry 5\) \(known streams: all, project,/,
    );
  });

  const MISSING: ReadonlyArray<readonly [name: string, says: RegExp]> = [
    ['STATE_TABLE', /^STATE_TABLE is required/],
    ['LAKE_URL', /^LAKE_URL is required: s3:\/\/bucket\/prefix or file:\/\/\/absolute\/folder$/],
    ['DITIO_SECRET_ID', /^DITIO_SECRET_ID is required \(or DITIO_CLIENT_ID and DITIO_CLIENT_SECRET outside AWS\)$/],
  ];
  for (const [name, says] of MISSING) {
    it(`is one that is missing, said in words for a person: ${name}`, () => {
      for (const nothing of [undefined, '', ' ']) {
        const problems = problemsOf({ ...LEAST, [name]: nothing });
        assert.equal(problems.length, 1, problems.join('\n'));
        assert.match(problems[0] ?? '', says);
      }
    });
  }
});

describe('credentials', () => {
  const { DITIO_SECRET_ID: secretId, ...none } = LEAST;
  const clientId = 'client-1';
  const clientSecret = PLANTED.clientSecret;
  const BAD: ReadonlyArray<readonly [name: string, env: Env, says: RegExp]> = [
    ['neither way', {}, /^DITIO_SECRET_ID is required/],
    [
      'both ways',
      { DITIO_SECRET_ID: secretId, DITIO_CLIENT_ID: clientId, DITIO_CLIENT_SECRET: clientSecret },
      /^set either DITIO_SECRET_ID, or DITIO_CLIENT_ID and DITIO_CLIENT_SECRET, not both$/,
    ],
    [
      'a secret id and half of the other way',
      { DITIO_SECRET_ID: secretId, DITIO_CLIENT_ID: clientId },
      /^set either DITIO_SECRET_ID, or DITIO_CLIENT_ID and DITIO_CLIENT_SECRET, not both$/,
    ],
    [
      'a secret id and the other half',
      { DITIO_SECRET_ID: secretId, DITIO_CLIENT_SECRET: clientSecret },
      /^set either DITIO_SECRET_ID, or DITIO_CLIENT_ID and DITIO_CLIENT_SECRET, not both$/,
    ],
    ['a client id alone', { DITIO_CLIENT_ID: clientId }, /^DITIO_CLIENT_SECRET is required/],
    ['a client secret alone', { DITIO_CLIENT_SECRET: clientSecret }, /^DITIO_CLIENT_ID is required/],
  ];
  for (const [name, env, says] of BAD) {
    it(`are refused: ${name}`, () => {
      const problems = problemsOf({ ...none, ...env });
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0] ?? '', says);
    });
  }
});

describe('a configuration with many faults', () => {
  const ALL_BAD: Env = {
    DITIO_ENVIRONMENT: 'sandbox',
    DITIO_IDENTITY_URL: 'http://identity.example',
    DITIO_REPORTING_URL: 'x',
    DITIO_CORE_URL: 'https://a:b@c',
    DITIO_SECRET_ID: 'x',
    DITIO_CLIENT_ID: 'y',
    STATE_TABLE: '?',
    LAKE_URL: 'file:///a%zz',
    STREAMS: 'projects',
    PAGE_SIZE: '0',
    LOOKBACK_MINUTES: 'x',
    MAX_WATERMARK_AGE_DAYS: '0',
    FULL_SYNC_EVERY_DAYS: 'x',
    SNAPSHOT_INTERVAL_HOURS: 'x',
    HISTORY_START: 'x',
    MAX_CONCURRENT_STREAMS: '0',
    RESERVE_SECONDS: '0',
    REQUEST_TIMEOUT_SECONDS: '0',
    COMPANY_ID: 'x'.repeat(999),
    PROJECT_ID: 'x'.repeat(999),
    OWN_COMPANY_DATA_ONLY: 'x',
    EXCLUDE_DATA_FROM_SUBSIDIARIES: 'x',
    INCLUDE_SENSITIVE_DATA: 'x',
    METRICS_BY_STREAM: 'x',
  };

  it('is refused once, with every one of them by name', () => {
    const problems = problemsOf(ALL_BAD);
    const unnamed = Object.keys(ALL_BAD).filter((name) => !problems.some((problem) => problem.includes(name)));
    assert.deepEqual(unnamed, []);
    // Both ways of credentials are one problem of two variables.
    assert.equal(problems.length, Object.keys(ALL_BAD).length - 1);
  });

  it('says what to do', () => assert.match(refusal({}).facts.hint ?? '', /environment of the function/));

  it('never shows what stands in a variable of the credentials', () => {
    for (const name of ['DITIO_SECRET_ID', 'DITIO_CLIENT_ID', 'DITIO_CLIENT_SECRET']) {
      for (const secret of [PLANTED.clientSecret, PLANTED.opaqueToken, 'x'.repeat(600)]) {
        for (const env of [{ [name]: secret }, { ...ALL_BAD, [name]: secret }, { ...LEAST, [name]: secret }]) {
          let said = '';
          try {
            parseConfig(env, STREAMS);
          } catch (error) {
            const { message, stack, cause, facts } = error as HardFailure;
            said = [message, stack, String(cause), JSON.stringify(facts)].join('\n');
          }
          assert.ok(!said.includes(secret), `${name} is repeated: ${said}`);
        }
      }
    }
  });
});
