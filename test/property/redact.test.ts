import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createRedactor } from '../../src/core/failure/redact.ts';
import { replayable } from './replay.ts';

/** The letters spell no e-mail address, number or other shape that is cut out without being learned. */
const MARKS = [...'&<>"\'%+/=;#\\_-.~{}'];
const secret = fc.string({ unit: fc.constantFrom(...'ABCxyz', ...MARKS), minLength: 12, maxLength: 24 });

/** Which characters an encoder escapes: those that must be, every mark, or every character. */
type Zeal = 'needed' | 'marks' | 'all';
type Encoder = (text: string, zeal: Zeal, zeros: number) => string;

const isZealous = (char: string, zeal: Zeal) => zeal === 'all' || (zeal === 'marks' && /\W/.test(char));
const each = (text: string, write: (char: string) => string) => Array.from(text, write).join('');
const hex = (char: string, digits: number) => char.charCodeAt(0).toString(16).padStart(digits, '0');

const ENCODERS: Readonly<Record<string, Encoder>> = {
  percent: (text, zeal) =>
    each(text, (char) => (isZealous(char, zeal) ? `%${hex(char, 2)}` : encodeURIComponent(char))),
  form: (text) => new URLSearchParams({ '': text }).toString().slice(1),
  html: (text, zeal, zeros) =>
    each(text, (char) => {
      if (isZealous(char, zeal)) return `&#${'0'.repeat(zeros)}${char.charCodeAt(0)};`;
      return { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', _: '&UnderBar;' }[char] ?? char;
    }),
  hexHtml: (text, zeal, zeros) =>
    each(text, (char) => (isZealous(char, zeal) || char === '&' ? `&#x${'0'.repeat(zeros)}${hex(char, 1)};` : char)),
  json: (text, zeal) =>
    each(text, (char) => (isZealous(char, zeal) ? `\\u${hex(char, 4)}` : JSON.stringify(char).slice(1, -1))),
};

const nesting = fc.array(
  fc.tuple(fc.constantFrom(...Object.keys(ENCODERS)), fc.constantFrom<Zeal>('needed', 'marks', 'all'), fc.nat(20)),
  { maxLength: 4 },
);

describe('any secret', () => {
  it('is cut out of a text in which it was encoded up to four times', () => {
    fc.assert(
      fc.property(secret, nesting, (known, encoders) => {
        const redactor = createRedactor();
        redactor.learn(known);
        const spelled = encoders.reduce(
          (text, [name, zeal, zeros]) => ENCODERS[name]?.(text, zeal, zeros) ?? text,
          known,
        );
        assert.equal(redactor.clean(`a ${spelled} b`), 'a [redacted] b', spelled);
      }),
      replayable(2_000),
    );
  });

  it('is cut out of Base64, at any place of a form or of JSON', () => {
    fc.assert(
      fc.property(secret, fc.string({ unit: fc.constantFrom('a', 'B', '1'), maxLength: 5 }), (known, before) => {
        const redactor = createRedactor();
        redactor.learn(known);
        for (const text of [
          `${before}${known}`,
          `${before}=1&x=${encodeURIComponent(known)}&y=2`,
          new URLSearchParams({ [before]: known, y: '2' }).toString(),
          JSON.stringify({ [before]: known, y: 2 }),
        ]) {
          for (const form of ['base64', 'base64url'] as const) {
            assert.equal(redactor.clean(`a ${Buffer.from(text).toString(form)} b`), 'a [redacted] b', text);
          }
        }
      }),
      replayable(500),
    );
  });
});

describe('a text without a secret', () => {
  it('stays as it is, with any marks', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcæøå', ...MARKS, '\u00ad', '\u200b'), maxLength: 12 });
    fc.assert(
      fc.property(secret, fc.array(word, { maxLength: 30 }), (known, words) => {
        const redactor = createRedactor();
        redactor.learn(known);
        const text = words.join(' ');
        // No word holds an X, Y or Z.
        fc.pre(/[xyzABC]/.test(known) && !text.includes(known));
        assert.equal(redactor.clean(text), text);
      }),
      replayable(1_000),
    );
  });
});
