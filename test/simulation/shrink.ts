/** Makes a failing history smaller: leaves out whatever it fails without. */

import { CHAOS, type HistoryLimits, runHistory } from './history.ts';

export interface Shrunk {
  readonly seed: number;
  readonly limits: HistoryLimits;
  readonly message: string;
  /** How to see it again. */
  readonly replay: string;
}

/** Greedy: each kind of chaos, each stream and each round is left out for good when the history still fails. */
export async function shrinkHistory(seed: number, first: unknown): Promise<Shrunk> {
  let limits: HistoryLimits = {};
  let message = messageOf(first);
  const fails = async (candidate: HistoryLimits): Promise<boolean> => {
    try {
      await runHistory(seed, candidate);
      return false;
    } catch (error) {
      message = messageOf(error);
      limits = candidate;
      return true;
    }
  };
  for (const kind of CHAOS) await fails({ ...limits, without: [...(limits.without ?? []), kind] });
  for (let rounds = 7; rounds >= 1; rounds--) await fails({ ...limits, rounds });
  for (const stream of STREAMS) {
    if (await fails({ ...limits, streams: [stream] })) break;
  }
  return { seed, limits, message, replay: replayCommand(seed, limits) };
}

const STREAMS = [
  'project',
  'time-registrations',
  'machine-registrations',
  'checklist-registrations',
  'crew-list-registrations',
  'flow-locations',
  'item-registrations',
];

function replayCommand(seed: number, limits: HistoryLimits): string {
  const options = [
    `--seed ${seed} --histories 1`,
    limits.without?.length ? `--without ${limits.without.join(',')}` : '',
    limits.rounds === undefined ? '' : `--rounds ${limits.rounds}`,
    limits.streams ? `--streams ${limits.streams.join(',')}` : '',
  ];
  return `npm run soak -- ${options.filter(Boolean).join(' ')}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
