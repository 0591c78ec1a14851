/** The plot of growth: what a record costs and how much memory is taken, against the length of the history. */

import type { GrowthPoint } from './results.ts';

const WIDTH = 960;
const HEIGHT = 420;
const PANEL = { width: 380, height: 270, top: 70 } as const;
const LEFTS = [70, 540] as const;

const COLOURS: Readonly<Record<string, string>> = {
  ours: '#0b6e4f',
  limit: '#8d99ae',
  naive: '#e07a1f',
  dlt: '#7b2d8b',
  airbyte: '#3457d5',
};

interface Panel {
  readonly title: string;
  readonly left: number;
  readonly value: (point: GrowthPoint) => number;
  /** Drawn as a line across, with its label. */
  readonly goal: { readonly value: number; readonly label: string } | null;
}

/** An SVG that stands alone. */
export function drawGrowth(
  points: readonly GrowthPoint[],
  contenders: readonly { readonly name: string; readonly title: string }[],
): string {
  const panels: readonly Panel[] = [
    {
      title: 'CPU time per record, µs',
      left: LEFTS[0],
      value: ({ figures }) => (figures.cpuSeconds / figures.records) * 1e6,
      goal: null,
    },
    {
      title: 'Peak RSS, MB',
      left: LEFTS[1],
      value: ({ figures }) => figures.peakRssBytes / 1e6,
      goal: { value: 130, label: 'goal: 130 MB' },
    },
  ];
  const shown = contenders.filter(({ name }) => points.some(({ contender }) => contender === name));
  const legend = shown.map(({ name, title }, index) => {
    const x = LEFTS[0] + index * 175;
    return `<line x1="${x}" y1="398" x2="${x + 22}" y2="398" stroke="${COLOURS[name]}" stroke-width="3"/>${text(x + 28, 402, title)}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFTS[0], 30, 'Growth: the same stream with ever longer histories', 'font-size="16" font-weight="600"'),
    ...panels.map((panel) => drawPanel(panel, points, shown)),
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel(
  panel: Panel,
  points: readonly GrowthPoint[],
  contenders: readonly { readonly name: string }[],
): string {
  const { left, value, goal } = panel;
  const { width, height, top } = PANEL;
  const sizes = [...new Set(points.map(({ size }) => size))].toSorted((a, b) => a - b);
  const [least = 1, most = 1] = [sizes[0], sizes.at(-1)].map((size) => Math.log10(size ?? 1));
  const values = [...points.map(value), ...(goal ? [goal.value] : [])];
  // Logarithmic too: contenders lie a factor of ten apart, and a flat line is flat on any scale.
  const bottomValue = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const topValue = niceAbove(Math.max(...values));
  const x = (size: number) =>
    left + (most === least ? width / 2 : ((Math.log10(size) - least) / (most - least)) * width);
  const y = (of: number) =>
    top +
    height -
    ((Math.log10(of) - Math.log10(bottomValue)) / (Math.log10(topValue) - Math.log10(bottomValue))) * height;
  const ticks = [1, 2, 5].flatMap((step) => [0, 1, 2, 3].map((power) => step * bottomValue * 10 ** power));
  const lines = contenders.map(({ name }) => {
    const of = points.filter(({ contender }) => contender === name).toSorted((a, b) => a.size - b.size);
    const path = of.map((point) => `${x(point.size).toFixed(1)},${y(value(point)).toFixed(1)}`).join(' ');
    const dots = of.map(
      (point) =>
        `<circle cx="${x(point.size).toFixed(1)}" cy="${y(value(point)).toFixed(1)}" r="3.5" fill="${COLOURS[name]}"/>`,
    );
    return `<polyline points="${path}" fill="none" stroke="${COLOURS[name]}" stroke-width="2"/>${dots.join('')}`;
  });
  return [
    text(left, top - 14, panel.title, 'font-weight="600"'),
    ...ticks
      .filter((tick) => tick <= topValue)
      .map(
        (tick) =>
          `<line x1="${left}" y1="${y(tick).toFixed(1)}" x2="${left + width}" y2="${y(tick).toFixed(1)}" stroke="#e3e6ea"/>` +
          text(left - 8, y(tick) + 4, String(tick), 'text-anchor="end" fill="#555"'),
      ),
    ...sizes.map((size) => text(x(size), top + height + 20, sizeName(size), 'text-anchor="middle" fill="#555"')),
    text(left + width / 2, top + height + 38, 'records', 'text-anchor="middle" fill="#555"'),
    ...(goal
      ? [
          `<line x1="${left}" y1="${y(goal.value).toFixed(1)}" x2="${left + width}" y2="${y(goal.value).toFixed(1)}" stroke="#c0392b" stroke-dasharray="5 4"/>`,
          text(left + width, y(goal.value) - 5, goal.label, 'text-anchor="end" fill="#c0392b"'),
        ]
      : []),
    ...lines,
  ].join('\n');
}

/** The next number of the form 1, 2 or 5 times a power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function sizeName(size: number): string {
  return size >= 1e6 ? `${size / 1e6} million` : `${size / 1000} thousand`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${safe}</text>`;
}
