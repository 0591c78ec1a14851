/** Tests the command line: no option is silently ignored, and a refusal suggests the probable word. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMMANDS, helpText } from '../../local/commands.ts';
import { parseOptions } from '../../local/options.ts';
import { Problem } from '../../local/problem.ts';
import { didYouMean } from '../../local/suggest.ts';
import { local, temporaryFolder } from './command.ts';

const parse = (line: string, env: Readonly<Record<string, string>> = {}) =>
  parseOptions(line === '' ? [] : line.split(' '), env);

const REFUSED: ReadonlyArray<readonly [line: string, says: RegExp]> = [
  ['--mode full', /does not take --mode; it belongs to sync/],
  ['--streams project', /does not take --streams; it belongs to sync, backfill, reset/],
  ['status --fresh', /status does not take --fresh/],
  ['status --logs', /status does not take --logs/],
  ['streams --live', /streams does not take --live/],
  ['snyc', /unknown command snyc – did you mean sync\?/],
  ['live', /did you mean --live\?/],
  ['sync now', /too many words: now/],
  ['--strems project', /unknown option --strems – did you mean --streams\?/],
  ['-j', /^unknown option -j$/],
  ['sync --streams time-registration', /unknown stream time-registration – did you mean time-registrations\?/],
  ['sync --streams time_registrations', /did you mean time-registrations\?/],
  ['sync --streams nothing-like-it', /unknown stream nothing-like-it .*npm run local -- streams/],
  ['--records 3000 --records 400', /^--records is given more than once$/],
  ['sync --streams project --streams user', /--streams is given more than once/],
  ['--records many', /--records must be a whole number from 1 to 20000000, not "many"/],
  ['--records 0', /--records must be/],
  ['--seed -1', /^--seed must be a whole number from 0 to \d+, not "-1"$/],
  ['--records -5', /^--records must be a whole number from 1 to 20000000, not "-5"$/],
  ['--live --records 5', /--records and --seed describe the simulator/],
  ['--live --seed 5', /--records and --seed describe the simulator/],
  ['--yes', /--yes answers the question that --fresh asks/],
  ['query select 1', /^query needs its SQL in quotes: query "select 1"$/],
  ['query x --json --csv', /--json and --csv are two forms/],
  ['export parquet', /usage: export parquet FOLDER/],
  ['export avro x', /usage: export parquet FOLDER/],
  ['drift --csv', /drift does not take --csv; it belongs to query/],
  ['--records', /records/],
  ['--json=yes', /json/],
  ['backfill --from 2026-01-01 --to 2026-02-01', /backfill needs --streams/],
  ['backfill --streams project', /backfill needs --from and --to, or --modified-since/],
  ['reset', /reset needs --streams/],
];

function isRefused(words: readonly string[], says: RegExp): void {
  assert.throws(
    () => parseOptions(words, {}),
    (error) => error instanceof Problem && error.exitCode === 2 && says.test(error.message),
  );
}

describe('the command line', () => {
  for (const [line, says] of REFUSED) {
    it(`refuses: ${line}`, () => isRefused(line.split(' '), says));
  }

  it('refuses SQL without the command', () => isRefused(['select 1'], /did you mean query "select 1"/));

  it('names every mistake together', () => {
    assert.throws(() => parse('status --fresh --records x'), /--fresh[\s\S]*--records/);
  });

  for (const name of ['live', 'records', 'json', 'streams', 'modified_since']) {
    it(`says where -- was forgotten before --${name.replace('_', '-')}`, () => {
      const env = { [`npm_config_${name}`]: 'true' };
      assert.throws(
        () => parse('', env),
        new RegExp(`npm has kept --${name.replace('_', '-')} .*\\n  npm run local -- --`),
      );
    });
  }

  for (const [line, env, meant] of [
    ['sync project', { npm_config_streams: 'true' }, 'sync --streams project'],
    ['sync', { npm_config_streams: 'project,user', npm_config_json: 'true' }, 'sync --json --streams project,user'],
    ['sync project full', { npm_config_streams: 'true', npm_config_mode: 'true' }, 'sync --streams … --mode …'],
    ['status', { npm_config_folder: '/a b' }, 'status --folder "/a b"'],
  ] as const) {
    it(`repeats the words and the values that npm has kept: ${meant}`, () => {
      assert.throws(
        () => parse(line, env),
        (error) => error instanceof Problem && error.message.endsWith(`\n  npm run local -- ${meant}`),
      );
    });
  }

  it('takes what npx sets of its own accord', () => {
    assert.equal(parse('', { npm_config_yes: '' })?.command, 'job');
  });

  it('means the job without a command, with the defaults of the help', () => {
    const options = parse('');
    assert.deepEqual(options?.source, { kind: 'simulator', records: 20_000, seed: 1 });
    assert.equal(options?.folder, resolve('.local'));
    assert.match(helpText(null), /20000 unless given[\s\S]*1 unless given[\s\S]*\.local unless given/);
  });

  it('reads a folder from where npm was typed', () => {
    assert.equal(parse('--folder data', { INIT_CWD: resolve('/elsewhere') })?.folder, resolve('/elsewhere/data'));
  });

  it('makes the event of a command', () => {
    assert.deepEqual(parse('sync --streams project,user --mode full')?.event, {
      action: 'sync',
      streams: ['project', 'user'],
      mode: 'full',
    });
    assert.deepEqual(parse('backfill --streams user --modified-since 2026-01-01T00:00:00Z')?.event, {
      action: 'backfill',
      streams: ['user'],
      modifiedSince: '2026-01-01T00:00:00Z',
    });
  });

  for (const columns of [60, 120]) {
    it(`is explained within ${columns} columns, every command and option of it`, () => {
      const lines = helpText(columns).split('\n');
      assert.deepEqual(
        lines.filter((line) => line.length > columns),
        [],
      );
      const text = lines.join('\n');
      for (const name of Object.keys(COMMANDS).filter((command) => command !== 'job')) {
        assert.match(text, new RegExp(`^  ${name}\\b`, 'm'));
      }
      for (const option of ['--live', '--records', '--seed', '--folder', '--fresh', '--yes', '--json', '--logs']) {
        assert.match(text, new RegExp(`^  ${option}\\b`, 'm'));
      }
    });
  }
});

describe('a suggestion', () => {
  const TABLE: ReadonlyArray<readonly [given: string, says: string]> = [
    ['projct', ' – did you mean project?'],
    ['Time_Registrations', ' – did you mean time-registrations?'],
    ['payroll', ''],
    ['x', ''],
  ];
  for (const [given, says] of TABLE) {
    it(`for ${given} is ${says || 'not made'}`, () => {
      assert.equal(didYouMean(given, ['project', 'time-registrations', 'payroll-lines-extended']), says);
    });
  }
});

describe('a wrong command', () => {
  const WRONG: ReadonlyArray<readonly [what: string, args: readonly string[], env: Readonly<Record<string, string>>]> =
    [
      ['an option that is not taken', ['--mode', 'full'], {}],
      ['a missing client', ['--live'], {}],
    ];
  it('about a deployed stack ends with 2 as well, without a name of one', () => {
    const status = fileURLToPath(new URL('../../scripts/status.ts', import.meta.url));
    for (const args of [[], ['--stak', 'x']]) {
      const { status: code, stderr } = spawnSync(process.execPath, [status, ...args], { encoding: 'utf8' });
      assert.equal(code, 2, stderr);
      assert.match(stderr, /^(Name the stack: |Unknown option '--stak')/);
      assert.doesNotMatch(stderr, /^\s+at /m);
    }
  });

  for (const [what, args, env] of WRONG) {
    it(`with ${what} ends with 2, writes to standard error alone, and touches no folder`, async (t) => {
      const folder = join(temporaryFolder(t), 'data');
      const { code, stdout, stderr } = await local([...args, '--folder', folder], env);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.doesNotMatch(stderr, /^\s+at /m);
      assert.ok(!existsSync(folder));
    });
  }
});
