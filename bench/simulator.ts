/**
 * The source that every contender reads: the simulator of Ditio, as a process of its own, steered by its parent.
 *
 * Decides nothing about the data. Finished pages are kept compressed, so that from the second reading on a page costs
 * the server next to nothing and the contender is what is measured.
 */

import { type FaultHandle, type SimulatorOptions, startSimulator } from '../simulator/index.ts';
import { countTraffic, type Traffic } from './traffic.ts';

/** What the parent may ask for; every message is answered with one. */
export type SimulatorMessage =
  | { readonly ask: 'start'; readonly options: SimulatorOptions }
  /** Answers to requests for pages begin so much later from now on. */
  | { readonly ask: 'latency'; readonly ms: number }
  /** Traffic since the last time it was asked for. */
  | { readonly ask: 'traffic' };

export interface SimulatorAddress {
  readonly identityUrl: string;
  readonly reportingUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

let simulator: Awaited<ReturnType<typeof startSimulator>> | undefined;
let slow: FaultHandle | undefined;
const takeTraffic = countTraffic(({ method, url }) => `${method} ${url?.split('?')[0]}`);

process.on('disconnect', () => process.exit());
process.on('message', async (message: SimulatorMessage) => {
  process.send?.(await answer(message));
});

async function answer(message: SimulatorMessage): Promise<SimulatorAddress | Traffic | null> {
  switch (message.ask) {
    case 'start': {
      simulator = await startSimulator(message.options);
      const { identityUrl, reportingUrl, clientId, clientSecret } = simulator;
      return { identityUrl, reportingUrl, clientId, clientSecret };
    }
    case 'latency': {
      const { ms } = message;
      slow?.remove();
      slow = undefined;
      if (ms > 0) slow = simulator?.faults.add({ fault: { kind: 'slow', ms }, times: Number.POSITIVE_INFINITY });
      return null;
    }
    case 'traffic':
      return takeTraffic();
  }
}
