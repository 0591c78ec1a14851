/**
 * What a month of quiet ticks costs, from what one was measured to take.
 *
 * Prices are AWS's public list prices without free tiers, as they stood in 2025; each names its page, where they may have
 * changed since. Where the one for Stockholm (eu-north-1) is not known for certain, that of N. Virginia is taken, from
 * which European regions differ by some percent.
 */

import { readFileSync } from 'node:fs';
import type { Start } from './start.ts';
import { median } from './statistics.ts';
import type { Tick, Ticks } from './tick.ts';

export interface Price {
  readonly what: string;
  /** US dollars for one unit. */
  readonly dollars: number;
  readonly unit: string;
  readonly region: 'eu-north-1' | 'us-east-1' | 'all';
  readonly source: string;
}

export const PRICES = {
  lambdaRequest: {
    what: 'Lambda requests',
    dollars: 0.2 / 1e6,
    unit: 'request',
    region: 'eu-north-1',
    source: 'https://aws.amazon.com/lambda/pricing/',
  },
  lambdaSecond: {
    what: 'Lambda duration, arm64',
    dollars: 0.0000133334,
    unit: 'GB-second',
    region: 'eu-north-1',
    source: 'https://aws.amazon.com/lambda/pricing/',
  },
  write: {
    what: 'DynamoDB writes, on demand',
    dollars: 0.625 / 1e6,
    unit: 'write unit (1 KB)',
    region: 'us-east-1',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  read: {
    what: 'DynamoDB reads, on demand',
    dollars: 0.125 / 1e6,
    unit: 'read unit (4 KB)',
    region: 'us-east-1',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  logs: {
    what: 'CloudWatch log lines taken in',
    dollars: 0.5,
    unit: 'GB',
    region: 'us-east-1',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  metric: {
    what: 'CloudWatch custom metrics',
    dollars: 0.3,
    unit: 'metric and month',
    region: 'all',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  alarm: {
    what: 'CloudWatch alarms',
    dollars: 0.1,
    unit: 'alarm metric and month',
    region: 'all',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  dashboard: {
    what: 'CloudWatch dashboard',
    dollars: 3,
    unit: 'dashboard and month',
    region: 'all',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  secret: {
    what: 'Secrets Manager',
    dollars: 0.4,
    unit: 'secret and month',
    region: 'all',
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
  },
  schedule: {
    what: 'EventBridge Scheduler',
    dollars: 1 / 1e6,
    unit: 'invocation',
    region: 'all',
    source: 'https://aws.amazon.com/eventbridge/pricing/',
  },
  appFlow: {
    what: 'Amazon AppFlow',
    dollars: 0.001,
    unit: 'flow run',
    region: 'all',
    source: 'https://aws.amazon.com/appflow/pricing/',
  },
} as const satisfies Record<string, Price>;

export interface CostLine {
  readonly price: Price;
  readonly units: number;
  readonly dollars: number;
}

export interface MonthlyCost {
  readonly ticks: number;
  readonly memoryMegabytes: number;
  /** Of one tick, as it is billed. */
  readonly billedSeconds: number;
  readonly lines: readonly CostLine[];
  readonly dollars: number;
  /** The same where the parameter `CustomMetrics` is `off`, which takes the alarms of the streams away too. */
  readonly dollarsWithoutMetrics: number;
  readonly appFlow: CostLine;
}

const TICKS_PER_HOUR = 4;
/** 365.25 / 12 days. */
const HOURS_PER_MONTH = 730.5;
/** Memory at which Lambda gives one whole processor. Source: Lambda's documentation, "Configure function memory". */
const MEGABYTES_PER_PROCESSOR = 1769;

/** @param template text of the SAM template */
export function monthlyCost({ cold, streams }: Ticks, ours: readonly Start[], template: string): MonthlyCost {
  const ticks = TICKS_PER_HOUR * HOURS_PER_MONTH;
  const memoryMegabytes = Number(/MemoryMegabytes:[\s\S]*?Default: (\d+)/.exec(template)?.[1] ?? 1024);
  const alarms = template.match(/Type: AWS::CloudWatch::Alarm/g)?.length ?? 0;
  const share = Math.min(1, memoryMegabytes / MEGABYTES_PER_PROCESSOR);
  const of = (pick: (tick: Tick) => number) => median(cold.map(pick));
  // As if every tick were a cold start, and as if nothing that is computed overlapped with waiting.
  const cpuSeconds = of((tick) => tick.cpuSeconds) + median(ours.map(({ importCpuSeconds }) => importCpuSeconds));
  const wallSeconds = of((tick) => tick.wallSeconds) + median(ours.map(({ importSeconds }) => importSeconds));
  const billedSeconds = wallSeconds + cpuSeconds * (1 / share - 1);
  const writes = of(({ dynamodb }) => count(dynamodb.requests, ['UpdateItem', 'PutItem']));
  const reads = of(({ dynamodb }) => count(dynamodb.requests, ['Query', 'GetItem', 'Scan']));
  // No item is larger than all that was sent to write it, and nothing read is larger than what came back.
  const bytesPerWrite = of(({ dynamodb }) => dynamodb.receivedBytes) / Math.max(1, writes);
  const writeUnits = writes * Math.ceil(bytesPerWrite / 1024);
  const readUnits = reads + Math.ceil(of(({ dynamodb }) => dynamodb.sentBytes) / 4096);
  // Streams that were not due in this tick have as many.
  const metrics = line(
    PRICES.metric,
    of(({ customMetrics, streamsAsked }) => (customMetrics / streamsAsked) * streams),
  );
  const lines = [
    line(PRICES.lambdaRequest, ticks),
    line(PRICES.lambdaSecond, (ticks * billedSeconds * memoryMegabytes) / 1024),
    line(PRICES.write, ticks * writeUnits),
    line(PRICES.read, ticks * readUnits),
    line(PRICES.logs, (ticks * of(({ logBytes }) => logBytes)) / 1e9),
    metrics,
    // One for each stream as well, in a template of their own.
    line(PRICES.alarm, alarms + streams),
    line(PRICES.dashboard, 1),
    line(PRICES.secret, 1),
    line(PRICES.schedule, ticks),
  ];
  const dollars = lines.reduce((sum, line) => sum + line.dollars, 0);
  return {
    ticks,
    memoryMegabytes,
    billedSeconds,
    lines,
    dollars,
    dollarsWithoutMetrics: dollars - metrics.dollars - streams * PRICES.alarm.dollars,
    appFlow: line(PRICES.appFlow, ticks * streams),
  };
}

export function readTemplate(file: string): string {
  return readFileSync(file, 'utf8');
}

function line(price: Price, units: number): CostLine {
  return { price, units, dollars: units * price.dollars };
}

function count(requests: Readonly<Record<string, number>>, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (requests[name] ?? 0), 0);
}
