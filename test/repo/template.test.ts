/** Checks by their text that the templates agree with the catalogue and with the documents. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { drawDashboard } from '../../scripts/dashboard-picture.ts';
import { DEFAULT, monthCost, STREAM_METRICS, total, withTable } from '../../scripts/month-cost.ts';
import { parametersOf, settingsDocument, variablesOf } from '../../scripts/settings-doc.ts';
import { streamsTemplate } from '../../sql/streams-template.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const template = read('template.yaml');

/** Names of the entries of a top-level section, which are indented by two. */
function entries(section: string): string[] {
  const [, body = ''] = new RegExp(`^${section}:\n((?:(?: .*|#.*)?\n)*)`, 'm').exec(template) ?? [];
  return [...body.matchAll(/^ {2}([A-Za-z]+):/gm)].map(([, name]) => name as string);
}

const PARAMETERS = entries('Parameters');
const OUTPUTS = entries('Outputs');
/** Words in backticks that begin with a capital and have another one inside: how parameters and outputs are written. */
const NAMES = /`([A-Z][a-z]+(?:[A-Z][a-z]*)+)`/g;

describe('the templates', () => {
  it('have one of each per stream of the catalogue', () => {
    assert.equal(read('streams.yaml'), streamsTemplate(), 'streams.yaml is out of step: run npm run streams');
  });

  it('group every parameter, once', () => {
    const [, groups = ''] = /ParameterGroups:\n([\s\S]*?\n)\nParameters:/.exec(template) ?? [];
    const grouped = [...groups.matchAll(/\b([A-Z]\w+)\b(?=[,\]\n])/g)].map(([, name]) => name as string);
    assert.ok(PARAMETERS.length > 15);
    assert.deepEqual(grouped.filter((name) => PARAMETERS.includes(name)).toSorted(), PARAMETERS.toSorted());
  });

  it('use every parameter', () => {
    for (const name of PARAMETERS) {
      const uses = template.split(/^Conditions:/m)[1] ?? '';
      assert.match(uses, new RegExp(`!Ref ${name}\\b|\\$\\{${name}\\}`), `${name} is not used`);
    }
  });

  it('carry the version of the package, in the output and in the metadata', () => {
    const { version } = JSON.parse(read('package.json'));
    assert.deepEqual(
      [...template.matchAll(/(?:SemanticVersion|Value): (\d+\.\d+\.\d+)$/gm)].map(([, told]) => told),
      [version, version],
    );
    assert.match(read('CHANGELOG.md'), new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b`, 'm'));
  });

  it('have a picture of the dashboard as it is', () => {
    assert.equal(read('docs/dashboard.svg'), drawDashboard(template), 'run npm run dashboard');
  });

  it('have a reference of their parameters and of the variables of the function as they are', () => {
    const config = read('src/config.ts');
    assert.equal(read('docs/settings.md'), settingsDocument(template, config), 'run npm run settings');
    const parameters = parametersOf(template);
    assert.deepEqual(
      parameters.map(({ name }) => name),
      PARAMETERS,
    );
    for (const { name, description } of parameters) assert.ok(description.length >= 20, name);
    const find = (wanted: string) => variablesOf(config).find(({ name }) => name === wanted);
    assert.deepEqual(find('PAGE_SIZE'), { name: 'PAGE_SIZE', range: '1–10000', standard: '5000' });
    assert.deepEqual(find('HISTORY_START')?.standard, '2015-01-01');
    assert.deepEqual(find('STREAMS')?.standard, 'all');
    assert.deepEqual(find('METRICS_BY_STREAM'), { name: 'METRICS_BY_STREAM', range: 'on, off', standard: 'off' });
  });

  it('have a table of what they cost as it is', () => {
    const deploy = read('docs/deploy.md');
    assert.equal(deploy, withTable(deploy), 'run npm run cost');
  });
});

/** Documents that speak of the deployment, its commands, parameters and outputs. */
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  ...['deploy', 'privacy', 'security', 'unverified', 'queries', 'lake', 'operations', 'budgets'].map(
    (name) => `docs/${name}.md`,
  ),
];

describe('the documents', () => {
  for (const file of DOCUMENTS) {
    it(`name only what is in the templates: ${file}`, () => {
      const sids = [...`${template}${read('streams.yaml')}`.matchAll(/\bSid"?: "?(\w+)/g)].map(
        ([, sid]) => sid as string,
      );
      const known = new Set([...PARAMETERS, ...OUTPUTS, ...entries('Resources'), ...sids]);
      const others = new Set([
        // Names of ours that are told elsewhere.
        ...[
          'SharedFilter',
          'DitioFilters',
          'SyncFailedError',
          'StateUnreadable',
          'AttemptTimedOut',
          'WatermarkAgeSeconds',
          'StaleStreams',
        ],
        ...['SecretEmpty', 'SecretIncomplete', 'SecretNotJson', 'SecretBinary'],
        // And of AWS and Ditio.
        ...[
          'AccessDenied',
          'AccessDeniedException',
          'NoSuchBucket',
          'ResourceNotFoundException',
          'ValidationException',
          'AsyncEventsDropped',
          'AwsDataCatalog',
          'DataScannedInBytes',
          'IcebergTableInput',
          'TooManyRequestsException',
        ],
        ...['VersionIdsToStages', 'ModifiedSince', 'ModifiedBefore', 'ValidUntil'],
      ]);
      const named = [...read(file).matchAll(NAMES)].map(([, name]) => name as string);
      assert.deepEqual(
        named.filter((name) => !known.has(name) && !others.has(name)),
        [],
      );
    });

    it(`ask only for outputs, events, stages, functions and parameters that there are: ${file}`, () => {
      const text = read(file);
      const asked = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => String(name));
      const stages = [...read('samconfig.toml').matchAll(/^\[([\w-]+)\.deploy\.parameters\]$/gm)].map(
        ([, stage]) => stage,
      );
      const unknown = [
        ...asked(/\boutput (?:`)?([A-Z]\w+)/g).filter((name) => !OUTPUTS.includes(name)),
        ...asked(/\bevents\/([\w.-]+\.json)/g).filter(
          (name) => !existsSync(new URL(`../../events/${name}`, import.meta.url)),
        ),
        ...asked(/--config-env ([\w-]+)/g).filter((name) => !stages.includes(name)),
        ...asked(/sam local invoke (\w+)/g).filter((name) => !entries('Resources').includes(name)),
        ...asked(/(?<=--parameter-overrides[^`\n]*) (\w+)=/g).filter((name) => !PARAMETERS.includes(name)),
      ];
      assert.deepEqual(unknown, []);
    });

    it(`give parameters only values that they take: ${file}`, () => {
      const text = read(file);
      const given = [
        ...text.matchAll(/`([A-Z]\w+)` `([^`\s]+)`/g),
        ...text.matchAll(/(?<=--parameter-overrides[^`\n]*) (\w+)=([^\s`]+)/g),
      ].filter(([, name, value]) => PARAMETERS.includes(String(name)) && value !== 'ARN');
      for (const [, name, value] of given) {
        const refusal = refuse(String(value), rulesOf(String(name)));
        assert.equal(refusal, null, `${name} = ${value}`);
      }
    });
  }

  it('have a value that is looked at, in deploy.md and in unverified.md', () => {
    assert.equal(refuse('sometimes', rulesOf('MetricsByStream')), 'not one of on,off');
    assert.equal(refuse('on', rulesOf('MetricsByStream')), null);
    assert.equal(refuse('24', rulesOf('DailySyncHour')), 'above 23');
  });

  it('have a policy for a key that lets the logs and the alarms use it, and leaves the rest to IAM', () => {
    const { Statement } = JSON.parse(read('docs/key-policy.json'));
    assert.deepEqual(
      Statement.map(({ Effect, Principal, Resource }: Record<string, unknown>) => [Effect, Principal, Resource]),
      [
        ['Allow', { AWS: 'arn:aws:iam::ACCOUNT:root' }, '*'],
        ['Allow', { Service: 'logs.REGION.amazonaws.com' }, '*'],
        ['Allow', { Service: ['cloudwatch.amazonaws.com', 'events.amazonaws.com'] }, '*'],
      ],
    );
    // A service of AWS may use the key for this account only.
    assert.deepEqual(Statement[2].Condition, { StringEquals: { 'aws:SourceAccount': 'ACCOUNT' } });
    assert.match(read('docs/security.md'), /s\/ACCOUNT\/.+s\/REGION\//);
  });

  it('call only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    for (const file of ['docs/deploy.md', 'docs/unverified.md', 'docs/budgets.md']) {
      for (const [, script] of read(file).matchAll(/npm run ([\w:]+)/g))
        assert.ok(script && script in scripts, `${file}: ${script}`);
    }
  });

  it('tell how to use every output that is a command', () => {
    const deploy = read('docs/deploy.md');
    const commands = OUTPUTS.filter((name) => name.endsWith('Command'));
    assert.equal(commands.length, 5);
    for (const name of [...commands, 'QueryUrl', 'DashboardUrl']) assert.match(deploy, new RegExp(`\`${name}\``));
    for (const name of commands) assert.match(read('README.md'), new RegExp(`\`${name}\``));
  });

  it('know every permission', () => {
    const security = read('docs/security.md');
    const actions =
      template.split(/^ {2}ScheduleGroup:/m)[0]?.match(/\b(logs|dynamodb|s3|sqs|kms|secretsmanager):[A-Z]\w+/g) ?? [];
    assert.ok(actions.length >= 8);
    for (const action of actions) assert.ok(security.includes(action), `${action} is not explained`);
  });

  it('tell what it costs as it is counted', () => {
    const most = Number(/at most (\d+) dollars a month in the default/.exec(read('README.md'))?.[1]);
    assert.ok(total(monthCost(DEFAULT)) <= most);
  });

  it('say of packages what is true: a hash for each, and no script at installation', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { link?: boolean; integrity?: string }>;
    };
    const loose = Object.entries(packages).filter(([name, { link, integrity }]) => name !== '' && !link && !integrity);
    assert.deepEqual(loose, []);
    assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
    assert.match(
      read('docs/security.md'),
      /every version is in the lockfile with its hash; `\.npmrc` turns install scripts off/,
    );
  });

  it('have a stage for testing and one for production', () => {
    const config = read('samconfig.toml');
    for (const stage of ['default', 'production'])
      assert.match(config, new RegExp(`^\\[${stage}\\.deploy\\.parameters\\]$`, 'm'));
    // --parameter-overrides replaces a list that stands here, without a word; and a deployment must ask nothing.
    assert.doesNotMatch(config, /parameter_overrides|confirm_changeset/);
  });
});

