/**
 * Draws `docs/dashboard.svg` from the dashboard of the template, with made-up data: `npm run dashboard`.
 *
 * Places, titles, labels and limits come from the template; the values of lines and tables are made up here.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Widget {
  readonly type: 'metric' | 'log';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly annotations?: { readonly horizontal: readonly { readonly label: string; readonly value: number }[] };
  };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const COLUMN = 42;
const ROW = 34;
const GAP = 6;
const COLOURS = ['#1f77b4', '#d62728', '#ff7f0e', '#9467bd'];

/** Values of two days by the title's first word and the place of the line, one for each hour. */
const SERIES: Readonly<Record<string, readonly ((hour: number) => number)[]>> = {
  // Ditio does not answer for seven hours of the first night.
  Hours: [(hour) => (hour > 20 && hour < 28 ? hour - 20 : 0.25)],
  Runs: [() => 4, (hour) => (hour > 20 && hour < 28 ? 4 : 0), () => 0, (hour) => (hour > 26 && hour < 28 ? 16 : 0)],
  Longest: [(hour) => (hour === 28 ? 212 : 6 + 4 * Math.sin(hour))],
  Records: [(hour) => (hour === 28 ? 2600 : Math.max(0, 900 * Math.sin(((hour % 24) - 6) / 4)))],
  What: [(hour) => 0.045 + 0.01 * Math.sin(hour / 8)],
};

const TABLES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  By: [
    ['stream', 'age_minutes', 'records', 'failures', 'slowest_ms'],
    ['item-registrations', '912', '1204', '0', '4120'],
    ['flow-locations', '640', '311', '0', '980'],
    ['payroll-lines', '12', '1840', '28', '5230'],
    ['time-registrations', '11', '7421', '28', '8123'],
    ['machine-registrations', '11', '2290', '28', '6440'],
    ['project', '11', '37', '28', '610'],
  ],
  Hard: [
    ['timestamp', 'stream', 'kind', 'status', 'hint'],
    ['2026-11-22T03:45', 'user', 'retries_exhausted', '503', 'Nothing now: the next run tries again.'],
    ['2026-11-22T03:45', 'project', 'retries_exhausted', '503', 'Nothing now: the next run tries again.'],
    ['2026-11-22T03:30', 'user', 'retries_exhausted', '503', 'Nothing now: the next run tries again.'],
    ['2026-11-21T14:15', 'images', 'forbidden', '403', 'Ask Ditio for the scope, or leave the stream out.'],
  ],
};

/** The widgets of the dashboard, with example names in place of the values of a deployment. */
export function widgetsOf(template: string): Widget[] {
  const [, body = ''] = /DashboardBody: !Sub\n {8}- \|\n([\s\S]*?)\n {8}- StaleAfterHours/.exec(template) ?? [];
  return JSON.parse(body.replace(/\$\{StaleAfterHours\}/, '6').replaceAll(/\$\{[^}]+\}/g, 'ditio')).widgets;
}

/** The whole picture. */
export function drawDashboard(template: string): string {
  const widgets = widgetsOf(template);
  const width = 24 * COLUMN;
  const height = Math.max(...widgets.map(({ y, height: rows }) => (y + rows) * ROW));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<title>Dashboard of ditio-extract, with made-up data</title>`,
    `<rect width="${width}" height="${height}" fill="#eef1f4"/>`,
    ...widgets.flatMap(drawWidget),
    '</svg>',
    '',
  ].join('\n');
}

function drawWidget({ type, x, y, width, height, properties }: Widget): string[] {
  const box: Box = {
    left: x * COLUMN + GAP,
    top: y * ROW + GAP,
    width: width * COLUMN - 2 * GAP,
    height: height * ROW - 2 * GAP,
  };
  const word = properties.title.split(' ')[0]?.replace(',', '') ?? '';
  return [
    `<rect x="${box.left}" y="${box.top}" width="${box.width}" height="${box.height}" fill="#fff" stroke="#d5dbdb"/>`,
    text(box.left + 10, box.top + 20, properties.title, 'font-weight="bold"'),
    ...(type === 'log' ? drawTable(box, TABLES[word] ?? []) : drawGraph(box, word, properties)),
  ];
}

function drawTable({ left, top, width }: Box, rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const all = widths.reduce((sum, each) => sum + each, 0);
  return rows.flatMap((row, at) => {
    let from = left + 10;
    return row.map((cell, column) => {
      const drawn = text(from, top + 46 + at * 22, cell, at === 0 ? 'font-weight="bold" fill="#545b64"' : '');
      from += ((width - 20) * (widths[column] ?? 0)) / all;
      return drawn;
    });
  });
}

function drawGraph(
  { left, top, width, height }: Box,
  word: string,
  { metrics = [], annotations }: Widget['properties'],
) {
  const series = SERIES[word] ?? [];
  const labels = metrics.flatMap((metric) => {
    const { label } = (metric.at(-1) ?? {}) as { label?: string };
    return label === undefined ? [] : [label];
  });
  const limits = annotations?.horizontal ?? [];
  const hours = Array.from({ length: 49 }, (_, hour) => hour);
  const most = Math.max(...series.flatMap((of) => hours.map(of)), ...limits.map(({ value }) => value)) * 1.1;
  const plot = { left: left + 40, top: top + 32, width: width - 56, height: height - 66 };
  const yOf = (value: number) => plot.top + plot.height * (1 - value / most);
  const xOf = (hour: number) => plot.left + (plot.width * hour) / 48;
  return [
    ...[0, most / 1.1].map((value) => text(left + 6, yOf(value) + 4, shown(value), 'fill="#545b64"')),
    `<path d="M${plot.left} ${plot.top}V${plot.top + plot.height}H${plot.left + plot.width}" fill="none" stroke="#aab7b8"/>`,
    ...limits.flatMap(({ label, value }) => [
      `<path d="M${plot.left} ${round(yOf(value))}H${plot.left + plot.width}" stroke="#d62728" stroke-dasharray="5 4"/>`,
      text(plot.left + 4, yOf(value) - 4, label, 'fill="#d62728"'),
    ]),
    ...series.map((of, at) => {
      const points = hours.map((hour) => `${round(xOf(hour))} ${round(yOf(of(hour)))}`).join('L');
      return `<path d="M${points}" fill="none" stroke="${COLOURS[at % COLOURS.length]}" stroke-width="1.5"/>`;
    }),
    ...labels.map((label, at) =>
      text(plot.left + at * 100, top + height - 10, label, `fill="${COLOURS[at % COLOURS.length]}"`),
    ),
  ];
}

function text(x: number, y: number, content: string, more: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${round(x)}" y="${round(y)}"${more ? ` ${more}` : ''}>${escaped}</text>`;
}

function shown(value: number): string {
  return value >= 10 ? value.toFixed(0) : String(Number(value.toFixed(2)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const template = readFileSync(new URL('../template.yaml', import.meta.url), 'utf8');
  writeFileSync(new URL('../docs/dashboard.svg', import.meta.url), drawDashboard(template));
}
