import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { classify } from '../../../src/core/failure/classify.ts';
import { HardFailure } from '../../../src/core/failure/errors.ts';
import { codeOf } from '../../../src/core/failure/evidence.ts';
import { createTransport, MAX_BODY_BYTES, type TransportOptions } from '../../../src/ditio/http/transport.ts';
import type { HttpAnswer } from '../../../src/ports.ts';
import { rejection } from '../fakes.ts';
import { type Loopback, serveBytes, serveHttp, until } from './loopback.ts';

const OPTIONS = { timeout: 20_000 };

/** A transport to one server; both are closed with the test. */
function connect(t: TestContext, server: Loopback, options: Partial<TransportOptions> = {}) {
  const transport = createTransport({ baseUrls: [server.url], silenceMs: 10_000, env: {}, ...options });
  t.after(async () => {
    await transport.close();
    await server.close();
  });
  const get = (path = '/', signal = new AbortController().signal) =>
    transport.send({ method: 'GET', url: new URL(path, server.url), headers: { accept: 'text/plain' }, signal });
  return { transport, get };
}

async function textOf(answer: HttpAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a request goes out as given, and any status is an answer', OPTIONS, async (t) => {
  const seen: unknown[] = [];
  const server = await serveHttp(async (request, response) => {
    const body = await request.toArray();
    seen.push([request.method, request.url, request.headers.accept, Buffer.concat(body).toString()]);
    response.writeHead(418, { 'X-Twice': ['a', 'b'] }).end('short and stout');
  });
  const { transport } = connect(t, server);
  const answer = await transport.send({
    method: 'POST',
    url: new URL('/connect/token?a=b%2Bc', server.url),
    headers: { accept: 'application/json' },
    body: 'grant_type=æ',
    signal: new AbortController().signal,
  });
  assert.equal(answer.status, 418);
  assert.equal(answer.headers['x-twice'], 'a, b');
  assert.equal(await textOf(answer), 'short and stout');
  assert.deepEqual(seen, [['POST', '/connect/token?a=b%2Bc', 'application/json', 'grant_type=æ']]);
});

