import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAILURE_TABLES } from '../../../src/core/failure/classify.ts';
import { KIND_HINTS } from '../../../src/core/failure/hints.ts';
import { createRedactor } from '../../../src/core/failure/redact.ts';
import { PLANTED } from '../../fakes/planted.ts';

const clean = (value: unknown) => createRedactor().clean(value);
const textOf = (value: unknown) => JSON.stringify(value) ?? '';

/** Everything that a value becomes in a log line, with the secret learned beforehand. */
function cleanedWith(secret: string, value: unknown): string {
  const redactor = createRedactor();
  redactor.learn(secret);
  return textOf(redactor.clean(value));
}

const hex = (char: string) => char.charCodeAt(0).toString(16).padStart(2, '0');
const spell = (text: string, each: (char: string) => string) => [...text].map(each).join('');
const formField = (text: string) => new URLSearchParams({ s: text }).toString().slice(2);
const NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '"': '&quot;',
  '+': '&plus;',
  '/': '&sol;',
  '=': '&equals;',
};

const NAMES_OF_MARKS: Readonly<Record<string, string>> = {
  _: '&UnderBar;',
  '-': '&hyphen;',
  '.': '&period;',
  '~': '&tilde;',
  '#': '&num;',
  '%': '&percnt;',
  '@': '&commat;',
  '!': '&excl;',
  $: '&dollar;',
  '*': '&ast;',
  ':': '&colon;',
  ';': '&semi;',
};
const percentAll = (text: string) => spell(text, (char) => `%${hex(char)}`);
/** As System.Text.Json writes it. */
const netJson = (text: string) =>
  JSON.stringify(text).slice(1, -1).replaceAll('\\"', '\\u0022').replaceAll('&', '\\u0026').replaceAll('+', '\\u002B');

