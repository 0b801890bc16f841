import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectTo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { checkWays } from '../../../../src/cli/doctor/check-servers.ts';
import { loadConfig } from '../../../../src/config/load.ts';
import type { ServerConfig } from '../../../../src/config/schema.ts';
import { causeOf } from '../../../../src/core/errors.ts';
import { discoverJwksUrl, SigningKeys } from '../../../../src/downstream/http/auth/signing-keys.ts';
import { tokenAuthenticator } from '../../../../src/downstream/http/auth/token-authenticator.ts';
import type { Logger } from '../../../../src/platform/log.ts';
import { Outbound } from '../../../../src/platform/outbound/outbound.ts';
import { EmbeddingsEndpoint } from '../../../../src/search/semantics/embeddings-endpoint.ts';
import { connect } from '../../../../src/upstream/connect.ts';
import { Credentials } from '../../../../src/upstream/login/credentials.ts';
import { supportsLogin } from '../../../../src/upstream/login/login-needed.ts';
import { Loopback } from '../../../../src/upstream/login/loopback.ts';
import { PersonLogin } from '../../../../src/upstream/login/person-login.ts';
import { ProtocolEraCache } from '../../../../src/upstream/protocol-era-cache.ts';
import { redactor } from '../../../../src/upstream/redact.ts';
import { startOdd } from '../../../helpers/logins/odd-authorization-server.ts';
import { signed, signingKey } from '../../../helpers/logins/token-issuer.ts';
import { temporaryDirectory } from '../../../helpers/servers/fixture.ts';
import { startProxy } from '../../../helpers/servers/forward-proxy.ts';

const quiet: Logger = { debug() {}, info() {}, warning() {}, error() {}, setLevel() {} };

