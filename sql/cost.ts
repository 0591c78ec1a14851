/**
 * What keeping the tables current costs in a month: Athena, S3 and Scheduler, by list prices (docs/deploy.md).
 *
 * Requests are most of it, not bytes: a merge opens every part of the last days, however small.
 */

import { RECENT_DAYS } from './athena/merge.ts';
import { STREAM_SPECS } from './catalogue/streams.ts';

/** US dollars, eu-north-1 or where that is not known eu-west-1, without free tiers. */
export const PRICES = {
  /** https://aws.amazon.com/athena/pricing/ */
  scannedTerabyte: 5,
  /** https://aws.amazon.com/s3/pricing/ */
  getThousand: 0.0004,
  putOrListThousand: 0.005,
  /** https://aws.amazon.com/eventbridge/pricing/ */
  startMillion: 1,
} as const;

/** The least that Athena bills for a query. */
const MIN_BYTES = 10_000_000;
const WEEKS_A_MONTH = 52 / 12;
const HOURS_A_MONTH = 730;
/** Reads of one object: its head or its footer, then its content. */
const GETS_A_FILE = 2;
/** Files of an Iceberg table that a merge reads besides its data: metadata, manifest list, manifests. */
const ICEBERG_METADATA_FILES = 8;
/** Data files, delete files, manifests, a manifest list and the metadata of a commit, and the result. */
const WRITES_A_MERGE = 8;

export interface Load {
  /** Tables that change at most ticks, and parts of each a day. */
  readonly busyTables: number;
  readonly busyPartsADay: number;
  readonly quietPartsADay: number;
  /** Days of lines in the lake. The weekly merge is counted as if it read all of them; Athena may leave out those before the newest full sync. */
  readonly daysOfLines: number;
  /** Compressed bytes of lines, of a busy table a day and of a quiet one. */
  readonly busyBytesADay: number;
  readonly quietBytesADay: number;
  /** Bytes of the maintained table that a merge looks through. */
  readonly busyTableBytes: number;
  readonly quietTableBytes: number;
}

/**
 * A contractor of 400 people, a tick every 15 minutes: 1,600 registrations of time a working day, each changed three times
 * until it is locked; about 1.2 kB a line, a tenth of that compressed. Three tables change at almost every tick of a working day.
 */
export const CONTRACTOR_OF_400: Load = {
  busyTables: 3,
  busyPartsADay: 60,
  quietPartsADay: 8,
  daysOfLines: 365,
  busyBytesADay: 1_000_000,
  quietBytesADay: 100_000,
  busyTableBytes: 60_000_000,
  quietTableBytes: 2_000_000,
};

export interface MonthlyCost {
  readonly queries: number;
  readonly scannedBytes: number;
  readonly gets: number;
  readonly putsAndLists: number;
  readonly dollars: number;
}

/** @param refreshHours hours from one refresh to the next; 0 for never, which costs nothing */
export function monthlyCost(refreshHours: number, load: Load): MonthlyCost {
  if (refreshHours === 0) return { queries: 0, scannedBytes: 0, gets: 0, putsAndLists: 0, dollars: 0 };
  const tables = [
    { count: load.busyTables, parts: load.busyPartsADay, bytes: load.busyBytesADay, table: load.busyTableBytes },
    {
      count: STREAM_SPECS.length - load.busyTables,
      parts: load.quietPartsADay,
      bytes: load.quietBytesADay,
      table: load.quietTableBytes,
    },
  ];
  const total = { queries: 0, scannedBytes: 0, gets: 0, putsAndLists: 0 };
  for (const { count, parts, bytes, table } of tables) {
    const rounds = [
      // Today, the days before it and the next; manifests of full syncs of at most three months, twice (decision 66).
      { times: HOURS_A_MONTH / refreshHours, days: RECENT_DAYS + 1, lists: RECENT_DAYS + 2 + 2 * 3 },
      // Every day, and every month of manifests, twice.
      { times: WEEKS_A_MONTH, days: load.daysOfLines, lists: load.daysOfLines * (1 + 2 / 30) },
    ];
    for (const { times, days, lists } of rounds) {
      total.queries += count * times;
      total.scannedBytes += count * times * Math.max(MIN_BYTES, days * bytes + table);
      total.gets += count * times * GETS_A_FILE * (days * parts + ICEBERG_METADATA_FILES);
      total.putsAndLists += count * times * (lists + WRITES_A_MERGE);
    }
    // OPTIMIZE reads and writes the table, VACUUM looks at its files.
    total.queries += count * WEEKS_A_MONTH * 2;
    total.scannedBytes += count * WEEKS_A_MONTH * Math.max(MIN_BYTES, table);
    total.gets += count * WEEKS_A_MONTH * GETS_A_FILE * 100;
    total.putsAndLists += count * WEEKS_A_MONTH * 20;
  }
  const dollars =
    (total.scannedBytes / 1e12) * PRICES.scannedTerabyte +
    (total.gets / 1000) * PRICES.getThousand +
    (total.putsAndLists / 1000) * PRICES.putOrListThousand +
    (total.queries / 1e6) * PRICES.startMillion;
  return { ...total, dollars };
}

/** Values of `RefreshHours` that cost something. */
const REFRESH_HOURS = [1, 3, 6, 12, 24] as const;

/** The table of docs/deploy.md, "What the tables cost". */
export function tablesCost(): string {
  const rows = REFRESH_HOURS.map((hours) => {
    const { queries, scannedBytes, gets, putsAndLists, dollars } = monthlyCost(hours, CONTRACTOR_OF_400);
    const counts = [queries, scannedBytes / 1e9, gets / 1000, putsAndLists / 1000].map(Math.round);
    return `| \`${hours}\`${hours === 6 ? ' (default)' : ''} | ${counts.join(' | ')} | ${dollars.toFixed(2)} |`;
  });
  return [
    '| `RefreshHours` | queries | GB that Athena reads | thousand GET | thousand PUT and LIST | dollars |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

const YEARS = [1, 2, 3, 5] as const;

/** The table of docs/deploy.md of what years of lines cost, at the default of `RefreshHours`. */
export function yearsCost(): string {
  const dollars = YEARS.map((years) => monthlyCost(6, { ...CONTRACTOR_OF_400, daysOfLines: years * 365 }).dollars);
  return [
    `| years of lines | ${YEARS.join(' | ')} |`,
    `|---|${YEARS.map(() => '---|').join('')}`,
    `| dollars | ${dollars.map((each) => each.toFixed(2)).join(' | ')} |`,
  ].join('\n');
}
