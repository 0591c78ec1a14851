/** Keeps finished pages in compressed form, up to a number of bytes, so that benchmarks measure the client and not the server. */

import { Buffer } from 'node:buffer';

export interface PageCache {
  get(key: string): Buffer | undefined;
  /** Collects a page while it is sent; null where nothing is kept. */
  collect(key: string): { add(piece: Uint8Array): void; done(): void } | null;
}

export function createPageCache(maxBytes: number): PageCache {
  const pages = new Map<string, Buffer>();
  let bytes = 0;
  return {
    get(key) {
      const page = pages.get(key);
      if (!page) return undefined;
      // The page that was used last is dropped last.
      pages.delete(key);
      pages.set(key, page);
      return page;
    },
    collect(key) {
      if (maxBytes === 0) return null;
      const pieces: Uint8Array[] = [];
      return {
        add: (piece) => pieces.push(piece),
        done() {
          const page = Buffer.concat(pieces);
          if (page.length > maxBytes || pages.has(key)) return;
          pages.set(key, page);
          bytes += page.length;
          for (const [oldest, { length }] of pages) {
            if (bytes <= maxBytes) break;
            pages.delete(oldest);
            bytes -= length;
          }
        },
      };
    },
  };
}
