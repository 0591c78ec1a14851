/**
 * The body of an answer between undici, which pushes, and its reader, who pulls.
 *
 * Decides when the connection is paused and when an exchange is over. Chunks are handed on as they came, without a
 * copy; the reader waits only when none is there.
 */

/** What undici hands out to steer an exchange. */
interface Controller {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** Bytes that may wait for the reader before the connection is paused: some sixteen reads of a socket. */
const HIGH_WATER_BYTES = 1024 * 1024;

export interface AnswerBody {
  /** May be iterated once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  connected(controller: Controller): void;
  push(chunk: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
}

/**
 * @param signal breaks the exchange off; its reason is what the reader gets
 * @param onOver called once when the exchange is over, however it ended
 * @param onFailed called with what went wrong, also before there is a body
 */
export function createAnswerBody(
  signal: AbortSignal,
  onOver: () => void,
  onFailed: (error: unknown) => void,
): AnswerBody {
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let paused = false;
  let over = false;
  let failure: { readonly error: unknown } | null = null;
  let controller: Controller | null = null;
  let wake: (() => void) | null = null;

  const onAbort = () => fail(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });

  function finish(): void {
    over = true;
    signal.removeEventListener('abort', onAbort);
    onOver();
    wake?.();
  }

  function end(): void {
    if (!over) finish();
  }

  function fail(error: unknown): void {
    if (over) return;
    failure = { error };
    waiting.length = 0;
    finish();
    onFailed(error);
    controller?.abort(error instanceof Error ? error : new Error('the exchange was broken off'));
  }

  function take(): Uint8Array | undefined {
    const chunk = waiting.shift();
    if (!chunk) return undefined;
    waitingBytes -= chunk.byteLength;
    if (paused && waitingBytes < HIGH_WATER_BYTES / 2) {
      paused = false;
      controller?.resume();
    }
    return chunk;
  }

  async function next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      const chunk = take();
      if (chunk) return { done: false, value: chunk };
      if (failure) throw failure.error;
      if (over) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      wake = null;
    }
  }

  return {
    chunks: {
      [Symbol.asyncIterator]: () => ({
        next,
        async return() {
          if (!over) {
            fail(new Error('the body was abandoned'));
            failure = null;
          }
          return { done: true, value: undefined };
        },
      }),
    },
    connected(given) {
      controller = given;
      // Broken off while it waited for a connection.
      if (over) given.abort(new Error('the exchange was broken off'));
    },
    push(chunk) {
      if (over) return;
      waiting.push(chunk);
      waitingBytes += chunk.byteLength;
      if (waitingBytes > HIGH_WATER_BYTES && !paused) {
        paused = true;
        controller?.pause();
      }
      wake?.();
    },
    end,
    fail,
  };
}