test('a redirect is an answer and is not followed', OPTIONS, async (t) => {
  let asked = 0;
  const server = await serveHttp((_request, response) => {
    asked += 1;
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  const { get } = connect(t, server);
  const answer = await get();
  await textOf(answer);
  assert.deepEqual([answer.status, asked], [307, 1]);
});

test('a host that is not configured is refused, and sees nothing', OPTIONS, async (t) => {
  const server = await serveHttp((_request, response) => response.end());
  const { transport } = connect(t, server, { baseUrls: [new URL('https://core-api.example.test/reporting')] });
  const signal = new AbortController().signal;
  const error = await rejection(
    transport.send({ method: 'GET', url: server.url, headers: { authorization: 'x' }, signal }),
  );
  assert.ok(error instanceof HardFailure && error.kind === 'unexpected');
  assert.equal(server.connections(), 0);
});

const HEAD = 'HTTP/1.1 200 OK\r\n';
const misbehaviours: ReadonlyArray<{ readonly name: string; readonly send: string; readonly row: string }> = [
  { name: 'closes before it answers', send: '', row: 'connection_broken' },
  { name: 'closes within the head', send: 'HTTP/1.1 200 OK\r\nconte', row: 'connection_broken' },
  {
    name: 'closes before Content-Length is reached',
    send: `${HEAD}content-length: 10\r\n\r\nhalf`,
    row: 'connection_broken',
  },
  {
    name: 'closes within a chunk',
    send: `${HEAD}transfer-encoding: chunked\r\n\r\nff\r\nhalf`,
    row: 'connection_broken',
  },
  {
    name: 'closes before the last chunk',
    send: `${HEAD}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n`,
    row: 'connection_broken',
  },
  {
    name: 'closes within a chunk, having said that it would close',
    send: `${HEAD}connection: close\r\ntransfer-encoding: chunked\r\n\r\nff\r\nhalf`,
    row: 'connection_broken',
  },
  { name: 'does not speak HTTP', send: 'SSH-2.0-OpenSSH_9.6\r\n', row: 'not_http' },
  { name: 'sends a head without end', send: `${HEAD}x: ${'y'.repeat(100_000)}`, row: 'not_http' },
  { name: 'sends a chunk of no size', send: `${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\nhalf`, row: 'not_http' },
];
for (const { name, send, row } of misbehaviours) {
  test(`a server that ${name} is ${row}`, OPTIONS, async (t) => {
    const server = await serveBytes((socket) => void socket.end(send));
    const { get } = connect(t, server);
    const error = await rejection(get().then(textOf));
    assert.equal(classify('ditio', error).id, row, `${codeOf(error)} ${error}`);
  });
}

test('a server that resets the connection midway is a broken connection', OPTIONS, async (t) => {
  const server = await serveBytes((socket) => {
    socket.write(`${HEAD}content-length: 10\r\n\r\nhalf`, () => socket.resetAndDestroy());
  });
  const { get } = connect(t, server);
  assert.equal(classify('ditio', await rejection(get().then(textOf))).id, 'connection_broken');
});

test('a port without a listener is unreachable', OPTIONS, async (t) => {
  const server = await serveHttp(() => {});
  await server.close();
  const { get } = connect(t, server);
  assert.equal(classify('ditio', await rejection(get())).id, 'unreachable');
});

test('a server that does not speak TLS is no passing trouble', OPTIONS, async (t) => {
  const server = await serveBytes((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const url = new URL(server.url.href.replace('http:', 'https:'));
  const { get } = connect(t, { ...server, url });
  const error = await rejection(get());
  assert.equal(classify('ditio', error).id, 'certificate', `${codeOf(error)} ${error}`);
});

test('silence before an answer is a timeout', OPTIONS, async (t) => {
  const server = await serveBytes(() => {});
  const { get } = connect(t, server, { silenceMs: 50 });
  const error = await rejection(get());
  assert.deepEqual([classify('ditio', error).id, codeOf(error)], ['timeout', 'UND_ERR_HEADERS_TIMEOUT']);
});

test('silence in the middle of an answer is a timeout', OPTIONS, async (t) => {
  const server = await serveBytes((socket) => void socket.write(`${HEAD}content-length: 10\r\n\r\nhalf`));
  const { get } = connect(t, server, { silenceMs: 50 });
  assert.equal(classify('ditio', await rejection(get().then(textOf))).id, 'timeout');
});

test('an exchange can be broken off before its answer, and the connection is closed', OPTIONS, async (t) => {
  const closed: Promise<unknown>[] = [];
  const server = await serveBytes((socket) => void closed.push(once(socket, 'close')));
  const { get } = connect(t, server);
  const abort = new AbortController();
  const answer = get('/', abort.signal);
  await until(() => closed.length === 1);
  const reason = new Error('time is over');
  abort.abort(reason);
  assert.equal(await rejection(answer), reason);
  await closed[0];
});

test('an exchange that is broken off while it connects is never sent', OPTIONS, async (t) => {
  const texts: string[] = [];
  const server = await serveBytes((socket, text) => {
    texts.push(text);
    socket.end(`${HEAD}content-length: 0\r\n\r\n`);
  });
  const { get } = connect(t, server);
  const abort = new AbortController();
  const reason = new Error('time is over');
  const answer = rejection(get('/late', abort.signal));
  abort.abort(reason);
  assert.equal(await answer, reason);
  await textOf(await get('/next'));
  assert.deepEqual(
    texts.map((text) => text.split(' ')[1]),
    ['/next'],
  );
});

test('an exchange can be broken off while its body is read', OPTIONS, async (t) => {
  const closed: Promise<unknown>[] = [];
  const server = await serveBytes((socket) => {
    closed.push(once(socket, 'close'));
    socket.write(`${HEAD}content-length: 10\r\n\r\nhalf`);
  });
  const { get } = connect(t, server);
  const abort = new AbortController();
  const answer = await get('/', abort.signal);
  const reason = new Error('time is over');
  const reading = rejection(textOf(answer));
  abort.abort(reason);
  assert.equal(await reading, reason);
  await closed[0];
});

test('a signal that has aborted already sends nothing', OPTIONS, async (t) => {
  const server = await serveHttp(() => assert.fail('a request was sent'));
  const { get } = connect(t, server);
  assert.equal(await rejection(get('/', AbortSignal.abort('over'))), 'over');
  assert.equal(server.connections(), 0);
});

test('a body that is abandoned closes its connection, and the next request gets another', OPTIONS, async (t) => {
  const closed: Promise<unknown>[] = [];
  const ports: (number | undefined)[] = [];
  const server = await serveHttp((request, response) => {
    ports.push(request.socket.remotePort);
    closed.push(once(request.socket, 'close'));
    response.write('first');
    if (request.url === '/whole') response.end();
  });
  const { get } = connect(t, server);
  for await (const _chunk of (await get('/endless')).body) break;
  await closed[0];
  assert.equal(await textOf(await get('/whole')), 'first');
  assert.equal(new Set(ports).size, 2);
});

test('a reader that falls behind holds the server back', OPTIONS, async (t) => {
  const chunk = Buffer.alloc(256 * 1024);
  let written = 0;
  const server = await serveHttp((_request, response) => {
    const fill = () => {
      while (!response.destroyed) {
        written += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', fill);
      }
    };
    fill();
  });
  const { get } = connect(t, server);
  const answer = await get();
  const iterator = answer.body[Symbol.asyncIterator]();
  await iterator.next();
  let turns = 0;
  for (let last = -1; turns < 500; turns = last === written ? turns + 1 : 0) {
    last = written;
    await new Promise((resolve) => setImmediate(resolve));
  }
  // What may be on the way: our queue, and the buffers of two sockets.
  assert.ok(written < MAX_BODY_BYTES + 16 * 2 ** 20, `${written} bytes were taken without a reader`);
  let read = 0;
  while (read < MAX_BODY_BYTES + 32 * 2 ** 20) read += (await iterator.next()).value?.length ?? assert.fail('ended');
  await iterator.return?.();
});

for (const connection of ['close', 'keep-alive']) {
  for (const bytes of [65_536, 200_000, 2_000_000]) {
    test(
      `a body of ${bytes} bytes that is read after its connection was closed is whole (${connection})`,
      OPTIONS,
      async (t) => {
        const server = await serveBytes((socket) => {
          const head = `${HEAD}connection: ${connection}\r\ncontent-length: ${bytes}\r\n\r\n`;
          socket.end(Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 'x')]));
        });
        const { get } = connect(t, server);
        const answer = await get();
        await new Promise((resolve) => setTimeout(resolve, 100));
        assert.equal((await textOf(answer)).length, bytes);
      },
    );
  }
}

test('a connection that does not open in the time for an answer is given up', { timeout: 5_000 }, async (t) => {
  // It takes the connection, and never begins TLS.
  const server = await serveBytes(() => {});
  const url = new URL(server.url.href.replace('http:', 'https:'));
  const { get } = connect(t, { ...server, url }, { silenceMs: 200 });
  const error = await rejection(get());
  assert.equal(codeOf(error), 'UND_ERR_CONNECT_TIMEOUT', String(error));
});

test('a slow reader is not taken for a silent server', OPTIONS, async (t) => {
  const server = await serveHttp((_request, response) => response.end(Buffer.alloc(8 * 2 ** 20)));
  const { get } = connect(t, server, { silenceMs: 50 });
  const answer = await get();
  let bytes = 0;
  for await (const chunk of answer.body) {
    if (bytes === 0) await new Promise((resolve) => setTimeout(resolve, 200));
    bytes += chunk.byteLength;
  }
  assert.equal(bytes, 8 * 2 ** 20);
});

test('connections are used again within a run', OPTIONS, async (t) => {
  const server = await serveHttp((_request, response) => response.end('ok'));
  const { get } = connect(t, server);
  for (let request = 0; request < 10; request++) await textOf(await get());
  // undici gives a connection back a moment after its answer has ended, so that there may be two.
  assert.ok(server.connections() <= 2, `${server.connections()} connections`);
});

test('no connection outlives its invocation, and the next one opens its own', OPTIONS, async (t) => {
  const closed: Promise<unknown>[] = [];
  const server = await serveHttp((request, response) => {
    closed.push(once(request.socket, 'close'));
    response.end('ok');
  });
  const { get, transport } = connect(t, server);
  await textOf(await get());
  await transport.close();
  await closed[0];
  assert.equal(await textOf(await get()), 'ok');
  assert.equal(server.connections(), 2);
});

test('a body that breaks before it is read does not end the process', OPTIONS, async (t) => {
  const server = await serveBytes((socket) => {
    socket.write(`${HEAD}content-length: 10\r\n\r\nhalf`, () => socket.resetAndDestroy());
  });
  const { get } = connect(t, server);
  const answer = await get();
  await new Promise((resolve) => answer.body.once('close', resolve));
  assert.ok(answer.body.errored);
});

describe('behind a proxy', () => {
  /** A proxy that opens a tunnel to the same server for any host; it notes for which. */
  async function startProxy(t: TestContext) {
    const server = await serveHttp((_request, response) => response.end('ok'));
    const asked: string[] = [];
    const proxy = await serveBytes((socket, text) => {
      const target = /^CONNECT (\S+) /.exec(text)?.[1];
      if (target === undefined) return;
      asked.push(target);
      socket.removeAllListeners('data');
      const tunnel = createConnection({ host: '127.0.0.1', port: Number(server.url.port) });
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
      tunnel.on('error', () => socket.destroy());
      socket.on('close', () => tunnel.destroy());
    });
    t.after(() => proxy.close());
    const ask = (env: Readonly<Record<string, string>>, host: string) => {
      const { get } = connect(t, { ...server, url: new URL(`http://${host}`) }, { env });
      return get().then(textOf, (error: unknown) => classify('ditio', error).id);
    };
    return { asked, ask, proxyUrl: proxy.url.href, port: server.url.port };
  }

  test('a request goes through the proxy that the environment names', OPTIONS, async (t) => {
    const { asked, ask, proxyUrl } = await startProxy(t);
    assert.equal(await ask({ HTTP_PROXY: proxyUrl }, 'core-api.example.test:8080'), 'ok');
    assert.equal(
      await ask({ http_proxy: proxyUrl, HTTP_PROXY: 'http://127.0.0.1:1' }, 'core-api.example.test:8080'),
      'ok',
    );
    assert.deepEqual(asked, ['core-api.example.test:8080', 'core-api.example.test:8080']);
  });

  test('a host of NO_PROXY, and this machine itself, are asked directly', OPTIONS, async (t) => {
    const { asked, ask, proxyUrl, port } = await startProxy(t);
    assert.equal(await ask({ HTTP_PROXY: proxyUrl, NO_PROXY: '127.0.0.2' }, '127.0.0.2:1'), 'unreachable');
    assert.equal(await ask({ HTTP_PROXY: proxyUrl }, `127.0.0.1:${port}`), 'ok');
    assert.deepEqual(asked, []);
  });
});

test(
  'a connection that the server closes while it is reused is a broken connection, and the next one is new',
  OPTIONS,
  async (t) => {
    const server = await serveBytes((socket, _text, connection) => {
      socket.on('data', () => connection === 1 && socket.destroy());
      socket.write(`${HEAD}content-length: 2\r\n\r\nok`);
    });
    const { get } = connect(t, server);
    assert.equal(await textOf(await get()), 'ok');
    const second = await get().then(textOf, (error: unknown) => classify('ditio', error).id);
    assert.ok(second === 'connection_broken' || second === 'ok', second);
    assert.equal(await textOf(await get()), 'ok');
  },
);

test('simultaneous requests do not wait for one another', OPTIONS, async (t) => {
  let waiting = 0;
  const answers: Array<() => void> = [];
  const server = await serveHttp((_request, response) => {
    waiting += 1;
    answers.push(() => response.end('ok'));
    if (waiting === 8) for (const answer of answers) answer();
  });
  const { get } = connect(t, server);
  const texts = await Promise.all(Array.from({ length: 8 }, async () => textOf(await get())));
  assert.equal(texts.length, 8);
});

test('closing breaks off what is going on', OPTIONS, async (t) => {
  const server = await serveHttp((_request, response) => void response.write('first'));
  const { get, transport } = connect(t, server);
  const reading = rejection(get().then(textOf));
  await until(() => server.connections() === 1);
  await transport.close();
  assert.ok((await reading) instanceof Error);
});
