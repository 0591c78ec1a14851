/** The contract of the port `TokenStore`: a cache that never fails a run. */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { DeadlineReached } from '../../src/core/failure/errors.ts';
import type { TokenStore } from '../../src/ports.ts';
import { at } from '../fakes/at.ts';
import { testScope } from '../fakes/scope.ts';

export interface TokenStoreWorld {
  readonly store: TokenStore;
  /** The same store where nothing can be reached. */
  readonly broken: TokenStore;
  /** Makes what is stored under the key unreadable. */
  corrupt(key: string): Promise<void>;
  close(): Promise<void>;
}

const TOKEN = { accessToken: 'made-up-token-1', expiresAt: at('2026-11-22T08:45:00.120Z') };
const OTHER = { accessToken: 'made-up-token-2', expiresAt: at('2026-11-22T09:15:00.000Z') };

export function tokenStoreSuite(name: string, open: () => Promise<TokenStoreWorld>): void {
  describe(`token store: ${name}`, () => {
    let world: TokenStoreWorld;
    let key = '';
    let count = 0;

    before(async () => {
      world = await open();
    });
    after(() => world?.close());
    beforeEach(() => {
      count += 1;
      key = `key-${count}`;
    });

    it('has nothing under a key that was never written', async () => {
      assert.equal(await world.store.read(key, testScope()), undefined);
    });

    it('returns a token as it was written', async () => {
      await world.store.write(key, TOKEN, testScope());
      assert.deepEqual(await world.store.read(key, testScope()), TOKEN);
    });

    it('keeps the newest token of a key, and those of other keys apart', async () => {
      await world.store.write(key, TOKEN, testScope());
      await world.store.write(`${key}-other`, TOKEN, testScope());
      await world.store.write(key, OTHER, testScope());
      assert.deepEqual(await world.store.read(key, testScope()), OTHER);
      assert.deepEqual(await world.store.read(`${key}-other`, testScope()), TOKEN);
    });

    it('takes what it cannot read for missing, with a warning, and can be written over', async () => {
      await world.store.write(key, TOKEN, testScope());
      await world.corrupt(key);
      const scope = testScope();
      assert.equal(await world.store.read(key, scope), undefined);
      assert.equal(scope.log.lines.filter(({ level }) => level === 'warn').length, 1);
      await world.store.write(key, OTHER, testScope());
      assert.deepEqual(await world.store.read(key, testScope()), OTHER);
    });

    it('that cannot be reached has nothing and keeps nothing, and warns of either', async () => {
      const scope = testScope();
      assert.equal(await world.broken.read(key, scope), undefined);
      await world.broken.write(key, TOKEN, scope);
      const warnings = scope.log.lines.filter(({ level, event }) => level === 'warn' && event === 'token_cache_failed');
      assert.deepEqual(
        warnings.map(({ fields }) => fields.store),
        ['read', 'write'],
      );
      assert.ok(!JSON.stringify(scope.log.lines).includes(TOKEN.accessToken));
    });

    it('asks nothing once time is up', async () => {
      const scope = testScope({ workMs: 0 });
      await assert.rejects(world.store.read(key, scope), DeadlineReached);
      await assert.rejects(world.store.write(key, TOKEN, scope), DeadlineReached);
      assert.equal(await world.store.read(key, testScope()), undefined);
    });
  });
}
