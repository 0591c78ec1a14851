/** Bytes cut into chunks: arbitraries for everything that reads streams. */

import fc from 'fast-check';

/** Sizes of chunks in bytes, taken round and round; often so small that every token is cut. */
export const chunkSizes: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constant([1]),
  fc.constant([1_000_000]),
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 9 })
    .filter((sizes) => sizes.some((size) => size > 0)),
  fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 9 }),
);

/** The bytes in chunks of these sizes. */
export function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(from, from + size));
    from += size;
  }
  return chunks;
}

/** One change to bytes: a byte replaced, put in or taken out, or everything from there on cut off. */
export interface Damage {
  readonly kind: 'replace' | 'insert' | 'delete' | 'truncate' | 'repeat';
  /** Where, as a share of the length. */
  readonly share: number;
  readonly byte: number;
}

/** @param likely bytes that mean something in the format, put in more often than others */
export function damages(likely: string): fc.Arbitrary<readonly Damage[]> {
  const bytes = [...Buffer.from(likely)];
  return fc.array(
    fc.record({
      kind: fc.constantFrom(
        'replace' as const,
        'insert' as const,
        'delete' as const,
        'truncate' as const,
        'repeat' as const,
      ),
      share: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      byte: fc.oneof(fc.constantFrom(...bytes), fc.integer({ min: 0, max: 255 })),
    }),
    { minLength: 1, maxLength: 3 },
  );
}

export function damage(bytes: Buffer, list: readonly Damage[]): Buffer {
  return list.reduce(damageOnce, bytes);
}

function damageOnce(bytes: Buffer, { kind, share, byte }: Damage): Buffer {
  const at = Math.floor(share * bytes.length);
  const head = bytes.subarray(0, at);
  switch (kind) {
    case 'replace':
      return Buffer.concat([head, Buffer.of(byte), bytes.subarray(at + 1)]);
    case 'insert':
      return Buffer.concat([head, Buffer.of(byte), bytes.subarray(at)]);
    case 'delete':
      return Buffer.concat([head, bytes.subarray(at + 1)]);
    case 'repeat':
      return Buffer.concat([head, bytes.subarray(at, at + 8), bytes.subarray(at)]);
    case 'truncate':
      return head;
  }
}
