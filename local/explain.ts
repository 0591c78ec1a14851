/** Says in sentences why a run has not read all of its streams. */

import type { RunReport, StreamReport } from '../src/sync/report.ts';
import { countOf } from './table.ts';

/**
 * One text for each kind of reason; none for a complete run.
 *
 * @param again command that goes on from here
 */
export function explanations({ streams }: RunReport, again: string): string[] {
  const failed = streams.filter(({ outcome }) => outcome === 'failed');
  const leased = streams.filter(({ outcome }) => outcome === 'leased');
  const unfinished = streams.filter(({ outcome }) => outcome === 'deadline');
  const cutOff = unfinished.filter(({ reason = 'time' }) => reason === 'time');
  const sentAway = unfinished.filter(({ reason = '' }) => reason.includes('Retry-After'));
  const inTrouble = unfinished.filter((stream) => !cutOff.includes(stream) && !sentAway.includes(stream));
  const texts = [
    [failed, `${failedText(failed, streams.length)} This command tries again:`],
    [
      sentAway,
      `Not yet complete: ${namesWithReasons(sentAway)}. Ditio asked for a wait that is longer than a run. Later, this command goes on from here:`,
    ],
    [
      inTrouble,
      `Not yet complete: ${namesWithReasons(inTrouble)}. The next attempt would have come after the end of the run. This command goes on from here:`,
    ],
    [
      cutOff,
      `Not yet complete: ${names(cutOff)}. The run ended before these streams did. This command goes on from here:`,
    ],
    [
      leased,
      `Not read: ${names(leased)}. Another process holds their leases, for 15 minutes at most. Then this command reads them:`,
    ],
  ] as const;
  return texts.flatMap(([concerned, text]) => (concerned.length > 0 ? [`${text}\n  ${again}`] : []));
}

/** With one cause for all streams, their names and "the records that were read" would say nothing. */
function failedText(failed: readonly StreamReport[], all: number): string {
  const which =
    failed.length === all && all > 1
      ? 'Every stream failed.'
      : `${failed.length} of ${countOf(all, 'stream')} failed: ${names(failed)}.`;
  const kept = failed.some(({ records }) => records > 0) ? ' The records that were read are kept.' : '';
  return `${which} The lines above say why.${kept}`;
}

function names(streams: readonly StreamReport[]): string {
  return streams.map(({ stream }) => stream).join(', ');
}

function namesWithReasons(streams: readonly StreamReport[]): string {
  return streams.map(({ stream, reason }) => `${stream} (${reason})`).join(', ');
}
