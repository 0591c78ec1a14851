/** Asks Trino: statements go in over its protocol, rows come out. */

export interface TrinoAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly statistics: TrinoStatistics;
}

export interface TrinoStatistics {
  readonly elapsedTimeMillis: number;
  readonly totalSplits: number;
  readonly processedRows: number;
  readonly processedBytes: number;
}

export interface TrinoClient {
  /** Rows of a statement. Throws {@link TrinoError}. */
  query(sql: string): Promise<TrinoAnswer>;
}

/** Trino refused a statement, or it failed; `code` is Trino's name of the error. */
export class TrinoError extends Error {
  override readonly name = 'TrinoError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

export interface TrinoSession {
  readonly endpoint: string;
  readonly catalog: string;
  readonly schema: string;
}

export function createTrinoClient({ endpoint, catalog, schema }: TrinoSession): TrinoClient {
  const headers = {
    // The owner that Athena gives its views.
    'X-Trino-User': 'hadoop',
    'X-Trino-Time-Zone': 'UTC',
    'X-Trino-Catalog': catalog,
    'X-Trino-Schema': schema,
  };
  return {
    async query(sql) {
      const rows: unknown[][] = [];
      let columns: string[] = [];
      let page = await ask(`${endpoint}/v1/statement`, { method: 'POST', body: sql, headers });
      for (;;) {
        if (page.error) throw new TrinoError(page.error.errorName, page.error.message);
        if (page.columns) columns = page.columns.map(({ name }: { name: string }) => name);
        rows.push(...(page.data ?? []));
        if (!page.nextUri) return { columns, rows, statistics: page.stats };
        page = await ask(page.nextUri, { headers });
      }
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: an answer of Trino, read where it is used.
async function ask(url: string, init: RequestInit): Promise<any> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`Trino answered ${response.status}: ${await response.text()}`);
  return response.json();
}
