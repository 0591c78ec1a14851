/** The report: what was measured, on what, how it compares with the goals, and how to get it again. */

import { monthlyCost } from './cost.ts';
import { judge } from './goals.ts';
import { growthSection, startSection, throughputSections, tickSection, titleOf } from './report-sections.ts';
import type { Results } from './results.ts';

/** @param template text of the SAM template, for memory and alarms */
export function writeReport(results: Results, template: string): string {
  const { throughput, growth, tick, start } = results;
  return `${[
    '# Fast, flat and cheap: the figures',
    '',
    'Written by the run itself. What is measured and why it is measured so: [README](README.md).',
    '',
    ...machineSection(results),
    ...goalSection(results),
    ...(throughput ? throughputSections(results, throughput) : []),
    ...(growth ? growthSection(results, growth) : []),
    ...(tick ? tickSection(tick, start ? monthlyCost(tick, start.ours, template) : null) : []),
    ...(start ? startSection(start) : []),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

function machineSection({ machine, quick, commits, measuredAt, contenders, missing, throughput }: Results): string[] {
  const { processor, cores, memoryBytes, system, node, python, loadBefore } = machine;
  const dates = [...new Set(Object.values(measuredAt).map((at) => at.slice(0, 10)))];
  const versions = contenders.filter(({ name }) => name === 'dlt' || name === 'airbyte').map(({ title }) => title);
  const known = Object.entries(commits).filter(([, revision]) => revision !== null);
  const sole = new Set(known.map(([, revision]) => revision)).size === 1;
  const revisions = sole
    ? `, commit ${known[0]?.[1]}`
    : known.map(([section, revision]) => `, ${section} at commit ${revision}`).join('');
  return [
    '| | |',
    '|---|---|',
    `| measured | ${dates.join(', ')}${revisions} |`,
    `| again | \`npm run bench${quick ? ' -- --quick' : ''}\` |`,
    `| machine | ${processor}, ${cores} cores, ${Math.round(memoryBytes / 2 ** 30)} GiB, ${system} |`,
    `| load before the newest section | ${loadBefore.toFixed(1)} on ${cores} cores${loadBefore > 0.5 ? ': others were at work, so trust ratios and CPU time, not wall time' : ''} |`,
    `| versions | Node ${node}${python ? `, ${python}` : ''}${versions.map((title) => `, ${title}`).join('')} |`,
    ...missing.map(({ title, why }) => `| not measured | ${title}: ${why} |`),
    ...(throughput ?? []).flatMap(({ failure, contender, ...cell }) =>
      failure === undefined
        ? []
        : [`| failed | ${contender}, ${titleOf(cell)}, pages of ${cell.pageSize}: ${failure} |`],
    ),
    '',
    ...(quick ? ['The short form: fewer records, fewer rounds, and not every cell.', ''] : []),
  ];
}

function goalSection(results: Results): string[] {
  const verdicts = judge(results);
  if (verdicts.length === 0) return [];
  const sign = (met: boolean | null) => (met === null ? '–' : met ? 'met' : '**missed**');
  return [
    '## Goals',
    '',
    '| goal | measured | |',
    '|---|---|---|',
    ...verdicts.map(
      ({ goal, measured, met, why }) => `| ${goal} | ${measured} | ${sign(met)}${why ? `: ${why}` : ''} |`,
    ),
    '',
  ];
}
