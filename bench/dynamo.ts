/** The embedded DynamoDB as a process of its own, which counts what it is asked for. */

import { startDynamo } from '../local/dynamo.ts';
import { countTraffic } from './traffic.ts';

export type DynamoMessage =
  | { readonly ask: 'start'; readonly tableName: string }
  /** Operations and bytes since the last time it was asked for. */
  | { readonly ask: 'traffic' };

const takeTraffic = countTraffic(({ headers }) => String(headers['x-amz-target']).split('.').at(-1) ?? '');

process.on('disconnect', () => process.exit());
process.on('message', async (message: DynamoMessage) => {
  if (message.ask === 'traffic') {
    process.send?.(takeTraffic());
    return;
  }
  const { endpoint } = await startDynamo(undefined, message.tableName);
  takeTraffic();
  process.send?.({ endpoint });
});
