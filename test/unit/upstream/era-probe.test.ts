import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { ProtocolEraCache } from '../../../src/upstream/protocol-era-cache.ts';
import { called, connected, oddServer, type Request, SAID, send, sendJson } from '../../helpers/servers/odd-server.ts';

type Probed = (response: ServerResponse, message: Request) => unknown;

const stream =
  (body: string): Probed =>
  (response) =>
    send(response, 200, 'text/event-stream', body);
const json =
  (body: string, status = 200): Probed =>
  (response) =>
    send(response, status, 'application/json', body);
const ERROR = '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Session required"}}';

const ANSWERS: readonly (readonly [string, Probed])[] = [
  ...[202, 204, 400, 403, 404, 405, 406, 408, 411, 413, 415, 422, 429, 500, 501, 502, 503].map(
    (status) => [`HTTP ${status}`, (response: ServerResponse) => response.writeHead(status).end()] as const,
  ),
  ['HTTP 503 with a time', (response) => response.writeHead(503, { 'retry-after': '120' }).end()],
  ['HTTP 502 with a page', (response) => send(response, 502, 'text/html', '<h1>Bad gateway</h1>')],
  ['a page', (response) => send(response, 200, 'text/html', '<!DOCTYPE html><title>x</title>')],
  ['plain text', (response) => send(response, 200, 'text/plain', 'ok')],
  ['nothing', json('')],
  ['null', json('null')],
  ['a number', json('7')],
  ['an empty batch', json('[]')],
  ['an error for nobody', json(ERROR)],
  ['an error for nobody with a status', json(ERROR, 400)],
  ['an error for nobody, in a batch', json(`[${ERROR}]`)],
  ['an error for nobody, as an event', stream(`data: ${ERROR}\n\n`)],
  ['an error without an id', json('{"error":{"code":-32600,"message":"no"}}')],
  ['an error as text', json('{"jsonrpc":"2.0","id":1000000,"error":"no"}')],
  ['a result of null', (response, { id }) => sendJson(response, { jsonrpc: '2.0', id, result: null })],
  ['a result of another kind', (response, { id }) => sendJson(response, { jsonrpc: '2.0', id, result: { ok: true } })],
  [
    'versions that are no list',
    (response, { id }) => sendJson(response, { id, result: { supportedVersions: '2026' } }),
  ],
  ['older versions', (response, { id }) => sendJson(response, { id, result: { supportedVersions: ['2025-06-18'] } })],
  ['an answer to something else', json('{"jsonrpc":"2.0","id":5,"result":{}}')],
  ['an empty stream', stream('')],
  ['a stream without an answer', stream(': hello\n\nevent: ping\ndata: {}\n\n')],
  ['a stream of something else', stream('data: hello\n\n')],
  ['a connection that breaks', (response) => response.destroy()],
  [
    'an answer that breaks off',
    (response) => response.writeHead(200, { 'content-length': '100' }).write('{"json', () => response.destroy()),
  ],
  ['a redirect to elsewhere', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
];

test.each(ANSWERS)(
  'a probe that is answered with %s has met a server with a handshake, and it is remembered [probe.any-answer]',
  async (_, probed) => {
    const { url, asked } = await oddServer(
      (message, response) => message.method === 'server/discover' && probed(response, message),
    );
    const verdicts = new ProtocolEraCache();
    const { connection } = await connected(url, {}, verdicts);
    expect(await called(connection)).toEqual(SAID);
    const again = await connected(url, {}, verdicts);
    expect((await again.connection.listTools()).tools).toHaveLength(1);
    expect(asked.filter((method) => method === 'server/discover')).toHaveLength(1);
  },
);

const SILENT: readonly (readonly [string, Probed])[] = [
  ['no answer at all', () => true],
  [
    'a stream that stays open',
    (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': wait\n\n'),
  ],
  [
    'an answer that does not come to its end',
    (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
  ],
];

test.concurrent.each(SILENT)('a probe that meets %s is given up [probe.any-answer]', async (_, probed) => {
  const { url } = await oddServer(
    (message, response) => message.method === 'server/discover' && probed(response, message),
  );
  const { connection } = await connected(url);
  expect(await called(connection)).toEqual(SAID);
});

const BEARER = { 'www-authenticate': 'Bearer resource_metadata="http://127.0.0.1:1/"' };

test.each([
  ['as well', (response: ServerResponse) => response.writeHead(401).end()],
  ['as well, by a challenge', (response: ServerResponse) => response.writeHead(401, BEARER).end()],
  ['with HTTP 400', (response: ServerResponse) => response.writeHead(400).end('no')],
  ['with HTTP 404', (response: ServerResponse) => response.writeHead(404).end()],
  ['by an error', json('{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"no"}}')],
] as const)(
  'where a probe is refused for want of a login, and the handshake %s, a login is wanted [probe.login]',
  async (_, refuse) => {
    const { url, asked } = await oddServer((message, response) => {
      if (message.method === 'initialize') return refuse(response, message);
      return response.writeHead(401, BEARER).end();
    });
    await expect(connected(url)).rejects.toThrow('HTTP 401');
    expect(asked).toEqual(['server/discover', 'initialize']);
  },
);

test.each([
  ['nothing more', {}, ''],
  ['Basic', { 'www-authenticate': 'Basic realm="x"' }, ''],
  ['a challenge', BEARER, ''],
  ['a page', { 'content-type': 'text/html' }, '<html>Log in</html>'],
  ['an error', { 'content-type': 'application/json' }, ERROR],
])(
  'a probe that is answered with HTTP 401 and %s alone has met a server with a handshake [probe.login]',
  async (_, headers, body) => {
    const { url, asked } = await oddServer(
      (message, response) => message.method === 'server/discover' && response.writeHead(401, headers).end(body),
    );
    const verdicts = new ProtocolEraCache();
    const { connection } = await connected(url, {}, verdicts);
    expect(await called(connection)).toEqual(SAID);
    await connected(url, {}, verdicts);
    expect(asked.filter((method) => method === 'server/discover')).toHaveLength(1);
  },
);

test('a server of 2026-07-28 by its entry is not asked for a handshake [probe.login]', async () => {
  const { url, asked } = await oddServer((_, response) => response.writeHead(401).end());
  await expect(connected(url, { protocol: '2026-07-28' })).rejects.toThrow('HTTP 401');
  expect(asked).toEqual(['server/discover']);
});

test('a server of 2026-07-28 is known by the version it names, however its answer is written [probe.sign]', async () => {
  const { url, asked } = await oddServer(({ method, id }, response) => {
    if (method === 'tools/call') return false;
    const result = {
      supportedVersions: ['2027-01-01', '2026-07-28'],
      capabilities: null,
      serverInfo: null,
      instructions: null,
    };
    sendJson(response, { id: String(id), error: null, result });
  });
  const { connection } = await connected(url);
  expect(connection.modern).toBe(true);
  expect(await called(connection)).toEqual(SAID);
  expect(asked).not.toContain('initialize');
});

const REFUSALS: readonly (readonly [string, Probed])[] = [
  ...[400, 403, 404, 405, 406, 415, 422, 500, 501].map(
    (status) => [`HTTP ${status}`, (response: ServerResponse) => response.writeHead(status).end('no')] as const,
  ),
  ['a page', (response) => send(response, 200, 'text/html', '<html></html>')],
  ['an error', json('{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"no"}}')],
  ['nothing', json('', 202)],
  [
    'its stream',
    (response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: endpoint\ndata: /m\n\n'),
  ],
  ['a connection that breaks', (response) => response.destroy()],
];

/** A server of HTTP+SSE that refuses whatever it does not know. */
async function sseServer(refuse: Probed) {
  let stream: ServerResponse | undefined;
  return oddServer((message, response, request) => {
    if (request.method === 'GET') {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      return stream.write('event: endpoint\ndata: /messages?session=1\n\n');
    }
    if (!request.url?.startsWith('/messages')) return refuse(response, message);
    response.writeHead(202).end('Accepted');
    const { id, method } = message;
    const result =
      method === 'tools/call'
        ? SAID.result
        : { protocolVersion: '2024-11-05', capabilities: { tools: true }, serverInfo: null };
    return id === undefined || stream?.write(`data: ${JSON.stringify({ id: String(id), result })}\n\n`);
  });
}

test.each(REFUSALS)(
  'a server of HTTP+SSE is found that answers others with %s, and it is remembered [probe.sse]',
  async (_, refuse) => {
    const { url, asked } = await sseServer(refuse);
    const verdicts = new ProtocolEraCache();
    const { connection } = await connected(url, {}, verdicts);
    expect(connection.spoken.transport).toBe('sse');
    expect(await called(connection)).toEqual(SAID);
    const before = asked.length;
    await connected(url, {}, verdicts);
    expect(asked.slice(before)).toEqual(['GET', 'initialize', 'notifications/initialized']);
  },
);

test.concurrent('a server of HTTP+SSE is found that leaves others without an answer [probe.sse]', async () => {
  const { url } = await sseServer(() => true);
  const { connection } = await connected(url);
  expect(connection.spoken.transport).toBe('sse');
});

test.each([
  [
    'a page for a login',
    200,
    'text/html',
    '<html>Log in</html>',
    /answered with a web page .*url is that of an MCP server/,
  ],
  ['a busy server', 503, 'text/plain', 'Slow down', /HTTP 503: Slow down/],
  [
    'a refusal',
    400,
    'application/json',
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"No tenant"}}',
    /HTTP 400: No tenant/,
  ],
])('where nothing else fits, the first cause is told: %s [probe.cause]', async (_, status, type, body, cause) => {
  const { url } = await oddServer((__, response) => send(response, status, type, body));
  await expect(connected(url)).rejects.toThrow(cause);
});

test.each([400, 200])(
  'a server that refuses the probe with HTTP %i and names its version is asked again [probe.sign]',
  async (status) => {
    const supported = ['2026-07-28'];
    const { url, asked } = await oddServer(({ method, id }, response) => {
      if (method !== 'server/discover') return false;
      const error = { code: -32_004, message: 'Unsupported protocol version', data: { supported } };
      const result = {
        supportedVersions: supported,
        capabilities: { tools: {} },
        serverInfo: { name: 's', version: '1' },
      };
      const isFirst = asked.filter((each) => each === method).length === 1;
      sendJson(response, { jsonrpc: '2.0', id, ...(isFirst ? { error } : { result }) }, isFirst ? status : 200);
      return true;
    });
    const { connection } = await connected(url);
    expect(connection.modern).toBe(true);
    expect(asked).not.toContain('initialize');
  },
);
