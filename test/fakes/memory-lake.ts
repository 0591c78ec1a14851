/** A lake in memory, under the contract of the port: plain bytes a page, objects that appear whole. */

import { DeadlineReached, HardFailure } from '../../src/core/failure/errors.ts';
import type { Lake, PageWriter, PartWriter, Scope } from '../../src/ports.ts';

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
    // An answer never comes at once; whatever must not be seen before it must not be seen here either.
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
    let page: PageWriter | null = null;
    let spent = false;

    function mustBeWhole(): void {
      if (spent) throw new Error('the part is spent');
      if (page) throw new Error('a page of the part has not ended');
    }

    function createPage(): PageWriter {
      const pieces: Uint8Array[] = [];
      let open = true;
      return {
        async write(bytes) {
          if (!open) throw new Error('a page that has ended cannot be written to');
          pieces.push(Uint8Array.from(bytes));
        },
        async finish() {
          if (!open) throw new Error('a page that has ended cannot be finished');
          open = false;
          page = null;
          pages.push(Buffer.concat(pieces));
        },
        async discard() {
          if (!open) return;
          open = false;
          page = null;
        },
      };
    }

    return {
      async startPage() {
        mustBeWhole();
        page = createPage();
        return page;
      },
      get bytes() {
        return pages.reduce((sum, { byteLength }) => sum + byteLength, 0);
      },
      async commit(key, scope) {
        mustBeWhole();
        await put(key, Buffer.concat(pages), scope);
        spent = true;
      },
      async discard() {
        if (spent) return;
        await page?.discard();
        spent = true;
      },
    };
  }

  return {
    objects,
    openPart: async () => createPart(),
    writeObject: (key, text, scope) => put(key, Buffer.from(text), scope),
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
