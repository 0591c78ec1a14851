/** Writes the report: the measurements, the machine, and the comparison with the goals. */

import { availableParallelism, cpus, type as kernelType, loadavg, release, totalmem } from 'node:os';
import type { Contender, ContenderName, Task } from './contender.ts';
import type { Figures } from './contenders/measure.ts';
import { pythonVersion } from './python.ts';
import { median, slope } from './statistics.ts';

export interface Cell extends Task {
  /** Length of the history. */
  readonly records: number;
  readonly names: readonly ContenderName[];
  readonly rounds: number;
}

export interface Measured extends Cell {
  readonly contender: ContenderName;
  /** One for each round. */
  readonly figures: readonly Figures[];
  /** The error message of a contender that failed. */
  readonly failure: string | null;
}

export interface Results {
  readonly quick: boolean;
  readonly commit: string | null;
  readonly contenders: readonly Contender[];
  /** Contenders that could not be installed, each as a sentence. */
  readonly missing: readonly string[];
  readonly measured: readonly Measured[];
}

const PAGE_SIZE = 5000;
const MAX_RSS_BYTES = 200e6;
/** Largest slope that counts as zero: a kilobyte of memory for a thousand more records. */
const MAX_SLOPE_BYTES_PER_MILLION = 1e6;

export function writeReport(results: Results): string {
  const lines = [
    '# The figures',
    '',
    'Written by `npm run bench`. What is measured and why: [README](README.md).',
    '',
    ...machineTable(results),
    '',
    '## Goals',
    '',
    ...table(['goal', 'measured', ''], goalsOf(results), 1),
    '',
    '## Speed',
    '',
    'One stream of time registrations, no latency, pages of 5,000. Medians of alternating rounds; ratios are medians of',
    'the ratios within a round. CPU is that of all threads, without interpreter and imports. MB are of JSON before compression.',
    '',
    ...speedTable(results),
    '',
    '## Memory',
    '',
    ...memoryTable(results),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function machineTable({ quick, commit, contenders, missing, measured }: Results): string[] {
  const pythons = contenders.filter(({ name }) => name === 'dlt' || name === 'airbyte').map(({ title }) => title);
  const failed = measured.flatMap(({ contender, failure }) => (failure === null ? [] : [`${contender}: ${failure}`]));
  const load = loadavg()[2] ?? 0;
  const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const rows = [
    ['measured', `${new Date().toISOString().slice(0, 10)}${commit ? `, commit ${commit}` : ''}`],
    ['machine', `${machine}, ${kernelType()} ${release().split('-')[0]}, ${process.arch}`],
    ['load over the last quarter of an hour', load.toFixed(1)],
    ['versions', [`Node ${process.version}`, pythonVersion(), ...pythons].filter(Boolean).join(', ')],
    ...[...missing, ...failed].map((why) => ['not measured', why]),
    ...(quick ? [['form', 'the short one: fewer records and rounds']] : []),
  ];
  return table(['', ''], rows, 2);
}

function goalsOf(results: Results): string[][] {
  const cpu = (name: ContenderName, than: ContenderName, compression: Cell['compression'] = 'gzip') =>
    ratio(results, [name, 'gzip'], [than, compression], cpuPerRecord);
  const speed = ratio(results, ['ours', 'zstd'], ['before', 'gzip'], recordsPerSecond);
  const rows = [
    goal(
      'the same work as *limit* (gzip): CPU at most 1.25 ×',
      ratio(results, ['ours', 'gzip'], ['limit', 'gzip'], cpuPerRecord),
      1.25,
      'most',
    ),
    goal('less CPU than dlt (gzip): at least 8.5 ×', cpu('dlt', 'ours'), 8.5, 'least'),
    goal("less CPU than Airbyte's CDK (gzip): at least 7 ×", cpu('airbyte', 'ours'), 7, 'least'),
    goal('less CPU than dlt, ours with zstd: at least 16 ×', cpu('dlt', 'ours', 'zstd'), 16, 'least'),
    goal("less CPU than Airbyte's CDK, ours with zstd: at least 13 ×", cpu('airbyte', 'ours', 'zstd'), 13, 'least'),
    goal('MB/s with zstd, beside the commit before with gzip: at least 1.7 ×', speed, 1.7, 'least'),
  ];
  const peaks = oursOf(results).map(({ figures }) => peakRss(figures));
  const most = Math.max(...peaks);
  rows.push([
    'peak RSS at most 200 MB',
    `${mega(Math.min(...peaks))} to ${mega(most)} MB`,
    sign(most <= MAX_RSS_BYTES),
  ]);
  for (const compression of ['gzip', 'zstd'] as const) {
    const points = oursOf(results)
      .filter((one) => one.compression === compression && one.pageSize === PAGE_SIZE)
      .map(({ records, figures }) => [records / 1e6, peakRss(figures)] as const);
    // A slope over a few thousand records would only show how peaks differ by chance.
    if (points.every(([millions]) => millions < 1)) continue;
    const perMillion = slope(points);
    const met = perMillion <= MAX_SLOPE_BYTES_PER_MILLION;
    rows.push([
      `no slope of peak RSS, ${compression}`,
      `${mega(perMillion, 2)} MB for each million records`,
      sign(met),
    ]);
  }
  return rows;
}

function goal(text: string, value: number | null, bound: number, kind: 'least' | 'most'): string[] {
  if (value === null) return [text, 'not measured', ''];
  return [text, `${value.toFixed(2)} ×`, sign(kind === 'least' ? value >= bound : value <= bound)];
}

function speedTable({ measured, contenders }: Results): string[] {
  const cells = measured.filter(({ rounds, figures }) => rounds > 1 && figures.length > 0);
  const bytes = median(
    cells.flatMap(({ figures }) =>
      figures.flatMap(({ records, jsonBytes }) => (jsonBytes ? [jsonBytes / records] : [])),
    ),
  );
  const rows = cells.map(({ contender, compression, figures }) => {
    const perSecond = median(figures.map(recordsPerSecond));
    return [
      compression,
      contenders.find(({ name }) => name === contender)?.title ?? contender,
      perSecond.toFixed(0),
      ((perSecond * bytes) / 1e6).toFixed(1),
      (median(figures.map(cpuPerRecord)) * 1e6).toFixed(1),
      mega(peakRss(figures)),
      String(figures.length),
    ];
  });
  return table(['', 'contender', 'records/s', 'MB/s', 'CPU s per million', 'peak RSS MB', 'rounds'], rows, 2);
}

function memoryTable(results: Results): string[] {
  const rows = oursOf(results).map(({ records, pageSize, compression, figures }) => [
    compression,
    String(records),
    String(pageSize),
    mega(peakRss(figures)),
    (median(figures.map(cpuPerRecord)) * 1e6).toFixed(1),
  ]);
  return table(['', 'records', 'page size', 'peak RSS MB', 'CPU s per million'], rows, 1);
}

function oursOf({ measured }: Results): readonly Measured[] {
  return measured.filter(({ contender, figures }) => contender === 'ours' && figures.length > 0);
}

type Side = readonly [name: ContenderName, compression: Cell['compression']];

/** Median over the rounds of the ratio of two values; null where one of them was not measured. */
function ratio(results: Results, one: Side, other: Side, of: (figures: Figures) => number): number | null {
  const find = ([name, compression]: Side) =>
    results.measured.find((cell) => cell.contender === name && cell.compression === compression && cell.rounds > 1)
      ?.figures ?? [];
  const [a, b] = [find(one), find(other)];
  const rounds = Math.min(a.length, b.length);
  if (rounds === 0) return null;
  return median(Array.from({ length: rounds }, (_, round) => of(a[round] as Figures) / of(b[round] as Figures)));
}

function recordsPerSecond({ records, wallSeconds }: Figures): number {
  return records / wallSeconds;
}

/** CPU seconds. */
function cpuPerRecord({ records, cpuSeconds }: Figures): number {
  return cpuSeconds / records;
}

/** Bytes. */
function peakRss(figures: readonly Figures[]): number {
  return Math.max(...figures.map(({ peakRssBytes }) => peakRssBytes));
}

function mega(bytes: number, digits = 0): string {
  return (bytes / 1e6).toFixed(digits);
}

function sign(met: boolean): string {
  return met ? 'met' : '**missed**';
}

/** @param texts number of columns with text; the others are aligned to the right */
function table(head: readonly string[], rows: readonly (readonly string[])[], texts: number): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index < texts ? '---' : '---:'))), ...rows.map(line)];
}
