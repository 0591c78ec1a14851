/**
 * Continuation tokens: where the next page begins, sealed, and bound to the very request that they came from.
 *
 * Decides whether a token may be used. The same position of the same request always gives the same token, unless
 * tokens have a lifetime.
 */

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Ticks } from './ticks.ts';

/** After what a page goes on. */
export type Position =
  | {
      readonly mode: 'full';
      /** Order key of the last record: its date, or its index where the order is by id. */
      readonly key: number;
      /** Index of the last record among those of that key; null when all of them were sent. */
      readonly index: number | null;
    }
  | { readonly mode: 'incremental'; readonly at: Ticks };

export interface Sealed {
  readonly position: Position;
  readonly issuedAtMs: number | null;
  /** Tells tokens of one position apart; 0 as a rule. */
  readonly nonce: number;
}

export interface TokenCodec {
  /** @param binding what must be the same when the token comes back: stream, mode and every other parameter */
  seal(binding: string, sealed: Sealed): string;
  /** `undefined` when it is none of ours, or was made for another request. */
  open(binding: string, token: string): Sealed | undefined;
}

const CHECK_BYTES = 6;

/** @param alphabet of the text: `base64` has `+`, `/` and `=`, which a client must encode in a URL */
export function createTokenCodec(seed: number, alphabet: 'base64' | 'base64url'): TokenCodec {
  const secret = createHash('sha256').update(`continuation ${seed}`).digest();

  function check(binding: string, text: string): Buffer {
    return createHash('sha256').update(secret).update(`${binding}\n${text}`).digest().subarray(0, CHECK_BYTES);
  }

  /** Opaque, not secret: nobody shall be tempted to read a position out of it. */
  function mask(bytes: Buffer, check: Buffer): Buffer {
    const stream = createHash('sha512').update(secret).update(check).digest();
    return bytes.map((byte, at) => byte ^ (stream[at % stream.length] as number)) as Buffer;
  }

  return {
    seal(binding, { position, issuedAtMs, nonce }) {
      const place = position.mode === 'full' ? ['f', position.key, position.index] : ['i', position.at];
      const text = JSON.stringify([issuedAtMs, nonce, ...place]);
      const sum = check(binding, text);
      return Buffer.concat([sum, mask(Buffer.from(text), sum)]).toString(alphabet);
    },
    open(binding, token) {
      const bytes = Buffer.from(token, alphabet);
      if (bytes.toString(alphabet) !== token || bytes.length <= CHECK_BYTES) return undefined;
      const sum = bytes.subarray(0, CHECK_BYTES);
      const text = mask(bytes.subarray(CHECK_BYTES), sum).toString();
      if (!check(binding, text).equals(sum)) return undefined;
      const [issuedAtMs, nonce, mode, first, second] = JSON.parse(text);
      const position: Position =
        mode === 'f' ? { mode: 'full', key: first, index: second } : { mode: 'incremental', at: first };
      return { position, issuedAtMs, nonce };
    },
  };
}
