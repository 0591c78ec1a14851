/** What every function of this kind must load at least: the same three clients, built as in `src/aws/clients.ts`. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

const clients = [DynamoDBClient, S3Client, SecretsManagerClient].map((Client) => new Client({ region: 'eu-north-1' }));

export async function handler() {
  return clients.length;
}
