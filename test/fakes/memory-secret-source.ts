/** Credentials in memory that obey the contract of the port. */

import { DeadlineReached, HardFailure } from '../../src/core/failure/errors.ts';
import type { Credentials, SecretSource } from '../../src/ports.ts';

export interface MemorySecretSource extends SecretSource {
  /** Puts other credentials in the place of the stored ones; seen by the next fresh read. */
  rotate(credentials: Credentials): void;
  /** From now on the secret cannot be read. */
  breakAccess(): void;
  /** How many times the secret itself was read. */
  readonly reads: number;
}

export function createMemorySecretSource(
  credentials: Credentials = { clientId: 'made-up-client', clientSecret: 'made-up-secret' },
): MemorySecretSource {
  let stored = credentials;
  let cached: Credentials | undefined;
  let broken = false;
  let reads = 0;
  return {
    async read(fresh, scope) {
      if (cached && !fresh) return cached;
      if (scope.deadline.workLeftMs() <= 0) throw new DeadlineReached('no time is left to send a request');
      if (broken) throw new HardFailure('credentials', 'the secret cannot be read');
      reads += 1;
      cached = stored;
      return cached;
    },
    rotate(next) {
      stored = next;
    },
    breakAccess() {
      broken = true;
    },
    get reads() {
      return reads;
    },
  };
}
