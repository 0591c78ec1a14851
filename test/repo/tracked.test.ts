/** Checks that no file of the repository contains a path of a machine, a registry, a secret or a person. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PLANTED } from '../fakes/planted.ts';
import { textOf, trackedFiles, walkedFiles } from './files.ts';

const any = (...words: readonly string[]) => words.join('|');

/** Written so that none of them finds itself here. */
const FORBIDDEN: ReadonlyArray<readonly [what: string, pattern: RegExp]> = [
  [
    'a path of a machine',
    new RegExp(`(?<![\\w./-])/(${any('work', 'farm', 'root', 'home', 'Users', 'mnt', 'private')})/[\\w.]`),
  ],
  ['a path of a Windows machine', /(?<!\w)[A-Z]:\\{1,2}(Users|Windows|work)\b/i],
  [
    'a registry',
    new RegExp(
      `\\b(${any('registry', 'npm')})\\.(${any('npmjs', 'yarnpkg', 'npmmirror', 'pkg\\.github')})\\b|${'codeart'}ifact|${'artif'}actory`,
    ),
  ],
  ['a JWT', new RegExp(`${'ey'}J[\\w-]{10,}\\.${'ey'}[\\w-]{10,}`)],
  ['an AWS access key id', new RegExp(`\\b(${'AK'}IA|${'AS'}IA)[A-Z0-9]{16}\\b`)],
  ['an AWS secret key', new RegExp(`${'aws_secret'}_access_key\\s*[=:]\\s*["']?[A-Za-z0-9/+]{40}\\b`, 'i')],
  ['a private key', new RegExp(`-----BEGIN [A-Z ]*${'PRIVATE'} KEY-----`)],
  [
    'a token of a forge',
    new RegExp(`\\b(${'gh'}[pousr]_[A-Za-z0-9]{30,}|${'npm'}_[A-Za-z0-9]{30,}|${'xox'}[abp]-[\\w-]{10,})`),
  ],
  ['a bearer token', new RegExp(`${'Bear'}er\\s+[A-Za-z0-9._~+/-]{40,}`)],
  ['a national identity number', /(?<![\w.:/-])(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d{2}[ ]?\d{5}(?![\w.:/-])/],
];

/** Integrity hashes and versions only: the lock file is looked at by itself. */
const LOCK = 'package-lock.json';

const isText = (text: string) => !text.includes('\0');

function offences(path: string, text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      FORBIDDEN.filter(([, pattern]) => pattern.test(line)).map(
        ([what]) => `${path}:${index + 1} holds ${what}: ${line.trim().slice(0, 80)}`,
      ),
    );
}

describe('files of the repository', () => {
  const files = trackedFiles();

  it('are looked at', () => assert.ok(files.length > 100 && files.includes('src/handler.ts')));

  it('are found without git too', () => {
    const walked = new Set(walkedFiles());
    assert.deepEqual(
      files.filter((path) => !walked.has(path)),
      [],
    );
    assert.ok(![...walked].some((path) => path.startsWith('node_modules/')));
  });

  it('hold no path of a machine, no registry, no secret and no person', () => {
    const found = files
      .filter((path) => path !== LOCK)
      .flatMap((path) => {
        const text = textOf(path);
        return isText(text) ? offences(path, text) : [];
      });
    assert.equal(found.length, 0, found.join('\n'));
  });

  it('are no leftovers of a machine', () => {
    const leftovers = /(^|\/)(\.DS_Store|Thumbs\.db|\.env(\..+)?|.*\.(log|orig|rej|swp|bak|pem|key|p12))$/;
    assert.deepEqual(
      files.filter((path) => leftovers.test(path)),
      [],
    );
  });

  it('end their last line, and carry no carriage return', () => {
    const odd = files.filter((path) => {
      if (/\/fixtures\//.test(path)) return false;
      const text = textOf(path);
      return isText(text) && text !== '' && (!text.endsWith('\n') || text.includes('\r\n'));
    });
    assert.deepEqual(odd, []);
  });
});

describe('the lock file', () => {
  const lock = JSON.parse(textOf(LOCK)) as { packages: Readonly<Record<string, Readonly<Record<string, unknown>>>> };

  it('names no place that packages come from: that is for the machine to know', () => {
    const resolved = Object.entries(lock.packages).filter(([, entry]) => 'resolved' in entry);
    assert.deepEqual(
      resolved.map(([name]) => name),
      [],
    );
    assert.doesNotMatch(
      textOf(LOCK),
      /https?:\/\/(?!(www\.)?(github\.com|opencollective\.com|paypal\.me|feross\.org|.*funding|.*sponsor|.*patreon|.*tidelift))[^"]*\.tgz/,
    );
  });

  it('fixes every package by its hash, for every kind of machine', () => {
    const loose = Object.entries(lock.packages).filter(
      ([name, entry]) => name !== '' && !entry.link && !/^sha512-[\w+/]{86}==$/.test(String(entry.integrity)),
    );
    assert.deepEqual(
      loose.map(([name]) => name),
      [],
    );
  });
});

describe('the patterns of this suite', () => {
  const BAD: ReadonlyArray<readonly [what: string, line: string]> = [
    ['a path of a machine', `cd ${'/wo'}rk/main`],
    ['a path of a machine', `"${'/ho'}me/kari/x"`],
    ['a path of a Windows machine', `C:\\Us${'ers'}\\kari`],
    ['a registry', `https://regis${'try.npmjs'}.org/x`],
    ['a JWT', PLANTED.jwt],
    ['an AWS access key id', PLANTED.accessKeyId],
    ['a private key', `-----BEGIN RSA PRIV${'ATE'} KEY-----`],
    ['a bearer token', `Bear${'er'} ${'a1'.repeat(30)}`],
    ['a national identity number', `fnr ${PLANTED.nationalId}`],
  ];
  for (const [what, line] of BAD) {
    it(`find ${what}`, () =>
      assert.ok(
        offences('x', line).some((found) => found.includes(what)),
        line,
      ));
  }

  const GOOD = [
    'see docs/work/main.md and src/home/x',
    'https://example.com/home/kari',
    '`/tmp` of Lambda, 512 MB',
    '20261122T081503120Z-00000042',
    'arn:aws:dynamodb:eu-north-1:123456789012:table/ditio',
    '12345678901234567890',
    'sha512-AKIAsomething/lower+case==',
    'Bearer token',
  ];
  for (const line of GOOD) it(`pass over: ${line}`, () => assert.deepEqual(offences('x', line), []));
});
