/**
 * The Runtime API as Lambda offers it to a function, on loopback, and Lambda's own runtime client at the other end.
 *
 * Source: "Using the Lambda runtime API" in AWS's documentation. One invocation at a time, as in an execution environment.
 */

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toolPath } from './tools.ts';

// biome-ignore lint/suspicious/noExplicitAny: results are judged by what the tests assert of them.
type Anything = any;

/** What the function answered: a result, or the error as Lambda hands it to the caller. */
export interface RuntimeAnswer {
  readonly kind: 'response' | 'error' | 'init-error';
  readonly body: Anything;
}

export interface ExecutionEnvironment {
  /** From the start of the process to its first request for work. Milliseconds. */
  readonly initMs: number;
  invoke(event: unknown, remainingMs?: number): Promise<RuntimeAnswer>;
  /** Lines of standard output and standard error so far, which is what CloudWatch receives. */
  lines(): readonly string[];
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

export interface EnvironmentOptions {
  /** Folder of the code. */
  readonly taskRoot: string;
  readonly handler?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the runtime client on the code. Rejects with what `init/error` was told when the code cannot be loaded. */
export async function startEnvironment(options: EnvironmentOptions): Promise<ExecutionEnvironment> {
  let waiting: ServerResponse | undefined;
  let answered: ((answer: RuntimeAnswer) => void) | undefined;
  let ready: (() => void) | undefined;
  let failed: ((error: Error) => void) | undefined;

  const server = createServer(async (request, response) => {
    const path = String(request.url).replace('/2018-06-01/runtime/', '');
    if (path === 'invocation/next') {
      waiting = response;
      ready?.();
      return;
    }
    const body = await readJson(request);
    response.writeHead(202, { 'content-type': 'application/json' });
    response.end('{"status":"OK"}');
    if (path === 'init/error') {
      return failed?.(Object.assign(new Error(`init error: ${body.errorType}: ${body.errorMessage}`), { body }));
    }
    const kind = path.endsWith('/error') ? 'error' : 'response';
    answered?.({ kind, body });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const startedMs = performance.now();
  const client = toolPath('aws-lambda-ric', 'node_modules', 'aws-lambda-ric', 'index.mjs');
  const child = spawn(process.execPath, [client], {
    env: {
      PATH: process.env.PATH,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      _HANDLER: options.handler ?? 'handler.handler',
      LAMBDA_TASK_ROOT: options.taskRoot,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'acme-ExtractFunction-1X',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: 'acme-ExtractLogs-1X',
      AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/22/[$LATEST]1',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      AWS_LAMBDA_LOG_LEVEL: 'INFO',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => {
      text += bytes;
    });
  }
  const closed = once(child, 'close');

  async function stop(): Promise<void> {
    child.kill('SIGKILL');
    await closed;
    server.closeAllConnections();
    server.close();
  }

  try {
    await new Promise<void>((resolve, reject) => {
      ready = resolve;
      failed = reject;
      child.once('exit', (code) => reject(new Error(`the runtime ended with ${code}:\n${text.slice(-4000)}`)));
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const initMs = performance.now() - startedMs;

  return {
    initMs,
    async invoke(event, remainingMs = 120_000) {
      const answer = new Promise<RuntimeAnswer>((resolve, reject) => {
        answered = resolve;
        child.once('exit', (code) => reject(new Error(`the runtime ended with ${code}:\n${text.slice(-4000)}`)));
      });
      if (!waiting) await new Promise<void>((resolve) => (ready = resolve));
      const response = waiting;
      waiting = undefined;
      response?.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': randomUUID(),
        'lambda-runtime-deadline-ms': String(Date.now() + remainingMs),
        'lambda-runtime-invoked-function-arn':
          'arn:aws:lambda:eu-north-1:123456789012:function:acme-ExtractFunction-1X',
        'lambda-runtime-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0',
      });
      response?.end(JSON.stringify(event));
      return answer;
    },
    lines: () => text.split('\n').filter((line) => line !== ''),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop,
  };
}

async function readJson(request: IncomingMessage): Promise<Anything> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  return body === '' ? null : JSON.parse(body);
}
