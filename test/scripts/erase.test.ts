/** Erasing a person from a local lake, by the command of docs/privacy.md. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readLake } from '../../local/lake-reader.ts';
import { namesPerson, readPersonValues } from '../../scripts/erase/person.ts';
import { line, NEWEST, OLD, PERSON, partKey, personLake } from '../fakes/person-lake.ts';
import { readPart } from '../fakes/read-part.ts';

const COMMAND = fileURLToPath(new URL('../../scripts/erase.ts', import.meta.url));
const TABLES = ['user', 'incident_registrations', 'payroll_lines'];

describe('erasing a person from a lake', () => {
  let folder: string;
  let lake: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'erase-'));
    lake = join(folder, 'lake');
    for (const [key, bytes] of personLake()) put(key, bytes);
    writeFileSync(join(folder, 'person.txt'), PERSON);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function put(key: string, bytes: Buffer | string): void {
    mkdirSync(dirname(join(lake, key)), { recursive: true });
    writeFileSync(join(lake, key), bytes);
  }

  function command(...more: readonly string[]) {
    const args = ['--lake', pathToFileURL(lake).href, '--person', join(folder, 'person.txt'), ...more];
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  const contents = () =>
    new Map(
      readdirSync(lake, { recursive: true, encoding: 'utf8' })
        .filter((name) => statSync(join(lake, name)).isFile())
        .toSorted()
        .map((name) => [name.replaceAll('\\', '/'), readFileSync(join(lake, name))]),
    );
  const everything = () => [...contents().values()].map((bytes) => readPart(bytes).toString('utf8')).join('');
  const present = () => readLake(lake, TABLES, new Set());

  it('only counts at first, and names nothing of the person', () => {
    const before = contents();
    const { status, stdout, stderr } = command();
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(stdout.split('\n').slice(0, 4), [
      'table                   lines to erase  in parts  old versions  still present',
      'user                    2               2         0             0',
      'incident_registrations  1               1         0             0',
      'payroll_lines           1               1         0             0',
    ]);
    assert.doesNotMatch(stdout, /døme|4711/i);
    assert.deepEqual(contents(), before);
  });

  it('takes out every older line that names the person, and leaves every other byte and the present state', async () => {
    const before = contents();
    const presentBefore = await present();
    const { status, stdout, stderr } = command('--apply');
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^Erased 4 lines; looked again, and found none\.$/m);

    const text = everything();
    assert.doesNotMatch(text, /døme[^s]|d\\u00f8me|ase\.dome|"EmployeeNumber":4711/i);
    for (const other of ['Ola Prøve', 'Åse Dømesen', '"hours":4711', '"EmployeeNumber":4712', '"amount":4711'])
      assert.ok(text.includes(other), other);
    // No key comes or goes: manifests name the same parts. Those since the newest full sync are the same bytes.
    assert.deepEqual([...contents().keys()], [...before.keys()]);
    for (const [key, bytes] of before) {
      if (key.includes(NEWEST) || key.startsWith('manifests/')) assert.ok(contents().get(key)?.equals(bytes), key);
    }
    assert.deepEqual(await present(), presentBefore);
  });

  it('does the same once more without finding anything', () => {
    assert.equal(command('--apply').status, 0);
    const once = contents();
    const { status, stdout } = command('--apply');
    assert.equal(status, 0);
    assert.match(stdout, /^No line names the person\.$/m);
    assert.deepEqual(contents(), once);
  });

  it('refuses, before any change, while the present state still names the person', () => {
    put(
      partKey('payroll_lines', '20260202T000000000Z'),
      line(NEWEST, { id: 'p9', worker: { employeeNumber: '4711' } }),
    );
    const before = contents();
    const { status, stderr } = command('--apply');
    assert.equal(status, 1);
    assert.match(stderr, /present state of payroll_lines still names the person.*full sync/);
    assert.deepEqual(contents(), before);
    // Streams that must be kept, such as pay, can be left out.
    assert.equal(command('--apply', '--streams', 'user,incident-registrations').status, 0);
    assert.doesNotMatch(everything(), /ase\.dome/i);
  });

  it('takes a stream without a complete full sync for the present state', () => {
    rmSync(join(lake, 'manifests/user'), { recursive: true });
    assert.equal(command('--apply').status, 1);
  });

  it('removes results of queries, when it is told where they are', () => {
    const results = join(folder, 'athena-results');
    mkdirSync(join(results, 'acme'), { recursive: true });
    writeFileSync(join(results, 'acme', 'answer.csv'), 'Åse Døme\n');
    assert.equal(command('--apply', '--results', pathToFileURL(results).href).status, 0);
    assert.deepEqual(readdirSync(join(results, 'acme')), []);
  });

  it('refuses a folder that holds no query results, an unknown stream and a person without a value', () => {
    const wrong = command('--apply', '--results', pathToFileURL(lake).href, '--streams', 'users');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /--results must be a folder named athena-results[\s\S]*unknown stream users/);
    writeFileSync(join(folder, 'person.txt'), '\n');
    assert.equal(command().status, 1);
  });
});

describe('a person', () => {
  const names = (value: string, record: Readonly<Record<string, unknown>>) =>
    namesPerson(line(OLD, record), readPersonValues(value));

  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, boolean])[] = [
    ['5f1e2d3c4b5a69788796a5b4', { deep: [{ userId: '5f1e2d3c4b5a69788796a5b4' }] }, true],
    ['Åse Døme', { text: 'åse  DØME' }, true],
    ['Åse Døme', { text: 'Åse Dømes bil' }, false],
    ['Åse (Døme)', { text: 'hos åse (døme).' }, true],
    ['99887766', { phone: 99887766 }, true],
    ['99887766', { text: 'ring 99887766 nå' }, false],
    ['employeeNumber=17', { employeeNumber: '17', hours: 3 }, true],
    ['employeeNumber=17', { employeeNumber: '18', hours: 17 }, false],
    ['name=Bo', { name: 'Bo Dal' }, false],
    ['20260101T000000000Z', { id: 'x' }, false],
  ];
  for (const [value, record, expected] of cases)
    it(`${expected ? 'is' : 'is not'} found by ${value} in ${JSON.stringify(record)}`, () =>
      assert.equal(names(value, record), expected));

  it('is not looked for by what would hit others, and the complaint does not repeat it', () => {
    assert.throws(
      () => readPersonValues('Bo\n4711\nname=\n'),
      (error: Error) => {
        assert.match(error.message, /line 1 is too short.*line 2 is too short.*line 3 has no value/);
        assert.doesNotMatch(error.message, /Bo|4711/);
        return true;
      },
    );
  });
});
