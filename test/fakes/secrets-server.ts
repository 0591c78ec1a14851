/**
 * Plays Secrets Manager on loopback for `GetSecretValue`: one secret, and answers that a test puts before it.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with a request instead of answering with the secret. */
export type SecretsFault =
  /** Answers with an error of the service. */
  | { readonly kind: 'error'; readonly status: number; readonly name: string; readonly message?: string }
  /** Answers with a body that does not come from AWS. */
  | { readonly kind: 'html'; readonly status: number }
  /** Breaks the connection off. */
  | { readonly kind: 'reset' }
  /** Never answers. */
  | { readonly kind: 'silence' };

export interface SecretsServer {
  readonly endpoint: string;
  /** The whole answer, such as `{ SecretString: '…' }` or `{ SecretBinary: '…' }`. */
  put(answer: Readonly<Record<string, unknown>>): void;
  /** Faults for the next requests, one each. */
  fail(...faults: SecretsFault[]): void;
  /** Requests so far, faults included. */
  readonly requests: number;
  close(): Promise<void>;
}

export async function startSecretsServer(secretId: string): Promise<SecretsServer> {
  let answer: Readonly<Record<string, unknown>> = {};
  const faults: SecretsFault[] = [];
  let requests = 0;

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests += 1;
    const reply = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(body));
    };
    const fault = faults.shift();
    switch (fault?.kind) {
      case 'reset':
        return request.socket.destroy();
      case 'silence':
        return;
      case 'html':
        response.writeHead(fault.status, { 'content-type': 'text/html' });
        return response.end('<html>not here</html>');
      case 'error':
        return reply(fault.status, { __type: fault.name, message: fault.message ?? 'made-up message' });
    }
    const asked = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (request.headers['x-amz-target'] !== 'secretsmanager.GetSecretValue') {
      return reply(400, { __type: 'UnknownOperationException' });
    }
    if (asked.SecretId !== secretId) return reply(400, { __type: 'ResourceNotFoundException', message: 'not found' });
    return reply(200, { Name: secretId, VersionStages: ['AWSCURRENT'], ...answer });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    put(next) {
      answer = next;
    },
    fail: (...more) => void faults.push(...more),
    get requests() {
      return requests;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
