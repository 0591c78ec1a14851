/** A lake in memory that obeys the contract of the port: pages of plain bytes, objects that appear whole. */

import { DeadlineReached, HardFailure } from '../../src/core/failure/errors.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Lake, PartWriter } from '../../src/ports.ts';

export interface MemoryLake extends Lake {
  /** Every object by its key; parts are not compressed. */
  readonly objects: ReadonlyMap<string, Buffer>;
  /** From now on nothing can be written. */
  breakAccess(): void;
}

export function createMemoryLake(): MemoryLake {
  const objects = new Map<string, Buffer>();
  let broken = false;

  async function put(key: string, bytes: Buffer, scope: Scope): Promise<void> {
    // A real answer takes time, and the object must not be visible before it, so the fake waits too.
    await null;
    if (scope.deadline.limitLeftMs() <= 0) throw new DeadlineReached('no time is left to send a request');
    if (broken) {
      const hint = 'Mend the test.';
      throw new HardFailure('lake', `${key} cannot be written`, { code: 'Broken', hint });
    }
    objects.set(key, bytes);
  }

  function createPart(): PartWriter {
    const pages: Buffer[] = [];
    let isWriting = false;
    let spent = false;

    function mustBeFree(): void {
      if (spent) throw new Error('the part is spent');
      if (isWriting) throw new Error('a page of the part has not ended');
    }

    return {
      compression: 'gzip',
      async addPage(lines) {
        mustBeFree();
        isWriting = true;
        try {
          pages.push(Buffer.concat(await Array.fromAsync(lines, (piece) => Uint8Array.from(piece))));
        } finally {
          isWriting = false;
        }
      },
      get bytes() {
        return pages.reduce((sum, { byteLength }) => sum + byteLength, 0);
      },
      async commit(key, scope) {
        mustBeFree();
        if (this.bytes === 0) throw new Error('a part without lines cannot be committed');
        await put(key, Buffer.concat(pages), scope);
        spent = true;
      },
      async discard() {
        spent = true;
      },
    };
  }

  return {
    objects,
    compression: 'gzip',
    openPart: async () => createPart(),
    async writeObject(key, text, scope) {
      if (objects.has(key)) return 'exists';
      await put(key, Buffer.from(text), scope);
      return 'written';
    },
    async check(scope) {
      await put('_checks/probe', Buffer.from('probe'), scope);
      objects.delete('_checks/probe');
      return 'the lake in memory can be written to';
    },
    breakAccess() {
      broken = true;
    },
  };
}