describe('a learned secret', () => {
  const SECRET = PLANTED.opaqueToken;
  const deepError = new Error('outer', { cause: new Error('middle', { cause: new TypeError(`inner ${SECRET}`) }) });
  const named = new Error('x');
  named.name = `Error of ${SECRET}`;
  const PLACES: ReadonlyArray<readonly [name: string, value: unknown]> = [
    ['a text', `the token ${SECRET} was refused`],
    ['a text in which it stands three times, glued together', `${SECRET}${SECRET}x${SECRET}`],
    ['a field', { detail: SECRET }],
    ['a field far down', { a: { b: [{ c: { d: [`x${SECRET}`] } }] } }],
    ['a list', ['a', [SECRET], 'b']],
    ['the name of a field', { [`header ${SECRET}`]: 1 }],
    ['the name of a field far down', { a: [{ [SECRET]: { b: 1 } }] }],
    ['the message of an error', new Error(`Bad token ${SECRET}`)],
    ['the cause of a cause of an error', deepError],
    ['the name of an error', named],
    ['an error in a list in a field', { errors: [{ why: new Error(SECRET) }] }],
    ['a cause that is no error', new Error('x', { cause: { header: SECRET } })],
    ['a URL object', new URL(`https://core-api.ditio.dev/reporting?t=${SECRET}`)],
    ['an error list as Ditio sends it', { errors: [{ category: 'x', code: SECRET, message: `m ${SECRET}` }] }],
  ];
  for (const [name, value] of PLACES) {
    it(`is cut out of ${name}`, () => {
      assert.ok(textOf(value) !== undefined);
      assert.ok(!cleanedWith(SECRET, value).includes(SECRET));
    });
  }

  const SPELLINGS: ReadonlyArray<readonly [name: string, spell: (secret: string) => string]> = [
    ['as it is', (secret) => secret],
    ['percent-encoded', encodeURIComponent],
    [
      'percent-encoded in small letters',
      (secret) => encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase()),
    ],
    ['encoded as a form field', (secret) => new URLSearchParams({ s: secret }).toString().slice(2)],
    ['escaped in JSON', (secret) => JSON.stringify(secret).slice(1, -1)],
    ['escaped in JSON within JSON', (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ['in Base64', (secret) => Buffer.from(secret).toString('base64')],
    ['in Base64 for URLs', (secret) => Buffer.from(secret).toString('base64url')],
    [
      'in the Base64 of an Authorization header',
      (secret) => Buffer.from(`made-up-client:${secret}`).toString('base64'),
    ],
    ['in the Base64 of a longer text', (secret) => Buffer.from(`xx${secret} and more`).toString('base64')],
    ['in HTML with names', (secret) => spell(secret, (char) => NAMES[char] ?? char)],
    ['in HTML with decimal numbers', (secret) => spell(secret, (char) => `&#${char.charCodeAt(0)};`)],
    ['in HTML with padded decimal numbers', (secret) => spell(secret, (char) => `&#0${char.charCodeAt(0)};`)],
    ['in HTML with hexadecimal numbers', (secret) => spell(secret, (char) => `&#x${hex(char)};`)],
    ['in HTML with large hexadecimal digits', (secret) => spell(secret, (char) => `&#X${hex(char).toUpperCase()};`)],
    ['with every character percent-encoded', (secret) => spell(secret, (char) => `%${hex(char)}`)],
    ['with every character escaped in JSON', (secret) => spell(secret, (char) => `\\u00${hex(char)}`)],
    ['as a form field in HTML', (secret) => formField(secret).replaceAll('%', '&#37;')],
    ['escaped in JSON in HTML', (secret) => spell(JSON.stringify(secret).slice(1, -1), (char) => NAMES[char] ?? char)],
    ['in HTML within HTML', (secret) => spell(secret, (char) => NAMES[char]?.replace('&', '&amp;') ?? char)],
    [
      'in HTML with decimal numbers of 8 digits',
      (secret) => spell(secret, (char) => `&#${String(char.charCodeAt(0)).padStart(8, '0')};`),
    ],
    [
      'in HTML with decimal numbers of 40 digits and no semicolon',
      (secret) => spell(secret, (char) => `&#${String(char.charCodeAt(0)).padStart(40, '0')}`).replaceAll('7&', '7;&'),
    ],
    [
      'in HTML with hexadecimal numbers of 8 digits',
      (secret) => spell(secret, (char) => `&#x${hex(char).padStart(8, '0')};`),
    ],
    ['in HTML with names without a semicolon', (secret) => secret.replaceAll('&', '&amp').replaceAll('"', '&quot')],
    ['in HTML within HTML, four times', (secret) => spell(secret, (char) => `&amp;amp;amp;#${char.charCodeAt(0)};`)],
    [
      'with every character percent-encoded, four times',
      (secret) => percentAll(percentAll(percentAll(percentAll(secret)))),
    ],
    ['with every character escaped in JavaScript', (secret) => spell(secret, (char) => `\\u{${hex(char)}}`)],
    ['with every character escaped by escape()', (secret) => spell(secret, (char) => `%u00${hex(char)}`)],
    [
      'with a place for a line break',
      (secret) => `${secret.slice(0, 4)}<wbr>${secret.slice(4, 8)}<WBR />${secret.slice(8)}`,
    ],
    ['with a soft hyphen inside', (secret) => `${secret.slice(0, 8)}\u00ad${secret.slice(8)}`],
    ['with a soft hyphen inside, in HTML', (secret) => `${secret.slice(0, 8)}&shy;${secret.slice(8)}`],
    ['with a space of no width after each character', (secret) => [...secret].join('\u200b')],
    ['with a byte order mark inside', (secret) => `${secret.slice(0, 8)}\ufeff${secret.slice(8)}`],
    ['with a control character inside', (secret) => `${secret.slice(0, 8)}\u0007${secret.slice(8)}`],
    ['in the Base64 of a form', (secret) => Buffer.from(`a=1&client_secret=${formField(secret)}`).toString('base64')],
    ['in the Base64 of a URL', (secret) => Buffer.from(`?a=1&b=${encodeURIComponent(secret)}`).toString('base64url')],
    ['in the Base64 of JSON', (secret) => Buffer.from(JSON.stringify({ x: secret })).toString('base64')],
    ['in the Base64 of the JSON of .NET', (secret) => Buffer.from(`{"x":"${netJson(secret)}"}`).toString('base64')],
  ];
  for (const [name, spell] of SPELLINGS) {
    it(`is cut out ${name}`, () => {
      const spelled = spell(PLANTED.clientSecret);
      const line = cleanedWith(PLANTED.clientSecret, { said: `<${spelled}>` });
      assert.equal(line, '{"said":"<[redacted]>"}');
    });
  }

  it('is cut out before a long text is cut: no piece of it is left at the end', () => {
    for (let before = 3_900; before <= 4_010; before++) {
      const line = cleanedWith(SECRET, `${'x'.repeat(before - 1)} ${SECRET} and more`);
      for (const size of [6, SECRET.length - 1]) {
        assert.ok(!line.includes(SECRET.slice(0, size)), `${size} characters of it are left after ${before}`);
      }
    }
  });

  it('that holds a shorter one is cut out whole', () => {
    const redactor = createRedactor();
    redactor.learn(SECRET.slice(0, 8));
    redactor.learn(SECRET);
    assert.equal(redactor.clean(`a ${SECRET} b`), 'a [redacted] b');
  });

  it('stays known while token after token is learned for weeks', () => {
    const redactor = createRedactor();
    for (let count = 0; count < 2_000; count++) {
      // As `ditio/tokens.ts` does: the client's secret is learned again before each token.
      redactor.learn(PLANTED.clientSecret);
      redactor.learn(`token-number-${count}-of-many`);
      assert.equal(redactor.clean(PLANTED.clientSecret), '[redacted]', `after ${count} tokens`);
    }
  });

  it('in a mixture of spellings is cut out, and what stands around it stays', () => {
    const spelled = 'Hemmelig%2B&#x2f;&equals;kaffe&amp;vaffel\\u00227';
    assert.equal(cleanedWith(PLANTED.clientSecret, `before ${spelled} after`), '"before [redacted] after"');
  });

  it('with letters beyond ASCII is cut out in every spelling', () => {
    const secret = 'nøkkel-på-hytta';
    for (const spelled of [encodeURIComponent(secret), 'n&oslash;kkel-p&aring;-hytta', 'n%F8kkel-p%E5-hytta']) {
      assert.equal(cleanedWith(secret, spelled), '"[redacted]"');
    }
  });

  it('with any mark is cut out under the names of HTML', () => {
    for (const [mark, name] of Object.entries(NAMES_OF_MARKS)) {
      const secret = `made${mark}up${mark}value`;
      assert.equal(cleanedWith(secret, `a ${secret.replaceAll(mark, name)} b`), '"a [redacted] b"', name);
    }
    const marks = 'made<up>value&lt7';
    for (const spelled of ['made&ltup&gtvalue&amplt7', 'made&LT;up&GT;value&AMP;lt7', 'made&#60;up>value&lt7']) {
      assert.equal(cleanedWith(marks, `a ${spelled} b`), '"a [redacted] b"', spelled);
    }
  });

  it('that looks like an escape is cut out, also where only another part of it is escaped', () => {
    const secret = 'made%41up&lt;value';
    for (const spelled of [secret, encodeURIComponent(secret), 'made%41up&amp;lt;value', 'made%41up&lt;v&#97;lue']) {
      assert.equal(cleanedWith(secret, `a ${spelled} b`), '"a [redacted] b"', spelled);
    }
  });

  it('is hidden in a text of any length, which stays whole', () => {
    const redactor = createRedactor();
    redactor.learn(SECRET);
    const long = 'ord '.repeat(5_000);
    assert.equal(redactor.hide(`${long}${SECRET}`), `${long}[redacted]`);
  });

  it('that is too short to be one cuts no words to pieces', () => {
    assert.equal(cleanedWith('kaffe', 'kaffe og vafler'), '"kaffe og vafler"');
    assert.equal(cleanedWith('vaffel', 'kaffe og vaffel'), '"kaffe og [redacted]"');
  });

  it('is known to its own redactor and to no other', () => {
    createRedactor().learn('not-for-others');
    assert.equal(clean('not-for-others'), 'not-for-others');
  });
});

describe('a value that was not learned', () => {
  const { jwt, accessKeyId, email, nationalId, phone, opaqueToken, continuationToken } = PLANTED;
  const SHAPES: ReadonlyArray<readonly [name: string, text: string, gone: string]> = [
    ['a JWT', `token ${jwt} ends`, jwt],
    ['the first two parts of a JWT', jwt.slice(0, jwt.lastIndexOf('.')), jwt.slice(0, jwt.lastIndexOf('.'))],
    ['a bearer token of any form', `Authorization: Bearer ${opaqueToken}`, opaqueToken],
    ['a bearer token in small letters', `bearer ${opaqueToken}`, opaqueToken],
    ['basic credentials', `Basic ${Buffer.from('client:secret-x').toString('base64')}`, 'Y2xpZW50'],
    ['a client secret in a form', `grant_type=x&client_secret=${opaqueToken}&scope=y`, opaqueToken],
    ['an access token in JSON', `{"access_token":"${opaqueToken}","x":1}`, opaqueToken],
    ['an access token in JSON within JSON', JSON.stringify(JSON.stringify({ access_token: opaqueToken })), opaqueToken],
    ['an access token in camel case', `{ accessToken: '${opaqueToken}' }`, opaqueToken],
    [
      'a continuation token in a URL',
      `GET https://h/v1/x?ContinuationToken=${continuationToken}&a=1`,
      continuationToken,
    ],
    ['a continuation token in an answer', `"continuationToken": "${continuationToken}"`, continuationToken],
    ['the credentials of a URL', `https://kari:${opaqueToken}@core-api.ditio.dev/x`, opaqueToken],
    ['an AWS access key id', `key ${accessKeyId}.`, accessKeyId],
    ['a temporary AWS access key id', accessKeyId.replace('AKIA', 'ASIA'), accessKeyId.slice(4)],
    ['an e-mail address', `user ${email} is unknown`, email],
    ['an e-mail address with letters of Norwegian', `bjørn.æøå@${email.split('@')[1]}`, 'bjørn'],
    ['an e-mail address in a URL', `https://h/?q=${encodeURIComponent(email)}`, 'kari.nordmann'],
    ['a client secret in HTML', `client_secret&#61;${opaqueToken}&amp;x=1`, opaqueToken],
    ['a client secret in a form in a URL', `?next=client_secret%3D${opaqueToken}%26scope`, opaqueToken],
    ['an access token in JSON in HTML', `{&quot;access_token&quot;:&quot;${opaqueToken}&quot;}`, opaqueToken],
    ['a bearer token in a URL', `?h=Bearer%20${opaqueToken}`, opaqueToken],
    ['an e-mail address with an encoded sign', `kari%2Bx@${email.split('@')[1]}`, 'kari'],
    ['a national identity number', `fnr ${nationalId}`, nationalId],
    ['a national identity number in quotes', `"${nationalId}"`, nationalId],
    [
      'a national identity number written in two groups',
      `${nationalId.slice(0, 6)} ${nationalId.slice(6)}`,
      nationalId.slice(6),
    ],
    [
      'a national identity number written with a hyphen',
      `${nationalId.slice(0, 6)}-${nationalId.slice(6)}`,
      nationalId.slice(6),
    ],
    ['a national identity number after its name', `nin_${nationalId}`, nationalId],
    ['a telephone number', `call ${phone}`, phone.slice(-6)],
    [
      'a telephone number with zeros',
      `tel 0047${phone.replaceAll(/\D/g, '').slice(2)}`,
      phone.replaceAll(/\D/g, '').slice(2),
    ],
  ];
  for (const [name, text, gone] of SHAPES) {
    it(`is cut out of a text, of a field and of the name of a field: ${name}`, () => {
      for (const value of [text, { said: [text] }, { [text]: 1 }, new Error('x', { cause: new Error(text) })]) {
        assert.ok(
          textOf(value instanceof Error ? text : value).includes(JSON.stringify(gone).slice(1, -1)),
          'was there',
        );
        assert.ok(!textOf(clean(value)).includes(JSON.stringify(gone).slice(1, -1)), textOf(clean(value)));
      }
    });
  }

  it('is cut out at the end of a long text too: no piece is left', () => {
    for (let before = 3_950; before <= 4_005; before++) {
      const line = textOf(clean(`${'x'.repeat(before - 1)} ${jwt} end`));
      assert.ok(!line.includes(jwt.slice(0, 12)), `after ${before}: ${line.slice(-60)}`);
    }
  });

  const KEYS = [
    'Authorization',
    'proxy-authorization',
    'Cookie',
    'set-cookie',
    'x-api-key',
    'x-amz-security-token',
    'client_secret',
    'clientSecret',
    'DITIO_CLIENT_SECRET',
    'secret',
    'secret_access_key',
    'password',
    'accessToken',
    'access_token',
    'refresh_token',
    'id_token',
    'sessionToken',
    'token',
    'continuationToken',
    'ContinuationToken',
    'apiKey',
  ];
  for (const key of KEYS) {
    it(`is cut out by the name of its field: ${key}`, () => {
      assert.deepEqual(clean({ a: [{ [key]: 'harmless to look at' }] }), { a: [{ [key]: '[redacted]' }] });
      assert.deepEqual(clean({ [key]: { nested: ['x'] } }), { [key]: '[redacted]' });
    });
  }
});

describe('what may be logged', () => {
  const KEPT: ReadonlyArray<readonly [name: string, value: unknown]> = [
    ['instants', { a: '2026-11-22T08:15:03.120Z', b: '2026-11-22' }],
    ['sync ids and part keys', 'user/sync_date=2026-11-22/20261122T081503120Z-00000042-0b0e7c1a.ndjson.gz'],
    ['UUIDs with any digits', '3f2504e0-4f89-41d3-9a0c-a12345678901'],
    ['UUIDs of digits only', '12345678-1234-1234-1234-123456789012'],
    ['UUIDs that end like a telephone number', '12345678-1234-1234-1234-004712345678'],
    ['counts of eleven digits as numbers', { bytes: 12_345_678_901 }],
    ['account ids in ARNs', 'arn:aws:dynamodb:eu-north-1:123456789012:table/ditio'],
    ['ids of secrets', { secretId: 'ditio/test', secret_id: 'arn:x' }],
    ['null, booleans, numbers and missing values', { a: null, b: true, c: 0, d: undefined }],
    ['a secret field that holds nothing', { password: null, token: undefined }],
    ['how many tokens there were', { tokens: 3, token_renewed: true }],
    ['a request without its continuation token', 'GET https://core-api.ditio.dev/reporting/v1/project?ChunkLimit=5000'],
    ['Norwegian words', 'Fjerne masser på pukkverket, blå kjøretøy'],
    ['what follows an OAuth error', 'status 401 invalid_token: The audience is invalid'],
    ['a decimal fraction', 'waited 1234.56789012345 ms'],
    ['words with invisible marks', 'Fjerne\u00ad masser 👷\u200d♂\ufe0f på\u200bpukkverket'],
    [
      'what only looks like an escape',
      'a&lt 5 & b&copy; %zz %u12 \\u{zz} \\q &#x110000; &#0; <wbr> ?lt=1&lt=2&ampere=3',
    ],
  ];
  for (const [name, value] of KEPT) it(`is kept: ${name}`, () => assert.deepEqual(clean(value), value));

  for (const [kind, hint] of [
    ...Object.entries(KIND_HINTS),
    ...Object.values(FAILURE_TABLES)
      .flat()
      .map(({ id, hint }) => [id, hint] as const),
  ]) {
    it(`is kept: the hint of ${kind}, word for word`, () => assert.equal(clean(hint), hint));
  }
});

describe('what is no plain data', () => {
  it('becomes something a line can hold', () => {
    assert.deepEqual(
      clean({ a: 10n, b: () => 'x', c: Buffer.from('x'), d: new Uint8Array(3), e: new URL('https://h.example/x') }),
      { a: '10', b: '[function]', c: '[bytes]', d: '[bytes]', e: 'https://h.example/x' },
    );
  });

  it('is an error as name, message and cause, without a stack: frames of strangers may hold anything', () => {
    assert.deepEqual(clean(new TypeError('no', { cause: new RangeError('why') })), {
      name: 'TypeError',
      message: 'no',
      cause: { name: 'RangeError', message: 'why' },
    });
  });

  it('ends where it refers to itself', () => {
    const ring: Record<string, unknown> = { name: 'ring' };
    ring.self = ring;
    const error = new Error('ring');
    error.cause = error;
    assert.ok(textOf(clean(ring)).includes('[deep]'));
    assert.ok(textOf(clean(error)).includes('[deep]'));
  });

  it('ends where lists or errors hold themselves', () => {
    const list: unknown[] = [];
    list.push(list);
    assert.ok(textOf(clean(list)).includes('[deep]'));
    assert.ok(textOf(clean({ a: list })).includes('[deep]'));
  });

  it('is followed seven levels down, through fields, lists and causes alike', () => {
    assert.equal(
      textOf(clean({ a: { b: { c: { d: { e: { f: { g: {} } } } } } } })),
      '{"a":{"b":{"c":{"d":{"e":{"f":{"g":{}}}}}}}}',
    );
    assert.equal(textOf(clean([[[[[[[[]]]]]]]])), '[[[[[[[[]]]]]]]]');
    assert.equal(textOf(clean([[[[[[[[[]]]]]]]]])), '[[[[[[[["[deep]"]]]]]]]]');
    let error = new Error('7');
    for (let level = 6; level >= 0; level--) error = new Error(String(level), { cause: error });
    assert.ok(textOf(clean(error)).includes('"message":"7"}'));
    assert.ok(textOf(clean(new Error('x', { cause: error }))).includes('"message":"6","cause":"[deep]"'));
  });

  it('leaves what it was given as it was', () => {
    const given = Object.freeze({ a: Object.freeze([Object.freeze({ password: 'x' })]) });
    clean(given);
    assert.deepEqual(given, { a: [{ password: 'x' }] });
  });
});

/** Repeated, they are the worst for a pattern that looks for its end from each letter of a long word, and for decoding. */
const WORST = [
  'a',
  '1',
  '%',
  '%41',
  '&#65;',
  '\\u0041',
  'eyJ',
  '//',
  'secret',
  '+47',
  'a.',
  'a@',
  'a@ ',
  '%25',
  '&amp;',
  'amp;',
  '&#0',
  '&#x0',
  '<wbr',
  '<wbr>',
  '\\',
  '\\u{0',
  '\u200b',
];

describe('a long text', () => {
  it('is cut, and says so', () => {
    const cut = clean('ord '.repeat(5_000)) as string;
    assert.ok(cut.length <= 4_001 && cut.endsWith('…'), `${cut.length}`);
  });

  it('is cut before the word that reaches over the cut, and only where it is too long', () => {
    const whole = `${'x'.repeat(3_990)} ${'y'.repeat(9)}`;
    assert.equal(clean(whole), whole);
    assert.equal(clean(`${whole}z`), `${'x'.repeat(3_990)} …`);
    assert.equal(clean(`${whole.slice(0, -1)} zzz`), `${whole.slice(0, -1)} …`);
    assert.equal(clean('x'.repeat(4_001)), '…');
    assert.equal(clean(`,${'x'.repeat(4_001)}`), ',…');
  });

  it('is cleaned in bounded time, even where it is made to be slow', () => {
    // One long word is the worst for a pattern that looks for its end from each letter of it.
    for (const worst of WORST) {
      const before = process.cpuUsage();
      clean(`${worst.repeat(3_960 / worst.length)} ${'end '.repeat(99)}`);
      const { user, system } = process.cpuUsage(before);
      assert.ok(user + system < 2_000_000, `${worst}: ${(user + system) / 1000} ms of CPU time`);
    }
  });
});
