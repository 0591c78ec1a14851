/** The contract of the port `SecretSource`. */

import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import { DeadlineReached, HardFailure } from '../../src/core/failure/errors.ts';
import type { Credentials, SecretSource } from '../../src/ports.ts';
import { testScope } from '../fakes/scope.ts';

export interface SecretSourceWorld {
  readonly source: SecretSource;
  /** Puts other credentials in the place of the stored ones; null where they cannot change while the process runs. */
  readonly rotate: ((credentials: Credentials) => void) | null;
  /** From now on the source cannot be reached; null where there is nothing to reach. */
  readonly breakAccess: (() => void) | null;
  close(): Promise<void>;
}

const FIRST: Credentials = { clientId: 'made-up-client', clientSecret: 'made-up-secret-1' };
const SECOND: Credentials = { clientId: 'made-up-client', clientSecret: 'made-up-secret-2' };

/** @param open called for every test, with the credentials that are stored at first */
export function secretSourceSuite(name: string, open: (credentials: Credentials) => Promise<SecretSourceWorld>): void {
  describe(`secret source: ${name}`, () => {
    let world: SecretSourceWorld;
    const worlds: SecretSourceWorld[] = [];

    beforeEach(async () => {
      world = await open(FIRST);
      worlds.push(world);
    });
    after(() => Promise.all(worlds.map((each) => each.close())));

    for (const fresh of [false, true]) {
      it(`returns the credentials, ${fresh ? 'fresh' : 'from wherever they are'}`, async () => {
        assert.deepEqual(await world.source.read(fresh, testScope()), FIRST);
      });
    }

    it('remembers what it read until something fresh is asked for', async () => {
      await world.source.read(false, testScope());
      if (!world.rotate) return assert.deepEqual(await world.source.read(true, testScope()), FIRST);
      world.rotate(SECOND);
      assert.deepEqual(await world.source.read(false, testScope()), FIRST);
      assert.deepEqual(await world.source.read(true, testScope()), SECOND);
      assert.deepEqual(await world.source.read(false, testScope()), SECOND);
    });

    it('needs no time for what it remembers, and asks for nothing fresh once time is up', async () => {
      await world.source.read(false, testScope());
      const late = testScope({ workMs: 0 });
      assert.deepEqual(await world.source.read(false, late), FIRST);
      if (world.rotate) await assert.rejects(world.source.read(true, late), DeadlineReached);
    });

    it('fails when it cannot be reached, and works from memory as long as it may', async () => {
      await world.source.read(false, testScope());
      world.breakAccess?.();
      assert.deepEqual(await world.source.read(false, testScope()), FIRST);
      if (!world.breakAccess) return;
      await assert.rejects(world.source.read(true, testScope()), (error) => {
        assert.ok(error instanceof HardFailure);
        assert.equal(error.kind, 'credentials');
        assert.ok(!JSON.stringify([error.message, error.facts]).includes('made-up-secret'));
        return true;
      });
    });
  });
}
