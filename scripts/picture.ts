/**
 * Draws the pictures of the README: docs/local-run.svg from the output of a real local run, and the badges. `npm run picture`.
 *
 * The run reads made-up data. Where the picture leaves lines out, it shows three dots.
 */

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Number of streams that the picture shows at the beginning of a sync; it also shows the last one. */
const SHOWN_STREAMS = 4;

const FONT_PX = 13;
const LINE_PX = 18;
/** Width of a character of the fonts below, as a share of its height. */
const CHARACTER = 0.602;
const MARGIN_PX = 16;
const BAR_PX = 30;
const COLOURS = { '✓': '#3fb950', '✗': '#f85149', '·': '#d29922', '…': '#d29922' } as const;

/** The output on the terminal, in order. */
function runLocally(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'picture-'));
  const file = join(folder, 'output');
  const output = openSync(file, 'w');
  try {
    const { status } = spawnSync(process.execPath, [join(ROOT, 'local/main.ts'), '--folder', folder], {
      stdio: ['ignore', output, output],
    });
    const text = readFileSync(file, 'utf8');
    if (status !== 0) throw new Error(`the run ended with ${status}:\n${text}`);
    return text.split('\n');
  } finally {
    closeSync(output);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without most of the streams, and without the hints, which name the folder of this run. */
function shorten(lines: readonly string[]): string[] {
  const end = lines.findIndex((line) => line.startsWith('The lake is in'));
  const isStream = (line: string | undefined) => /^ {2}[✓·] /.test(line ?? '');
  const shown: string[] = [];
  let streams = 0;
  for (const [at, line] of lines.slice(0, end).entries()) {
    streams = isStream(line) ? streams + 1 : 0;
    if (streams <= SHOWN_STREAMS || !isStream(lines[at + 1])) shown.push(line);
    else if (streams === SHOWN_STREAMS + 1) shown.push('  ⋮');
  }
  return shown.join('\n').trimEnd().split('\n');
}

/** @param lines without colours; the signs at their beginnings get one */
export function drawTerminal(title: string, lines: readonly string[]): string {
  const longest = Math.max(...lines.map((line) => line.length));
  const width = Math.ceil(longest * FONT_PX * CHARACTER) + 2 * MARGIN_PX;
  const height = BAR_PX + lines.length * LINE_PX + MARGIN_PX;
  const rows = lines.map((line, at) => {
    const y = BAR_PX + (at + 1) * LINE_PX;
    return `<text x="${MARGIN_PX}" y="${y}" xml:space="preserve">${paint(line)}</text>`;
  });
  const font = `font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_PX}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (fill, at) => `<circle cx="${20 + at * 18}" cy="16" r="5" fill="${fill}"/>`,
    ),
    `<g ${font} fill="#c9d1d9">`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function paint(line: string): string {
  if (line.startsWith('$ ')) return `<tspan fill="#58a6ff">${escapeXml(line)}</tspan>`;
  if (/^[①②③]/.test(line)) return `<tspan fill="#ffffff" font-weight="bold">${escapeXml(line)}</tspan>`;
  return [...escapeXml(line)]
    .map((sign) => (sign in COLOURS ? `<tspan fill="${COLOURS[sign as keyof typeof COLOURS]}">${sign}</tspan>` : sign))
    .join('');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A badge in the usual form; its text comes from the files of the repository. */
export function drawBadge(label: string, value: string): string {
  const [left, right] = [label, value].map((text) => Math.ceil(text.length * 6.6) + 12) as [number, number];
  const width = left + right;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${escapeXml(`${label}: ${value}`)}">`,
    `<rect width="${width}" height="20" rx="3" fill="#555"/>`,
    `<path d="M${left} 0h${right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-${right - 3}z" fill="#2f6fb7"/>`,
    '<g fill="#fff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11" text-anchor="middle">',
    `<text x="${left / 2}" y="14">${escapeXml(label)}</text><text x="${left + right / 2}" y="14">${escapeXml(value)}</text>`,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** Path of each badge, and its texts. */
export function badges(): ReadonlyArray<readonly [path: string, svg: string]> {
  const { license, engines, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const runtime = readFileSync(join(ROOT, '.nvmrc'), 'utf8').trim();
  return [
    ['docs/badge-license.svg', drawBadge('license', license)],
    ['docs/badge-node.svg', drawBadge('node', `${engines.node.replace('>=', '≥ ')}, Lambda ${runtime}`)],
    ['docs/badge-version.svg', drawBadge('version', version)],
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, svg] of badges()) writeFileSync(join(ROOT, path), svg);
  const lines = ['$ npm ci && npm run local', '', ...shorten(runLocally())];
  writeFileSync(join(ROOT, 'docs/local-run.svg'), drawTerminal('A local run, from its first line to the table', lines));
}
