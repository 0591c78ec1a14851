/** Runs the simulator, the source of every contender, as a separate process, which ends with its parent. */

import { type SimulatorOptions, startSimulator } from '../simulator/index.ts';

process.on('disconnect', () => process.exit());
const options: SimulatorOptions = JSON.parse(process.argv[2] ?? '{}');
const { identityUrl, reportingUrl, clientId, clientSecret } = await startSimulator(options);
process.send?.({ identityUrl, reportingUrl, clientId, clientSecret });
