/** The embedded DynamoDB as a process of its own, which ends with its parent. */

import { startDynamo } from '../local/dynamo.ts';

process.on('disconnect', () => process.exit());
const { endpoint } = await startDynamo(undefined, 'bench');
process.send?.({ endpoint });
