/**
 * What comes out of zlib's streams, and its memory, which is given back as soon as it has been used.
 *
 * Left to itself, Node frees that memory when garbage is collected, which the few objects around megabytes of a page
 * bring about seldom: until then, everything that went through would pile up. See the growth figures of
 * `npm run bench`.
 */

/**
 * Options with which a stream of zlib hands out its chunks as they are, in memory of this size, and none before the
 * last was taken. Otherwise reading joins those that wait into one more copy.
 */
export function oneByOne(chunkSize: number): { readonly chunkSize: number } {
  // Options of every stream, which the types of zlib's do not name.
  const options = { chunkSize, readableObjectMode: true, readableHighWaterMark: 1 };
  return options;
}

/**
 * The chunks of a stream made with {@link oneByOne}; each is good until the next one is asked for.
 *
 * zlib fills memory of that size with one chunk after another and then takes new. So memory is free when the chunk that
 * ends where it ends has been used, or when the stream has ended. Where reading is given up, zlib may still write to
 * it in its thread: that memory is left to the garbage collector.
 */
export async function* readChunks(stream: AsyncIterable<Buffer>, chunkSize: number): AsyncGenerator<Buffer> {
  let newest: Buffer | null = null;
  for await (const chunk of stream) {
    newest = chunk;
    yield chunk;
    if (chunk.byteOffset + chunk.byteLength === chunk.buffer.byteLength) {
      giveBack(chunk, chunkSize);
      newest = null;
    }
  }
  if (newest) giveBack(newest, chunkSize);
}

/**
 * Gives back the memory of `bytes` and of everything else that lies in it, if it is of this size and thus our own. Where
 * Node is too old to do so (before 21), it is left to the garbage collector.
 */
export function giveBack(bytes: Buffer, size: number): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === size && 'transfer' in buffer) buffer.transfer(0);
}
