/** Records the requests to the simulator and their answers, up to a limit; the oldest are dropped. */

export interface RequestLogEntry {
  /** By the server's clock, epoch milliseconds. */
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly stream: string | null;
  /** Parameters as sent, decoded. */
  readonly query: Readonly<Record<string, string>>;
  readonly status: number;
  /** Kind of the fault that hit the request. */
  readonly fault: string | null;
}

const MOST = 10_000;

export interface RequestLog {
  readonly entries: readonly RequestLogEntry[];
  add(entry: RequestLogEntry): void;
}

export function createRequestLog(): RequestLog {
  const entries: RequestLogEntry[] = [];
  return {
    entries,
    add(entry) {
      // A tenth at a time, so that a long run does not move the whole list for every request.
      if (entries.push(entry) > MOST) entries.splice(0, MOST / 10);
    },
  };
}
