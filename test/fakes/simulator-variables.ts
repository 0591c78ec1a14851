import type { Simulator } from '../../simulator/index.ts';

/** The variables that lead a function to a simulator, with its client. */
export function variablesOf(
  simulator: Pick<Simulator, 'identityUrl' | 'reportingUrl' | 'coreUrl' | 'clientId' | 'clientSecret'>,
) {
  return {
    DITIO_IDENTITY_URL: simulator.identityUrl,
    DITIO_REPORTING_URL: simulator.reportingUrl,
    DITIO_CORE_URL: simulator.coreUrl,
    DITIO_CLIENT_ID: simulator.clientId,
    DITIO_CLIENT_SECRET: simulator.clientSecret,
  };
}
