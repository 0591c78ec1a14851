/** A handler that does nothing, with the same three clients: what any function on this stack costs to start. */

import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

let clients: { dynamodb: DynamoDBClient; s3: S3Client; secrets: SecretsManagerClient } | undefined;

/** Reads one item; where it is asked to, an object and a secret too, so that no bundler leaves those clients out. */
export async function handler(event: { readonly everything?: boolean }): Promise<{ streams: never[] }> {
  clients ??= { dynamodb: new DynamoDBClient(), s3: new S3Client(), secrets: new SecretsManagerClient() };
  const key = { pk: { S: 'none' }, sk: { S: 'none' } };
  await clients.dynamodb.send(new GetItemCommand({ TableName: process.env.STATE_TABLE, Key: key }));
  if (event.everything) {
    await clients.s3.send(new PutObjectCommand({ Bucket: 'none', Key: 'none', Body: '' }));
    await clients.secrets.send(new GetSecretValueCommand({ SecretId: 'none' }));
  }
  return { streams: [] };
}
