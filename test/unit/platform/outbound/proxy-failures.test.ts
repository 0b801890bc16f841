import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { causeOf } from '../../../../src/core/errors.ts';
import { Outbound } from '../../../../src/platform/outbound/outbound.ts';
import { mayHaveArrived } from '../../../../src/upstream/connection-errors.ts';
import { HttpRequests } from '../../../../src/upstream/http-client.ts';
import { WebSocketTransport } from '../../../../src/upstream/websocket-transport.ts';
import { startProxy } from '../../../helpers/servers/forward-proxy.ts';

const HOST = 'far.example.test';

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Something that answers the first bytes of each connection with a text, and ends it. */
function saying(text: string | Buffer): Promise<number> {
  return portOf(
    createSocketServer((socket: Socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(text));
    }),
  );
}

/** A SOCKS5 proxy that answers each message of a client in turn. */
function socks(...answers: readonly (readonly number[])[]): Promise<number> {
  return portOf(
    createSocketServer((socket) => {
      const left = [...answers];
      socket.on('error', () => {});
      socket.on('data', () => socket.write(Buffer.from(left.shift() ?? [])));
    }),
  );
}

const nowhere = async () => 1;
const status = (code: number) => async () => (await startProxy(0, code)).port;

const PROXIES: readonly (readonly [
  what: string,
  scheme: string,
  start: () => Promise<number>,
  to: readonly string[],
  told: string,
])[] = [
  ['is not there', 'http', nowhere, ['http', 'https', 'ws', 'wss'], 'cannot be used: nothing listens at'],
  ['is not there', 'https', nowhere, ['http', 'wss'], 'cannot be used: nothing listens at'],
  ['is not there', 'socks5', nowhere, ['http', 'https', 'ws', 'wss'], 'cannot be used: nothing listens at'],
  ['speaks no TLS', 'https', status(200), ['http', 'https', 'ws'], 'speaks no TLS; should "proxy" of the entry begin'],
  ['wants a user', 'http', status(407), ['http', 'https', 'ws', 'wss'], 'refuses the user and password of its address'],
  ['does not reach the server', 'http', status(503), ['https', 'ws', 'wss'], `answered HTTP 503 for ${HOST}; see`],
  ['forbids it', 'http', status(403), ['https', 'wss'], `answered HTTP 403 for ${HOST}; ask who runs it to let you`],
  [
    'leads to what speaks no TLS',
    'http',
    () => saying('HTTP/1.1 200 OK\r\n\r\n<html>log in</html>'),
    ['https', 'wss'],
    `leads to what speaks no TLS in place of ${HOST}`,
  ],
  [
    'is a web server',
    'http',
    () => saying('HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n'),
    ['https'],
    'answered HTTP 404',
  ],
  ['is none', 'http', () => saying('220 mail.example.test ESMTP\r\n'), ['https', 'ws'], 'cannot be used: '],
  [
    'is none',
    'socks5',
    () => saying('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ['http', 'wss'],
    'does not answer as a SOCKS',
  ],
  ['hangs up', 'socks5', () => saying(''), ['http'], 'does not answer as a SOCKS proxy; should "proxy"'],
  ['refuses the user', 'socks5', () => socks([5, 2], [1, 1]), ['http', 'wss'], 'refuses the user and password of its'],
  ['takes no user', 'socks5', () => socks([5, 255]), ['https'], 'refuses the user and password of its address'],
  [
    'has rules',
    'socks5',
    () => socks([5, 0], [5, 2, 0, 1, 0, 0, 0, 0, 0, 0]),
    ['http'],
    `allows no connection for ${HOST}; ask who runs it`,
  ],
  [
    'does not reach the server',
    'socks5',
    () => socks([5, 0], [5, 4, 0, 1, 0, 0, 0, 0, 0, 0]),
    ['https'],
    `gets no connection (HostUnreachable) for ${HOST}; see whether`,
  ],
];

/** What is thrown on the way to a server. */
async function failure(url: string, proxy: string): Promise<unknown> {
  if (url.startsWith('ws')) {
    const transport = new WebSocketTransport(url, { headers: {}, redact: String, proxy, timeoutMs: 10_000 });
    return transport.start().catch((error: unknown) => error);
  }
  return new Outbound({ url, proxy }).fetch(url).catch((error: unknown) => error);
}

test.each(
  PROXIES.flatMap(([what, scheme, start, to, told]) => to.map((each) => [what, scheme, each, start, told] as const)),
)(
  'a proxy that %s (%s, on the way to %s) is named with its cure [outbound.proxy-failure] [outbound.proxy-secret]',
  async (_, scheme, to, start, told) => {
    const port = await start();
    const error = await failure(`${to}://${HOST}/mcp`, `${scheme}://me:secretpw@127.0.0.1:${port}`);
    const text = causeOf(error);
    expect(text).toContain(`the proxy ${scheme}://127.0.0.1:${port} (proxy) ${told}`);
    expect(text).not.toMatch(/secretpw|the server/);
    // Nothing of the request has reached anybody, so it may be sent again.
    expect(mayHaveArrived(error)).toBe(false);
  },
);

test('a proxy that wants a user and was told none says where to write one, and the variable that names it [outbound.proxy-failure]', async () => {
  const proxy = await startProxy(0, 407);
  process.env.http_proxy = `http://127.0.0.1:${proxy.port}`;
  onTestFinished(() => void delete process.env.http_proxy);
  const url = `http://${HOST}/mcp`;
  const text = await new Outbound({ url }).fetch(url).catch(causeOf);
  expect(text).toBe(
    `the proxy http://127.0.0.1:${proxy.port} (http_proxy) wants a user and a password (HTTP 407); write them into http_proxy, between :// and the host, with an @ at their end`,
  );
});

test('a tunnel in which nobody says anything is given up, and its connection ended [outbound.proxy-failure]', async () => {
  const ended: Promise<unknown>[] = [];
  const server = createServer().on('connect', (_, socket) => {
    ended.push(once(socket, 'end'));
    socket.on('error', () => {}).write('HTTP/1.1 200 OK\r\n\r\n');
    socket.resume();
  });
  const port = await portOf(server);
  const text = causeOf(await failure(`https://${HOST}/mcp`, `http://127.0.0.1:${port}`));
  expect(text).toContain(`the proxy http://127.0.0.1:${port} (proxy) leads to ${HOST}, and there: no answer within`);
  expect(await Promise.all(ended)).toHaveLength(1);
}, 30_000);

test.each([
  [502, 'text/html', '<html><h1>squid</h1></html>', true],
  [403, 'text/plain', 'blocked', true],
  [504, '', '', true],
  [500, 'text/plain', 'oops', false],
  [404, 'application/json', '{"error":"no"}', false],
  [503, 'application/json', '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"busy"}}', false],
])(
  'of HTTP %i (%s) without TLS the proxy is named where it may be its answer [outbound.proxy-failure]',
  async (code, type, body, isNamed) => {
    const port = await portOf(
      createServer((_, response) => void response.writeHead(code, { 'content-type': type }).end(body)),
    );
    const url = new URL(`http://${HOST}/mcp`);
    const { send } = new Outbound({ url: url.href, proxy: `http://me:secretpw@127.0.0.1:${port}` });
    const requests = new HttpRequests({ headers: {}, send, redact: String });
    const request = { method: 'POST', headers: {}, body: '{}', signal: AbortSignal.timeout(10_000) } as const;
    const text = await requests.send(url, request).catch(causeOf);
    expect(text).toMatch(new RegExp(`^HTTP ${code}`));
    const named = `by way of the proxy http://127.0.0.1:${port} (proxy), which may be at fault: see whether it reaches ${HOST}, or take "proxy" out of the entry`;
    if (isNamed) expect(text).toContain(named);
    else expect(text).not.toContain('proxy');
    expect(text).not.toContain('secretpw');
  },
);

test('a proxy that hangs up or says no HTTP without TLS is named beside the server [outbound.proxy-failure]', async () => {
  for (const said of ['', '220 mail.example.test\r\n']) {
    const port = await saying(said);
    const text = causeOf(await failure(`http://${HOST}/mcp`, `http://127.0.0.1:${port}`));
    expect(text).toContain(`by way of the proxy http://127.0.0.1:${port} (proxy), which may be at fault: see whether`);
  }
});
