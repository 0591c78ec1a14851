/**
 * Makes and checks continuation tokens. A token holds the position of the next page, sealed and bound to its request.
 *
 * The same position of the same request always gives the same token, unless tokens have a lifetime.
 */

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Ticks } from './ticks.ts';

/** The position after which the next page begins. */
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
  /** Distinguishes tokens of one position; normally 0. */
  readonly nonce: number;
}

export interface TokenCodec {
  /** @param binding the parts of the request that must be equal when the token is used: stream, mode, all other parameters */
  seal(binding: string, sealed: Sealed): string;
  /** `undefined` when the token is not ours, or was made for another request. */
  open(binding: string, token: string): Sealed | undefined;
}

const CHECK_BYTES = 6;

/** @param alphabet of the text: `base64` has `+`, `/` and `=`, which a client must encode in a URL */
export function createTokenCodec(seed: number, alphabet: 'base64' | 'base64url'): TokenCodec {
  const secret = createHash('sha256').update(`continuation ${seed}`).digest();

  function check(binding: string, text: string): Buffer {
    return createHash('sha256').update(secret).update(`${binding}\n${text}`).digest().subarray(0, CHECK_BYTES);
  }

  /** Makes the token opaque, so that no client reads a position out of it. It is not secret. */
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
