/** Tokens in memory that obey the contract of the port. */

import { DeadlineReached } from '../../src/core/failure/errors.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { StoredToken, TokenStore } from '../../src/ports.ts';

export interface MemoryTokenStore extends TokenStore {
  /** From now on nothing can be reached. */
  breakAccess(): void;
  /** Makes what is stored under the key unreadable. */
  corrupt(key: string): void;
}

export function createMemoryTokenStore(): MemoryTokenStore {
  const tokens = new Map<string, StoredToken | 'unreadable'>();
  let broken = false;

  function reaches(scope: Scope, doing: 'read' | 'write'): boolean {
    if (scope.deadline.workLeftMs() <= 0) throw new DeadlineReached('no time is left to send a request');
    if (broken) warn(scope, doing, 'the store cannot be reached');
    return !broken;
  }

  return {
    async read(key, scope) {
      const token = reaches(scope, 'read') ? tokens.get(key) : undefined;
      if (token !== 'unreadable') return token && { ...token };
      warn(scope, 'read', 'the stored token cannot be read');
      return undefined;
    },
    async write(key, token, scope) {
      if (reaches(scope, 'write')) tokens.set(key, { ...token });
    },
    breakAccess() {
      broken = true;
    },
    corrupt(key) {
      tokens.set(key, 'unreadable');
    },
  };
}

function warn(scope: Scope, store: 'read' | 'write', message: string): void {
  scope.log.warn('token_cache_failed', { store, code: null, status: null, message, hint: null });
}