/** A variable of this process, for the length of a test. */
function setVariable(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

/** A server on this machine that answers by path. */
async function serve(answers: Readonly<Record<string, object | string>>) {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const answer = answers[url];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  return { asked, port: (server.address() as AddressInfo).port };
}

test('published keys, embeddings and logins go through the proxy of the environment [outbound.proxy-everywhere]', async () => {
  const key = await signingKey('k');
  const vector = { data: [{ index: 0, embedding: [1, 0] }] };
  const { port } = await serve({ '/keys': { keys: [key.jwk] }, '/v1/embeddings': vector });
  const far = await startProxy(port);
  setVariable('HTTP_PROXY', `http://127.0.0.1:${far.port}`);
  const keys = new SigningKeys({ jwksUrl: 'http://keys.example.test/keys', log: quiet });
  await keys.keyFor({ alg: 'RS256', kid: 'k' }, { payload: '', signature: '' });
  const embeddings = new EmbeddingsEndpoint({ url: 'http://vectors.example.test/v1', model: 'm' });
  expect(await embeddings.embed(['a'], new AbortController().signal)).toHaveLength(1);
  expect(far.asked).toEqual(['GET http://keys.example.test/keys', 'POST http://vectors.example.test/v1/embeddings']);

  const vault = await startOdd(() => {
    const origin = 'http://vault.example.test';
    const whole = (document: object) =>
      JSON.parse(JSON.stringify(document).replace(/http:\/\/127\.0\.0\.1:\d+/g, origin));
    return {
      '/.well-known/oauth-protected-resource/mcp': whole,
      '/.well-known/oauth-authorization-server': whole,
    };
  });
  const near = await startProxy(Number(new URL(vault.origin).port));
  const outbound = new Outbound({ url: 'http://vault.example.test/mcp', proxy: `http://127.0.0.1:${near.port}` });
  const credentials = Credentials.of(temporaryDirectory(), ['far'], { keychain: 'never' });
  const login = await PersonLogin.begin({
    outbound,
    oauth: { grant: 'authorization_code' },
    credentials,
    onTokens: async () => {},
  });
  login.cancel('the test is over');
  expect(new URL(login.url).origin).toBe('http://vault.example.test');
  expect(near.asked).toContain('POST http://vault.example.test/register');
});

async function configOf(entries: object) {
  const path = join(temporaryDirectory(), 'config.json');
  writeFileSync(path, JSON.stringify(entries));
  return loadConfig(path, { HOME: '/home/ada', PROXY_PASSWORD: 'p-secret-1' });
}

test('doctor names proxies without their passwords, and a start secrets for nobody [outbound.proxy-everywhere] [outbound.proxy-secret] [oauth.secret-issuer]', async () => {
  setVariable('HTTPS_PROXY', 'http://me:p-secret-2@proxy.example:8080');
  setVariable('HTTP_PROXY', 'nonsense://p-secret-3');
  const oauth = { clientId: 'a', clientSecret: 'p-secret-4' };
  const { servers, problems } = await configOf({
    env: { url: 'https://far.example/mcp' },
    wrong: { url: 'http://far.example/mcp' },
    near: { url: 'http://127.0.0.1:1/mcp' },
    none: { url: 'https://far.example/mcp', proxy: false },
    own: { url: 'wss://far.example/mcp', proxy: 'http://me:{env:PROXY_PASSWORD}@own.example:1' },
    secret: { url: 'http://127.0.0.1:1/mcp', oauth },
    named: { url: 'http://127.0.0.1:1/mcp', oauth: { ...oauth, issuer: 'https://as.example' } },
    local: { command: ['true'] },
  });
  expect(problems).toEqual([
    {
      severity: 'warning',
      server: 'secret',
      message: expect.stringMatching(/secret\.oauth: found "clientSecret" without "issuer": .*write the address/),
    },
  ]);
  const findings = checkWays(servers);
  expect(findings.map(({ level, place, cause }) => `${level} ${place}: ${cause}`)).toEqual([
    'ok env: through the proxy http://proxy.example:8080 (HTTPS_PROXY)',
    'error wrong: HTTP_PROXY is no address of a proxy: expected http://host:port, https:// or socks5://',
    'ok own: through the proxy http://own.example:1 (proxy)',
  ]);
  expect(JSON.stringify(findings)).not.toContain('p-secret');
  const own = servers.find(({ key }) => key === 'own') as ServerConfig;
  expect(redactor(own)('tunnel me:p-secret-1 failed')).toBe('tunnel me:[redacted] failed');
});

test('a proxy that is none is a mistake of the entry, told without its text [outbound.proxy-field]', async () => {
  const { servers, problems } = await configOf({
    a: { url: 'https://h/', proxy: 'ftp://me:p-secret-5@h' },
    b: { url: 'https://h/', proxy: true },
    c: { url: 'https://h/', proxy: '' },
    d: { url: 'https://h/', proxy: 'host:3128' },
  });
  expect(servers.map(({ key }) => key)).toEqual(['c', 'd']);
  const told = problems.map(({ message }) => message).join('\n');
  expect(told).toMatch(
    /a\.proxy: found a string, expected the address of a proxy, such as http:\/\/host:port, or false/,
  );
  expect(told).not.toContain('p-secret-5');
});

test.each([
  ['X-Token', 'abc\nInjected: yes', 'its character 4 is a line break'],
  ['X-Token', 'abc\r\ndef', 'its character 4 is a line break'],
  ['X-Token', 'schlüssel-пароль', 'its character 11 is not Latin-1'],
  ['X-Token', 'emoji🔑', 'its character 6 is not Latin-1'],
  ['X-Token', 'nul\0', 'its character 4 is a control character'],
  ['X Token', 'abc', 'a header name of letters, digits and "-"'],
  ['X-Tökén', 'abc', 'a header name of letters, digits and "-"'],
  ['X:', 'abc', 'a header name of letters, digits and "-"'],
  ...['Content-Length', 'content-encoding', 'Transfer-Encoding', 'EXPECT', 'Upgrade', 'Keep-Alive', 'Trailer'].map(
    (name) => [name, '123', `no ${name} header, which HTTP says itself for each request: take it out`],
  ),
  ['Connection', 'Upgrade', 'no Connection header, which HTTP says itself'],
  ...['Mcp-Session-Id', 'MCP-Protocol-Version', 'mcp-method', 'Last-Event-ID'].map((name) => [
    name,
    'abc',
    `no ${name} header, which MCP says itself for each request: take it out`,
  ]),
] as [string, string, string][])(
  'the header %j: %j is named, without its value [outbound.headers]',
  async (name, value, why) => {
    const { servers, problems } = await configOf({
      a: { url: 'https://h/', headers: { [name]: value } },
      b: { url: 'https://h/' },
    });
    expect(servers.map(({ key }) => key)).toEqual(['b']);
    expect(problems[0]?.message).toContain(why);
    expect(problems[0]?.message).toContain(
      `headers${/^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`}`,
    );
    if (value.length > 4) expect(problems[0]?.message).not.toContain(value.slice(0, 5));
  },
);

test('what a header can carry is no mistake [outbound.headers]', async () => {
  const headers = {
    'X-A': 'schlüssel',
    'X-B': ' trimmed\n',
    'X-C': 'tab\tinside',
    'X-D': '',
    'x-e_1.2': 'a',
    'X-F': 7,
    // What people copy from curl: ours takes its place, or it does no harm.
    'Content-Type': 'application/json',
    Accept: 'text/event-stream',
    Connection: 'keep-alive',
    TE: 'trailers',
    Host: 'h',
  };
  expect((await configOf({ a: { url: 'https://h/', headers } })).problems).toEqual([]);
});

test('user and password in an address are who we are, and are blanked in every form [outbound.basic]', async () => {
  const { servers } = await configOf({ a: { url: 'https://adauser:pa%40ssword@h/mcp' }, b: { url: 'https://h/mcp' } });
  const [withUser, without] = servers as [ServerConfig, ServerConfig];
  expect([withUser, without].map(supportsLogin)).toEqual([false, true]);
  const basic = Buffer.from('adauser:pa@ssword').toString('base64');
  const blanked = redactor(withUser)(`pa%40ssword pa@ssword ${basic} Basic ${basic}`);
  expect(blanked).toBe('[redacted] [redacted] [redacted] Basic [redacted]');
});

test('a dump of validation issues is the first of them in words [outbound.issues]', () => {
  const issues = [
    {
      code: 'invalid_type',
      expected: 'string',
      path: ['result', 'serverInfo', 'name'],
      message: 'Invalid input: expected string',
    },
    { code: 'custom', path: [], message: 'other' },
  ];
  const dump = JSON.stringify(issues, undefined, 2);
  expect(causeOf(new Error(dump))).toBe('result.serverInfo.name: Invalid input: expected string (and 1 more)');
  expect(causeOf(new Error(`Invalid result: ${dump} (x)`, { cause: new Error(dump) }))).toBe(
    'Invalid result: result.serverInfo.name: Invalid input: expected string (and 1 more) (x)',
  );
  expect(causeOf(new Error('[{"a": 1}] and [b]'))).toBe('[{"a": 1}] and [b]');
  expect(causeOf(new Error('[ {\n "code": broken } ]'))).toBe('it is not as it has to be');
});

test('an SSE stream that cannot be used is named by its own cause [outbound.sse]', async () => {
  const server = createServer((request, response) => {
    if (request.method === 'POST') return response.writeHead(405).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    return response.write(`event: endpoint\ndata: http://elsewhere.example:9/messages?token=abcdefgh\n\n`);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`;
  const { servers } = await configOf({ a: { url } });
  const connected = connect(servers[0] as ServerConfig, {
    identity: async () => ({ capabilities: {} }),
    log: quiet,
    redact: (told) => told,
    signal: new AbortController().signal,
    handlers: { onRequest: async () => ({ result: {} }), onNotification: () => {} },
    protocolEras: new ProtocolEraCache(temporaryDirectory()),
  });
  await expect(connected).rejects.toThrow('the server names an endpoint of another origin, http://elsewhere.example:9');
});

test.each([
  ['http://127.0.0.1:PORT', 'http://127.0.0.1:PORT/'],
  ['http://127.0.0.1:PORT/', 'http://127.0.0.1:PORT'],
])('an issuer and an audience may differ by a slash: %s [oauth.slash]', async (configured, published) => {
  const key = await signingKey('k');
  const documents: Record<string, object> = {};
  const { port } = await serve(documents);
  const at = (address: string) => address.replace('PORT', String(port));
  documents['/.well-known/oauth-authorization-server'] = {
    issuer: at(published),
    jwks_uri: at('http://127.0.0.1:PORT/keys'),
  };
  documents['/keys'] = { keys: [key.jwk] };
  const { authenticate } = tokenAuthenticator(
    { issuer: at(configured), audience: 'https://gateway.example/mcp', clockSkewSeconds: 0 },
    { log: quiet } as Parameters<typeof tokenAuthenticator>[1],
  );
  const reasonFor = async (claims: object) => {
    const token = await signed(key, { sub: 'ada', iss: at(published), aud: 'https://gateway.example/mcp/', ...claims });
    const admission = await authenticate(new Headers({ authorization: `Bearer ${token}` }) as never);
    return 'caller' in admission ? 'admitted' : JSON.stringify(admission);
  };
  expect(await reasonFor({})).toBe('admitted');
  expect(await reasonFor({ iss: at(`${published}x`) })).toContain('wrong_issuer');
  expect(await reasonFor({ aud: 'https://gateway.example/mcp//' })).toContain('wrong_audience');
});

test('an issuer leads to no keys that only we can reach, and to no endless ones [outbound.reach] [outbound.bytes]', async () => {
  const { port, asked } = await serve({
    '/.well-known/oauth-authorization-server': { issuer: 'https://1.1.1.1', jwks_uri: 'https://10.0.0.1/keys' },
    '/keys': `{"keys": [], "more": "${' '.repeat(1024 * 1024)}"}`,
  });
  const outbound = new Outbound({ url: 'https://1.1.1.1' });
  await expect(outbound.follow('https://10.0.0.1/keys')).rejects.toThrow('is a private address');
  const local = `http://127.0.0.1:${port}`;
  await expect(discoverJwksUrl(local, 5_000, new Outbound({ url: local }))).rejects.toThrow('describes the issuer');
  const keys = new SigningKeys({ jwksUrl: `${local}/keys`, log: quiet });
  await expect(keys.keyFor({ alg: 'RS256' }, { payload: '', signature: '' })).rejects.toThrow('longer than the 1 MiB');
  expect(asked).toContain('/keys');
});

test('no request to the port of the callback ends the login [oauth.callback]', async () => {
  const queries: string[] = [];
  const loopback = await Loopback.open([0], async (query) => {
    queries.push(String(query));
    if (query.has('fail')) throw new Error('no');
    return { status: 200, text: 'done' };
  });
  const ask = async (head: string) => {
    const socket = connectTo(loopback.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`${head}\r\nHost: x\r\nConnection: close\r\n\r\n`);
    return (await text(socket)).split('\r\n')[0] ?? '';
  };
  const odd = [
    '//',
    '///',
    '//[',
    '/\\',
    '*',
    'http://[',
    'http://x/callback?a=1',
    '//x/callback?a=1',
    '/callback/',
    '/%',
    '/callback%00',
    '?a=1',
    'a',
  ];
  for (const target of odd) expect(await ask(`GET ${target} HTTP/1.1`), target).toMatch(/ 40[04] |^$/);
  for (const method of ['POST', 'HEAD', 'OPTIONS', 'PUT'])
    expect(await ask(`${method} /callback?a=1 HTTP/1.1`)).toMatch(/ 404 /);
  for (const line of ['CONNECT x:1 HTTP/1.1', 'GET / HTTP/9.9', '\0\x01']) await ask(line);
  expect(queries).toEqual([]);
  expect(await ask('GET /callback?fail=1 HTTP/1.1')).toMatch(/ 500 /);
  expect(await ask('GET /callback?a=%ZZ&b=%00 HTTP/1.1')).toMatch(/ 200 /);
  // A connection that was opened in advance does not keep it open.
  const idle = connectTo(loopback.port, '127.0.0.1');
  idle.on('error', () => {});
  await once(idle, 'connect');
  await loopback.close();
});
