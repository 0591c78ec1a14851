/**
 * Computes what a month costs, line by line, and writes the table in `docs/deploy.md`: `npm run cost`.
 *
 * Prices are list prices of 2025 without free tiers, in dollars; each names the page with today's price. The figures of one
 * quiet run were measured on 2026-11-23, each run as a cold start.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CONTRACTOR_OF_400, monthlyCost, tablesCost, yearsCost } from '../sql/cost.ts';
import { CATALOGUE } from '../src/ditio/catalogue.ts';

const PRICES = {
  /** Source: https://aws.amazon.com/lambda/pricing/ (arm64, eu-north-1). */
  lambdaRequest: 0.2 / 1e6,
  gigabyteSecond: 0.0000133334,
  /** Source: https://aws.amazon.com/dynamodb/pricing/on-demand/ (us-east-1). */
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  /** Source: https://aws.amazon.com/cloudwatch/pricing/ (us-east-1). */
  metric: 0.3,
  alarmMetric: 0.1,
  logGigabyte: 0.5,
  scannedGigabyte: 0.005,
  /** Known only from reports; the official page did not have it yet. */
  logAlarm: 0.1,
  /** Source: https://aws.amazon.com/secrets-manager/pricing/. */
  secret: 0.4,
  /** Source: https://aws.amazon.com/eventbridge/pricing/. */
  tick: 1 / 1e6,
  /** Source: https://aws.amazon.com/s3/pricing/ (PUT, COPY, POST or LIST). */
  put: 0.005 / 1000,
} as const;

/** One quiet run of 19 streams; the parts are those of a busy hour, averaged over the day. */
const RUN = { gigabyteSeconds: 1.274, writeUnits: 64, readUnits: 20, logBytes: 30_000, partsPerDay: 96 } as const;
/** 365.25 / 12 days. */
const HOURS_PER_MONTH = 730.5;
/** Athena and S3 of a month of refreshes, for a contractor of 400 people. */
const refreshDollars = (hours: number) => monthlyCost(hours, CONTRACTOR_OF_400).dollars;

export const RUN_METRICS = ['StaleStreams', 'StalestStreamAgeSeconds', 'HardFailures', 'RecordsWritten'] as const;
export const STREAM_METRICS = ['WatermarkAgeSeconds', 'RecordsWritten', 'HardFailures', 'Throttled'] as const;

export interface Deployment {
  readonly intervalMinutes: number;
  readonly refreshHours: number;
  readonly metricsByStream: boolean;
  readonly streams: number;
  /** Metrics that the alarms use; an alarm costs as often as it has metrics. */
  readonly alarmMetrics: number;
  readonly logAlarms: number;
}

/** The defaults of the template; `test/deployed` counts the alarms. */
export const DEFAULT: Deployment = {
  intervalMinutes: 15,
  refreshHours: 6,
  metricsByStream: false,
  streams: CATALOGUE.length,
  alarmMetrics: 10,
  logAlarms: 1,
};

export interface CostLine {
  readonly what: string;
  readonly dollars: number;
  /** How it can be lowered, or what it depends on. */
  readonly lower: string;
}

/** The lines of a month, the dashboard not among them. */
export function monthCost(deployment: Deployment): CostLine[] {
  const { intervalMinutes, refreshHours, metricsByStream, streams, alarmMetrics, logAlarms } = deployment;
  const runs = (HOURS_PER_MONTH * 60) / intervalMinutes;
  // CloudWatch counts a metric in each hour in which it is sent.
  const sentHours = Math.min(1, 60 / intervalMinutes);
  const metrics = RUN_METRICS.length + (metricsByStream ? STREAM_METRICS.length * streams : 0);
  const days = HOURS_PER_MONTH / 24;
  const logGigabytes = (runs * RUN.logBytes) / 1e9;
  // The log alarm reads three intervals and some minutes at each interval: about four times every line.
  const scanned = logGigabytes * 4 * logAlarms;
  return [
    {
      what: `metrics: ${metrics} × 0.30`,
      dollars: metrics * PRICES.metric * sentHours,
      lower: 'an interval above 60 minutes',
    },
    {
      what: `alarms: ${alarmMetrics} metrics and ${logAlarms} log alarm, × 0.10`,
      dollars: alarmMetrics * PRICES.alarmMetric + logAlarms * PRICES.logAlarm,
      lower: '',
    },
    { what: 'secret', dollars: PRICES.secret, lower: '`ExistingSecretArn`' },
    {
      what: `function: ${whole(runs)} runs, ${whole(runs * RUN.gigabyteSeconds)} GB-seconds`,
      dollars: runs * (PRICES.lambdaRequest + RUN.gigabyteSeconds * PRICES.gigabyteSecond),
      lower: 'a longer interval',
    },
    {
      what: `state: ${whole(runs * RUN.writeUnits)} write units, ${whole(runs * RUN.readUnits)} read units`,
      dollars: runs * (RUN.writeUnits * PRICES.writeUnit + RUN.readUnits * PRICES.readUnit),
      lower: 'a longer interval',
    },
    {
      what: `log lines: ${RUN.logBytes / 1000} kB a run, and the query of the log alarm over them`,
      dollars: logGigabytes * PRICES.logGigabyte + scanned * PRICES.scannedGigabyte,
      lower: 'a longer interval',
    },
    { what: `schedule: ${whole(runs)} ticks`, dollars: runs * PRICES.tick, lower: '' },
    {
      what: `lake: ${RUN.partsPerDay} parts a day, written`,
      dollars: RUN.partsPerDay * days * 2 * PRICES.put,
      lower: '',
    },
    {
      what: refreshHours === 0 ? 'tables: no refresh' : `tables: a refresh every ${refreshHours} hours`,
      dollars: refreshDollars(refreshHours),
      lower: `\`RefreshHours\`: ${[12, 24, 1].map((hours) => `${refreshDollars(hours).toFixed(2)} at \`${hours}\``).join(', ')}`,
    },
  ];
}

export function total(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0);
}

/** The table of `docs/deploy.md`. */
export function costTable(): string {
  const lines = monthCost(DEFAULT);
  const byStream = total(monthCost({ ...DEFAULT, metricsByStream: true }));
  return [
    '| what | dollars | lower by |',
    '|---|---|---|',
    ...lines.map(({ what, dollars, lower }) => `| ${what} | ${dollars.toFixed(2)} | ${lower} |`),
    `| **together** | **${total(lines).toFixed(2)}** | **${byStream.toFixed(2)}** with \`MetricsByStream\` \`on\` |`,
  ].join('\n');
}

/** The document with its tables replaced. */
export function withTable(document: string): string {
  return document
    .replace(/(<!-- cost -->\n)[\s\S]*?(\n?<!-- \/cost -->)/, `$1${costTable()}\n<!-- /cost -->`)
    .replace(/(<!-- tables -->\n)[\s\S]*?(\n?<!-- \/tables -->)/, `$1${tablesCost()}\n<!-- /tables -->`)
    .replace(/(<!-- years -->\n)[\s\S]*?(\n?<!-- \/years -->)/, `$1${yearsCost()}\n<!-- /years -->`);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = new URL('../docs/deploy.md', import.meta.url);
  writeFileSync(file, withTable(readFileSync(file, 'utf8')));
  console.log(costTable());
}
