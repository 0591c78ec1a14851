/**
 * Provides the client's credentials, from Secrets Manager or from the environment of the process.
 *
 * A usable secret is JSON with `client_id` and `client_secret`. An error names the problem and never repeats any of the
 * secret's content.
 */

import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { HardFailure, SECRET_EMPTY } from '../core/failure/errors.ts';
import { callAws } from '../core/retry/aws-call.ts';
import type { Clock, Random } from '../core/scope.ts';
import type { Credentials, SecretSource } from '../ports.ts';

export interface SecretSourceDeps {
  /** Built with `maxAttempts: 1`. */
  readonly client: SecretsManagerClient;
  /** Id or ARN of the secret. */
  readonly secretId: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Texts that people leave in a field until they know its value, among them those of `secret.example.json`. */
const PLACEHOLDER =
  /^(replace|change|set|fill|insert)[-_ ]?(me|this|in)$|^(todo|tbd|placeholder|your[-_ ].*)$|^<.*>$|^[.…x*]+$/i;

const ATTEMPT_TIMEOUT_MS = 5000;
const OPERATION = 'Secrets Manager GetSecretValue';

/** Reads the secret once and keeps it in memory until a caller requests a fresh one. */
export function createSecretSource(deps: SecretSourceDeps): SecretSource {
  const { client, secretId: SecretId } = deps;
  let cached: Credentials | undefined;

  return {
    async read(fresh, scope) {
      if (cached && !fresh) return cached;
      const call = {
        service: 'secrets',
        operation: OPERATION,
        attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
        until: 'work',
      } as const;
      const answer = await callAws(deps, call, scope, (abortSignal) =>
        client.send(new GetSecretValueCommand({ SecretId }), { abortSignal }),
      );
      cached = readSecret(answer.SecretString);
      return cached;
    },
  } satisfies SecretSource;
}

/** Credentials from the environment; a fresh read gives the same ones. */
export function createFixedSecretSource(credentials: Credentials): SecretSource {
  return { read: () => Promise.resolve(credentials) };
}

const FIELDS = ['client_id', 'client_secret'] as const;

/**
 * The credentials in a secret. Throws `HardFailure('credentials')` when they are missing or unusable, with the code
 * `SecretEmpty` when no value was stored yet.
 */
export function readSecret(text: string | undefined): Credentials {
  if (text === undefined) throw unusable('it is binary, not text', 'SecretBinary');
  const trimmed = withoutMarks(text);
  if (trimmed === '' || PLACEHOLDER.test(trimmed)) throw unusable('it has no value yet', SECRET_EMPTY);
  let secret: unknown;
  try {
    secret = JSON.parse(trimmed);
  } catch {
    const mark = markIn(trimmed.replace(JSON_SPACE, ''));
    // No cause: the message of JSON.parse quotes the text.
    throw unusable(`it is not JSON${mark === null ? '' : `: it ${mark}`}`, 'SecretNotJson');
  }
  if (typeof secret !== 'object' || secret === null || Array.isArray(secret)) {
    throw unusable('it is not a JSON object', 'SecretNotJson');
  }
  const fields = secret as Readonly<Record<string, unknown>>;
  const problems = FIELDS.map((name) => problemOf(fields, name));
  const words = problems.flatMap((problem) => (problem === null ? [] : [problem]));
  if (words.length === 0) {
    return {
      clientId: withoutMarks(String(fields.client_id)),
      clientSecret: withoutMarks(String(fields.client_secret)),
    };
  }
  const isEmpty = Object.keys(fields).length === 0 || FIELDS.every((name) => isUnset(fields, name));
  throw unusable(words.join(', '), isEmpty ? SECRET_EMPTY : 'SecretIncomplete');
}

function problemOf(fields: Readonly<Record<string, unknown>>, name: string): string | null {
  if (!Object.hasOwn(fields, name)) return missing(fields, name);
  const value = fields[name];
  if (typeof value !== 'string') return `${name} is not text`;
  const trimmed = withoutMarks(value);
  if (trimmed === '') return `${name} is empty`;
  if (PLACEHOLDER.test(trimmed)) return `${name} still holds the placeholder`;
  const mark = markIn(trimmed);
  return mark === null ? null : `${name} ${mark}`;
}

/** A name may look right and hold a mark that was pasted with it. */
function missing(fields: Readonly<Record<string, unknown>>, name: string): string {
  const lookAlike = Object.keys(fields).find((key) => key.replace(ALL_INVISIBLE, '') === name);
  const mark = lookAlike === undefined ? null : markIn(lookAlike);
  return mark === null ? `${name} is missing` : `${name} is missing, because its name ${mark}`;
}

/** `holds the invisible character U+200B; …`, where the text has one. */
function markIn(text: string): string | null {
  const mark = INVISIBLE.exec(text)?.[0].codePointAt(0);
  if (mark === undefined) return null;
  return `holds the invisible character U+${mark.toString(16).toUpperCase().padStart(4, '0')}; type or paste it again without it`;
}

/** Whether a person still has to fill in the field. */
function isUnset(fields: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = fields[name];
  return typeof value === 'string' && (withoutMarks(value) === '' || PLACEHOLDER.test(withoutMarks(value)));
}

/**
 * Control characters, spaces and invisible characters, which are easily pasted together with a value. Unicode calls the
 * blank of Braille, U+2800, a symbol; nothing shows it.
 */
const MARK = '[\\p{Cc}\\p{Cf}\\p{Z}\\p{Default_Ignorable_Code_Point}\\u2800]';
const INVISIBLE = new RegExp(MARK, 'u');
const ALL_INVISIBLE = new RegExp(MARK, 'gu');
const AROUND = new RegExp(`^${MARK}+|${MARK}+$`, 'gu');
/** What JSON allows between its tokens (RFC 8259). */
const JSON_SPACE = /[ \t\r\n]/g;

function withoutMarks(value: string): string {
  return value.replace(AROUND, '');
}

function unusable(problem: string, code: string): HardFailure {
  return new HardFailure('credentials', `the secret named by DITIO_SECRET_ID cannot be used: ${problem}`, {
    request: OPERATION,
    code,
    concerns: 'run',
    hint: 'Store JSON with the two texts client_id and client_secret in the secret, as Ditio gave them to you for this environment.',
  });
}