/** What the template says of the values of a parameter, read from its text. */
function rulesOf(parameter: string): string {
  const [, rules = ''] = new RegExp(`^  ${parameter}:\n((?: {4}.*\n)+)`, 'm').exec(template) ?? [];
  return rules;
}

/** Why a parameter does not take a value, or null. Patterns are judged where YAML is parsed (`test/deployed`). */
function refuse(value: string, rules: string): string | null {
  const [, list] = /AllowedValues:\s*\[([^\]]*)\]/.exec(rules) ?? [];
  const values = list?.split(',').map((each) => each.trim().replaceAll('"', ''));
  if (values && !values.includes(value)) return `not one of ${values}`;
  const [, least] = /MinValue: (\d+)/.exec(rules) ?? [];
  const [, most] = /MaxValue: (\d+)/.exec(rules) ?? [];
  if (least && Number(value) < Number(least)) return `below ${least}`;
  if (most && Number(value) > Number(most)) return `above ${most}`;
  return null;
}

describe('the cost of a month', () => {
  const dollarsOf = (more: Partial<typeof DEFAULT>, what: string) =>
    monthCost({ ...DEFAULT, ...more }).find((line) => line.what.startsWith(what))?.dollars ?? Number.NaN;

  it('counts a metric in the hours in which it is sent', () => {
    assert.equal(dollarsOf({}, 'metrics').toFixed(2), '1.20');
    assert.equal(dollarsOf({ intervalMinutes: 60 }, 'metrics').toFixed(2), '1.20');
    assert.equal(dollarsOf({ intervalMinutes: 1440 }, 'metrics').toFixed(2), '0.05');
  });

  it('counts four metrics more for each stream where they are asked for', () => {
    const more = dollarsOf({ metricsByStream: true }, 'metrics') - dollarsOf({}, 'metrics');
    assert.equal(more.toFixed(2), (STREAM_METRICS.length * DEFAULT.streams * 0.3).toFixed(2));
  });

  it('follows the runs', () => {
    for (const what of ['function', 'state', 'log lines']) {
      const ratio = dollarsOf({}, what) / dollarsOf({ intervalMinutes: 60 }, what);
      assert.equal(ratio.toFixed(3), '4.000', what);
    }
  });
});
