/** The templates, as far as text alone can hold them together: with the catalogue, and with what the documents promise. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { streamsTemplate } from '../../scripts/streams-template.ts';
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
    assert.match(template, new RegExp(`SCHEMA\\(${NAMESPACE}, service, stream\\)`));
  });
});

describe('the documents', () => {
  for (const file of [
    'docs/deploy.md',
    'docs/security.md',
    'docs/unverified.md',
    'docs/lake-querying.md',
    'README.md',
  ]) {
    it(`name only what is in the templates: ${file}`, () => {
      const known = new Set(
        [...PARAMETERS, ...OUTPUTS, ...template.matchAll(/\bSid: (\w+)/g)].map((each) =>
          typeof each === 'string' ? each : each[1],
        ),
      );
      const others = new Set([
        'SyncFailedError',
        'CheckFailedError',
        'AccessDenied',
        'CodeSigningConfigArn',
        'WatermarkAgeSeconds',
      ]);
      const named = [...read(file).matchAll(NAMES)].map(([, name]) => name as string);
      assert.deepEqual(
        named.filter((name) => !known.has(name) && !others.has(name)),
        [],
      );
    });
  }

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
    for (const name of commands) assert.match(deploy, new RegExp(`\`${name}\``));
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

  it('have a stage for testing and one for production', () => {
    const config = read('samconfig.toml');
    for (const stage of ['default', 'production'])
      assert.match(config, new RegExp(`^\\[${stage}\\.deploy\\.parameters\\]$`, 'm'));
    for (const [, name] of config.matchAll(/"(\w+)=/g))
      assert.ok(PARAMETERS.includes(String(name)), `${name} is no parameter`);
  });
});
