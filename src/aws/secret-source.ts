/**
 * The client's credentials: from Secrets Manager, or as they were given to the process.
 *
 * Decides what a usable secret is: JSON with `client_id` and `client_secret`. A refusal names what is missing and never
 * repeats anything that stands there.
 */

import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { HardFailure } from '../core/failure/errors.ts';
import { callAws } from '../core/retry/aws-call.ts';
import type { Clock, Credentials, Random, SecretSource } from '../ports.ts';

export interface SecretSourceDeps {
  /** Built with `maxAttempts: 1`. */
  readonly client: SecretsManagerClient;
  /** Id or ARN of the secret. */
  readonly secretId: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** What the template puts in both fields of a new secret, for a person to replace. */
export const SECRET_PLACEHOLDER = 'REPLACE_ME';
/** That, and what people write who mean the same. */
const PLACEHOLDER =
  /^(replace|change|set|fill|insert)[-_ ]?(me|this|in)$|^(todo|tbd|placeholder|your[-_ ].*)$|^<.*>$|^[.…x*]+$/i;

const ATTEMPT_TIMEOUT_MS = 5000;
const OPERATION = 'Secrets Manager GetSecretValue';

/** Reads the secret once and keeps it in memory until a fresh one is asked for. */
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

/** The credentials that the process was given; there is nothing fresher. */
export function createFixedSecretSource(credentials: Credentials): SecretSource {
  return { read: () => Promise.resolve(credentials) };
}

/** The credentials that a secret holds. Throws `HardFailure('credentials')` when it holds none. */
export function readSecret(text: string | undefined): Credentials {
  if (text === undefined) throw unusable('it is binary, not text', 'SecretBinary');
  let secret: unknown;
  try {
    secret = JSON.parse(text);
  } catch {
    // No cause: what JSON.parse says of a text quotes it.
    throw unusable('it is not JSON', 'SecretNotJson');
  }
  if (typeof secret !== 'object' || secret === null || Array.isArray(secret)) {
    throw unusable('it is not a JSON object', 'SecretNotJson');
  }
  const fields = secret as Readonly<Record<string, unknown>>;
  const problems = ['client_id', 'client_secret'].flatMap((name) => {
    const problem = problemOf(fields, name);
    return problem === null ? [] : [`${name} ${problem}`];
  });
  if (problems.length > 0) throw unusable(problems.join(', '), 'SecretIncomplete');
  return { clientId: trimmed(fields.client_id), clientSecret: trimmed(fields.client_secret) };
}

function problemOf(fields: Readonly<Record<string, unknown>>, name: string): string | null {
  if (!Object.hasOwn(fields, name)) return 'is missing';
  const value = fields[name];
  if (typeof value !== 'string') return 'is not text';
  if (value.trim() === '') return 'is empty';
  if (PLACEHOLDER.test(value.trim())) return 'still holds the placeholder';
  return null;
}

/** Without the line break or blank that came along when the value was pasted. */
function trimmed(value: unknown): string {
  return String(value).trim();
}

function unusable(problem: string, code: string): HardFailure {
  return new HardFailure('credentials', `the secret named by DITIO_SECRET_ID cannot be used: ${problem}`, {
    request: OPERATION,
    code,
    hint: 'Store JSON with the two texts client_id and client_secret in the secret, as Ditio gave them to you for this environment.',
  });
}
