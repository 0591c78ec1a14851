import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { type AwsClients, createAwsClients, MOST_IDLE_MS } from '../../src/aws/clients.ts';
import { connect } from '../fakes/aws.ts';
import { createHurriedClock } from '../fakes/hurried-clock.ts';

const GET = new GetItemCommand({ TableName: 'state', Key: { pk: { S: 'a' }, sk: { S: 'b' } } });

describe('the clients of the SDK', () => {
  let server: Server;
  let endpoint: string;
  let connections = 0;
  let requests: string[] = [];
  let answers = true;

  before(async () => {
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      request.resume();
      if (!answers) return;
      request.on('end', () => {
        response.writeHead(request.url?.startsWith('/fails') ? 500 : 200, {
          'content-type': 'application/x-amz-json-1.0',
        });
        response.end(request.method === 'PUT' ? '' : '{}');
      });
    });
    server.on('connection', () => {
      connections += 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  async function using(work: (clients: AwsClients) => Promise<void>, clients: AwsClients): Promise<void> {
    connections = 0;
    requests = [];
    answers = true;
    try {
      await work(clients);
    } finally {
      clients.destroy();
    }
  }
  const all = () => connect(createHurriedClock(), { AWS_ENDPOINT_URL: endpoint });

  it('keep a connection while a run goes on', async () => {
    await using(async ({ dynamodb }) => {
      for (let count = 0; count < 3; count++) await dynamodb.send(GET);
      assert.equal(connections, 1);
    }, all());
  });

  it('do not trust a connection that was idle while the process was frozen', async () => {
    const clock = createHurriedClock();
    await using(
      async ({ dynamodb }) => {
        await dynamodb.send(GET);
        clock.advance(MOST_IDLE_MS - 1000);
        await dynamodb.send(GET);
        assert.equal(connections, 1);
        clock.advance(MOST_IDLE_MS + 1);
        await dynamodb.send(GET);
        assert.equal(connections, 2);
      },
      connect(clock, { AWS_ENDPOINT_URL: endpoint }),
    );
  });

  it('go where the variables of the SDK say, each service by its own', async () => {
    const clients = connect(createHurriedClock(), {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
      AWS_ENDPOINT_URL_S3: endpoint,
    });
    await using(async ({ dynamodb, secrets, s3 }) => {
      await dynamodb.send(GET);
      await secrets.send(new GetSecretValueCommand({ SecretId: 'a' }));
      await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'a/b', Body: 'text' }));
      assert.deepEqual(requests, ['POST /', 'POST /', 'PUT /bucket/a/b?x-id=PutObject']);
    }, clients);
  });

  it('address a bucket of AWS itself by its host name', async () => {
    const clients = createAwsClients(
      { clock: createHurriedClock(), env: {} },
      { requestTimeoutMs: 1000, uploadTimeoutMs: 1000 },
    );
    assert.equal(await clients.s3.config.forcePathStyle, false);
    clients.destroy();
  });

  it('throw when nothing answers in time', async () => {
    const clients = createAwsClients(
      { clock: createHurriedClock(), env: credentials({ AWS_ENDPOINT_URL: endpoint }) },
      { requestTimeoutMs: 60, uploadTimeoutMs: 60 },
    );
    await using(async ({ dynamodb, s3 }) => {
      answers = false;
      await assert.rejects(dynamodb.send(GET), { name: 'TimeoutError' });
      const put = new PutObjectCommand({ Bucket: 'bucket', Key: 'a', Body: 'text' });
      await assert.rejects(s3.send(put), { name: 'TimeoutError' });
    }, clients);
  });

  it('are broken off by their signal', async () => {
    await using(async ({ dynamodb }) => {
      answers = false;
      const controller = new AbortController();
      const sending = dynamodb.send(GET, { abortSignal: controller.signal });
      const arrived = once(server, 'request');
      arrived.then(() => controller.abort());
      await assert.rejects(sending, { name: 'AbortError' });
    }, all());
  });

  it('ask once and leave asking again to the loop', async () => {
    const clients = connect(createHurriedClock(), { AWS_ENDPOINT_URL: `${endpoint}/fails` });
    await using(async ({ dynamodb }) => {
      await assert.rejects(dynamodb.send(GET));
      assert.equal(requests.length, 1);
    }, clients);
  });

  it('use the region and keys that the environment names', async () => {
    const clients = createAwsClients(
      { clock: createHurriedClock(), env: credentials({ AWS_REGION: 'eu-west-1', AWS_SESSION_TOKEN: 'session' }) },
      { requestTimeoutMs: 1000, uploadTimeoutMs: 1000 },
    );
    for (const client of [clients.dynamodb, clients.secrets, clients.s3]) {
      assert.equal(await client.config.region(), 'eu-west-1');
      const { accessKeyId, sessionToken } = await client.config.credentials();
      assert.deepEqual([accessKeyId, sessionToken], ['test', 'session']);
    }
    clients.destroy();
  });
});

function credentials(env: Readonly<Record<string, string>>): Record<string, string> {
  return { AWS_REGION: 'eu-north-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', ...env };
}
