/** The templates, as far as text alone can hold them together: with the catalogue, and with what the documents promise. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { streamsTemplate } from '../../sql/streams-template.ts';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { NAMESPACE } from '../../src/log.ts';

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
    assert.ok(PARAMETERS.length > 25);
    assert.deepEqual(grouped.filter((name) => PARAMETERS.includes(name)).toSorted(), PARAMETERS.toSorted());
  });

  it('use every parameter', () => {
    for (const name of PARAMETERS) {
      const uses = template.split(/^Conditions:/m)[1] ?? '';
      assert.match(uses, new RegExp(`!Ref ${name}\\b|\\$\\{${name}\\}`), `${name} is not used`);
    }
  });

  it('look for metrics where the function puts them', () => {
    const searches = [...template.matchAll(/SEARCH\('\{(\w+),service,stream\} /g)].map(([, namespace]) => namespace);
    assert.ok(searches.length >= 5);
    assert.deepEqual([...new Set(searches)], [NAMESPACE]);
  });
});

/** Documents that speak of the deployment, its commands, parameters and outputs. */
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  ...['deploy', 'security', 'unverified', 'lake-querying', 'lake', 'operations', 'budgets'].map(
    (name) => `docs/${name}.md`,
  ),
];

describe('the documents', () => {
  for (const file of DOCUMENTS) {
    it(`name only what is in the templates: ${file}`, () => {
      const sids = [...template.matchAll(/\bSid: (\w+)/g)].map(([, sid]) => sid as string);
      const known = new Set([...PARAMETERS, ...OUTPUTS, ...sids]);
      const others = new Set([
        // Names of ours that are told elsewhere.
        ...['SyncFailedError', 'StateUnreadable', 'AttemptTimedOut', 'WatermarkAgeSeconds'],
        // And of AWS and Ditio.
        ...[
          'AccessDenied',
          'AccessDeniedException',
          'NoSuchBucket',
          'ResourceNotFoundException',
          'CodeSigningConfigArn',
        ],
        ...[
          'EventAgeExceeded',
          'RetriesExhausted',
          'VersionIdsToStages',
          'ModifiedSince',
          'ModifiedBefore',
          'ValidUntil',
        ],
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
    assert.equal(refuse('sometimes', rulesOf('CustomMetrics')), 'not one of on,off');
    assert.equal(refuse('on', rulesOf('CustomMetrics')), null);
    assert.equal(refuse('255', rulesOf('MemoryMegabytes')), 'below 256');
  });

  it('have a policy for a key that lets the logs and the alarms use it, and leaves the rest to IAM', () => {
    const { Statement } = JSON.parse(read('docs/key-policy.json'));
    assert.deepEqual(
      Statement.map(({ Effect, Principal, Resource }: Record<string, unknown>) => [Effect, Principal, Resource]),
      [
        ['Allow', { AWS: 'arn:aws:iam::ACCOUNT:root' }, '*'],
        ['Allow', { Service: 'logs.REGION.amazonaws.com' }, '*'],
        ['Allow', { Service: 'cloudwatch.amazonaws.com' }, '*'],
      ],
    );
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
    assert.equal(commands.length, 6);
    for (const name of [...commands, 'QueryUrl', 'DashboardUrl']) assert.match(deploy, new RegExp(`\`${name}\``));
    for (const name of commands) assert.match(read('README.md'), new RegExp(`\`${name}\``));
  });

  it('know every permission', () => {
    const security = read('docs/security.md');
    const actions =
      template.split(/^ {2}ScheduleGroup:/m)[0]?.match(/\b(logs|dynamodb|s3|sqs|kms|secretsmanager):[A-Z]\w+/g) ?? [];
    assert.ok(actions.length >= 9);
    for (const action of actions) assert.ok(security.includes(action), `${action} is not explained`);
  });

  it('count streams, metrics and alarms as they are', () => {
    const deploy = read('docs/deploy.md');
    const alarms = template.match(/Type: AWS::CloudWatch::Alarm/g)?.length ?? 0;
    assert.match(
      deploy,
      new RegExp(`9 names × ${CATALOGUE.length} streams × 0\\.30 \\| ${(9 * CATALOGUE.length * 0.3).toFixed(2)} `),
    );
    assert.match(
      deploy,
      new RegExp(
        `alarms: ${alarms}, and one per stream, × 0\\.10 \\| ${((alarms + CATALOGUE.length) * 0.1).toFixed(2)} `,
      ),
    );
  });

  it('add up what it costs, with and without metrics', () => {
    const rows = [...read('docs/deploy.md').matchAll(/^\| (\**)([^|]+?)\1 \| \**(\d+\.\d\d)\** \| (.*) \|$/gm)].map(
      ([, , what = '', dollars, more = '']) => ({ what, cents: Math.round(Number(dollars) * 100), more }),
    );
    const together = rows.pop();
    assert.equal(together?.what, 'together');
    assert.equal(
      rows.reduce((sum, { cents }) => sum + cents, 0),
      together.cents,
    );
    assert.equal(rows.length, 8);
    const withMetrics = rows.find(({ what }) => what.startsWith('custom metrics'))?.cents ?? 0;
    const off = /\*\*(\d+\.\d\d)\*\*/.exec(together.more)?.[1];
    assert.equal(Math.round(Number(off) * 100), together.cents - withMetrics - CATALOGUE.length * 10);
    const [, least, most] = /about (\d+) dollars a month, or (\d+) with metrics/.exec(read('README.md')) ?? [];
    assert.deepEqual([least, most], [Number(off).toFixed(0), (together.cents / 100).toFixed(0)]);
  });

  it('have a stage for testing and one for production', () => {
    const config = read('samconfig.toml');
    for (const stage of ['default', 'production'])
      assert.match(config, new RegExp(`^\\[${stage}\\.deploy\\.parameters\\]$`, 'm'));
    for (const [, name] of config.matchAll(/"(\w+)=/g))
      assert.ok(PARAMETERS.includes(String(name)), `${name} is no parameter`);
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
