/**
 * Runs the simulator alone, for use with any client: `npm run simulator -- --port 8787`.
 *
 * Reads the command line, starts, prints the addresses and credentials, and runs until it is interrupted.
 */

import { parseArgs } from 'node:util';
import { portProblem, readArguments, type SimulatorArguments, USAGE } from './arguments.ts';
import { startSimulator } from './simulator.ts';

const parsed = readArguments(process.argv.slice(2), parseArgs, process.env);
if (parsed.kind === 'help') console.log(USAGE);
else if (parsed.kind === 'refused') {
  console.error(`${parsed.problems.join('\n')}\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  await run(parsed).catch((error: unknown) => {
    console.error(portProblem(error, parsed.options.port) ?? error);
    process.exitCode = 1;
  });
}

async function run({ options, change, faults }: SimulatorArguments): Promise<void> {
  const simulator = await startSimulator(options);
  for (const fault of faults) simulator.faults.add(fault);
  const live = Object.values(simulator.counts()).reduce((sum, count) => sum + count.live, 0);
  const { identityUrl, reportingUrl, coreUrl, clientId, clientSecret } = simulator;
  console.log(`Ditio, simulated: ${live.toLocaleString('en')} records of a made-up contractor.

  identity       ${identityUrl}
  reporting      ${reportingUrl}
  core           ${coreUrl}
  client id      ${clientId}
  client secret  ${clientSecret}

Try it:

  TOKEN=$(curl -s ${identityUrl}/connect/token -d grant_type=client_credentials -d client_id=${clientId} \\
    -d client_secret=${clientSecret} -d scope=reportingapiv1 | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -s --compressed -H "Authorization: Bearer $TOKEN" '${reportingUrl}/v1/time-registrations?ChunkLimit=2'

Point the extractor at it:

  export DITIO_IDENTITY_URL=${identityUrl} DITIO_REPORTING_URL=${reportingUrl} DITIO_CORE_URL=${coreUrl}
  export DITIO_CLIENT_ID=${clientId} DITIO_CLIENT_SECRET=${clientSecret}

Stop it with Ctrl-C.`);
  const timer = change && setInterval(() => simulator.change(change.what), change.everySeconds * 1000);
  const stop = () => {
    if (timer) clearInterval(timer);
    simulator.close().catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    });
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}
