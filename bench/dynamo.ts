/** Runs the embedded DynamoDB as a separate process, which ends with its parent. */

import { startDynamo } from '../local/dynamo.ts';

process.on('disconnect', () => process.exit());
const { endpoint } = await startDynamo(undefined, 'bench');
process.send?.({ endpoint });
