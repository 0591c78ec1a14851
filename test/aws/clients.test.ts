import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { type AwsClients, createAwsClients } from '../../src/aws/clients.ts';
import { connect } from '../fakes/aws.ts';

const GET = new GetItemCommand({ TableName: 'state', Key: { pk: { S: 'a' }, sk: { S: 'b' } } });

describe('the clients of the SDK', () => {
  let server: Server;
  let endpoint: string;
  let connections = 0;
  const sockets: Socket[] = [];
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
    server.on('connection', (socket: Socket) => {
      connections += 1;
      sockets.push(socket);
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
  const all = () => connect({ AWS_ENDPOINT_URL: endpoint });

  it('keep a connection while a run goes on', async () => {
    await using(async ({ dynamodb }) => {
      for (let count = 0; count < 3; count++) await dynamodb.send(GET);
      assert.equal(connections, 1);
    }, all());
  });

  it('leave no connection behind when a run ends, and open new ones in the next', async () => {
    await using(async (clients) => {
      await clients.dynamodb.send(GET);
      const closed = once(sockets.at(-1) ?? assert.fail('no connection'), 'close');
      clients.destroy();
      await closed;
      await clients.dynamodb.send(GET);
      assert.equal(connections, 2);
    }, all());
  });

  describe('behind a proxy', () => {
    const target = 'http://dynamodb.example.test:8000';

    /** Asks through a proxy, and returns what the proxy was asked for. */
    async function ask(env: Readonly<Record<string, string>>, url = target): Promise<readonly string[]> {
      const asked: string[] = [];
      const proxy = createServer((request, response) => {
        asked.push(request.url ?? '');
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
      });
      proxy.listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const named = Object.fromEntries(
        Object.entries(env).map(([name, value]) => [name, value.replace('PROXY', proxyUrl)]),
      );
      const clients = connect({ AWS_ENDPOINT_URL: url, ...named });
      try {
        await clients.dynamodb.send(GET);
        return asked;
      } finally {
        clients.destroy();
        proxy.closeAllConnections();
        proxy.close();
      }
    }

    it('go through the one that the environment names', async () => {
      assert.deepEqual(await ask({ HTTP_PROXY: 'PROXY' }), [`${target}/`]);
      assert.deepEqual(await ask({ http_proxy: 'PROXY', HTTP_PROXY: 'http://127.0.0.1:1' }), [`${target}/`]);
    });

    it('ask a host of NO_PROXY, and this machine itself, directly', async () => {
      assert.deepEqual(await ask({ HTTP_PROXY: 'PROXY' }, endpoint), []);
      await assert.rejects(ask({ HTTP_PROXY: 'PROXY', NO_PROXY: '127.0.0.2' }, 'http://127.0.0.2:1'), {
        code: 'ECONNREFUSED',
      });
    });

    it('open a tunnel to a host of https', async () => {
      const asked: (string | undefined)[] = [];
      const proxy = createServer();
      proxy.on('connect', (request, socket) => {
        asked.push(request.url);
        socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      });
      proxy.listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      const HTTPS_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const clients = connect({ AWS_ENDPOINT_URL: 'https://dynamodb.example.test', HTTPS_PROXY });
      await assert.rejects(clients.dynamodb.send(GET));
      assert.deepEqual(asked, ['dynamodb.example.test:443']);
      clients.destroy();
      proxy.close();
    });
  });

  it('go where the variables of the SDK say, each service by its own', async () => {
    const clients = connect({
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
    const clients = createAwsClients({}, { requestTimeoutMs: 1000, uploadTimeoutMs: 1000 });
    assert.equal(await clients.s3.config.forcePathStyle, false);
    clients.destroy();
  });

  it('throw when nothing answers in time', async () => {
    const clients = createAwsClients(credentials({ AWS_ENDPOINT_URL: endpoint }), {
      requestTimeoutMs: 60,
      uploadTimeoutMs: 60,
    });
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
    const clients = connect({ AWS_ENDPOINT_URL: `${endpoint}/fails` });
    await using(async ({ dynamodb }) => {
      await assert.rejects(dynamodb.send(GET));
      assert.equal(requests.length, 1);
    }, clients);
  });

  it('use the region and keys that the environment names', async () => {
    const clients = createAwsClients(credentials({ AWS_REGION: 'eu-west-1', AWS_SESSION_TOKEN: 'session' }), {
      requestTimeoutMs: 1000,
      uploadTimeoutMs: 1000,
    });
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
