import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, onTestFinished, test } from 'vitest';
import { connectV1 } from '../helpers/clients/clients.ts';
import { serveHttp } from '../helpers/clients/http-clients.ts';
import { textOf } from '../helpers/clients/results.ts';
import { initialize, JSON_RPC, post } from '../helpers/clients/streamable-client.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { edgeOf } from '../helpers/gateway/http-edge.ts';
import { startHttpGateway } from '../helpers/gateway/http-gateway.ts';
import { startOAuthServer } from '../helpers/logins/oauth-server.ts';
import { refusedPort } from '../helpers/servers/endpoints.ts';
import { local, remote, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const KEY = 'a-key-for-tests';
const AUTH = { auth: { strategy: 'api-key', apiKeys: [KEY] } };
const ORIGIN = 'https://app.example';

/** `fetch` does not let a test say which host it means. */
function statusFor(address: string, headers: Record<string, string>, method = 'POST'): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${address}/mcp`, { method, headers: { ...JSON_RPC, ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject).end(method === 'POST' ? JSON.stringify(initialize()) : undefined);
  });
}

test('a page that had its name lead here, or of another site, is refused before anything else [http.rebinding]', async () => {
  const { address } = await startHttpGateway({ http: { allowedHosts: ['gateway.example'] }, corsOrigins: [ORIGIN] });
  expect(await statusFor(address, { host: 'evil.example' })).toBe(403);
  expect(await statusFor(address, { host: 'evil.example' }, 'GET')).toBe(403);
  expect(await statusFor(address, { origin: 'https://evil.example' })).toBe(403);
  expect(await statusFor(address, { origin: 'null' })).toBe(403);
  expect(await statusFor(address, { host: 'gateway.example' })).toBe(200);
  expect(await statusFor(address, { host: 'localhost:1' })).toBe(200);
  expect(await statusFor(address, { origin: ORIGIN })).toBe(200);
});

test('an allowed page may ask beforehand without a key, and read the headers of MCP [http.cors]', async () => {
  const { address } = await startHttpGateway({ ...AUTH, corsOrigins: [ORIGIN] });
  const wanted = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'mcp-session-id' };
  const preflight = await fetch(`${address}/mcp`, { method: 'OPTIONS', headers: { origin: ORIGIN, ...wanted } });
  expect(preflight.status).toBe(204);
  const { headers } = preflight;
  expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(headers.get('access-control-allow-methods')).toMatch(/GET.*POST.*DELETE/);
  for (const name of ['authorization', 'mcp-session-id', 'mcp-protocol-version', 'last-event-id'])
    expect(headers.get('access-control-allow-headers')?.toLowerCase()).toContain(name);
  const refused = await post(`${address}/mcp`, initialize(), { origin: ORIGIN });
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, ORIGIN]);
  const served = await post(`${address}/mcp`, initialize(), { origin: ORIGIN, 'x-api-key': KEY });
  expect(served.headers.get('access-control-expose-headers')?.toLowerCase()).toContain('mcp-session-id');
  expect(
    (await post(`${address}/mcp`, initialize(), { 'x-api-key': KEY })).headers.has('access-control-allow-origin'),
  ).toBe(false);
});

test('every answer names its request and has the headers that keep browsers from mischief [http.headers]', async () => {
  const { address } = await startHttpGateway(AUTH);
  for (const path of ['/', '/health', '/mcp', '/nowhere']) {
    const { headers } = await fetch(`${address}${path}`);
    expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(headers.get('x-frame-options'), path).toBe('DENY');
    expect(headers.get('x-request-id'), path).toMatch(/^[\da-f-]{36}$/);
    expect(headers.has('strict-transport-security'), path).toBe(false);
  }
});

test('without a key only what probes and logins need is answered; 401 says how [http.keyless]', async () => {
  const { address } = await edgeOf({}, AUTH, { authorization: `Bearer ${KEY}` });
  const about = (await (await fetch(address)).json()) as object;
  expect(about).toMatchObject({
    name: 'mcp-gateway',
    endpoints: { mcp: '/mcp', websocket: '/ws', openapi: '/api/v1/openapi.json' },
  });
  for (const path of ['/health', '/health/live', '/health/ready'])
    expect((await fetch(`${address}${path}`)).status, path).toBe(200);
  for (const path of ['/mcp', '/sse', '/metrics', '/api/v1/openapi.json', '/api/v1/tools']) {
    const refused = await fetch(`${address}${path}`);
    expect([path, refused.status, refused.headers.get('www-authenticate')]).toEqual([
      path,
      401,
      expect.stringMatching(/^Bearer realm="mcp-gateway"/),
    ]);
    expect(
      (await fetch(`${address}${path}`, { headers: { authorization: 'Bearer wrong' } })).headers.get(
        'www-authenticate',
      ),
    ).toContain('error="invalid_token"');
  }
  const admitted = { headers: { 'x-api-key': KEY } };
  expect(await (await fetch(`${address}/metrics`, admitted)).text()).toMatch(/^# HELP /);
  expect(await (await fetch(`${address}/api/v1/openapi.json`, admitted)).json()).toMatchObject({
    openapi: expect.stringMatching(/^3\.1/),
  });
});

test('/health is 503 with the reasons while no server is usable; the process is live all the same [http.health]', async () => {
  const none = await startHttpGateway();
  const health = await fetch(`${none.address}/health`);
  expect([health.status, await health.json()]).toEqual([
    503,
    { status: 'unavailable', reasons: ['no server is configured'] },
  ]);
  const { address } = await startHttpGateway({ servers: [{ id: 'gone', ...local({ exitAtStart: true }) }] });
  const reasons = async () =>
    ((await (await fetch(`${address}/health`)).json()) as { reasons?: string[] }).reasons?.join();
  await waitUntil(async () => /^gone is (waiting|failing)/.test((await reasons()) ?? ''), { what: 'it says why' });
  expect((await fetch(`${address}/health/ready`)).status).toBe(503);
  expect((await fetch(`${address}/health/live`)).status).toBe(200);
});

test('a body beyond the limit is 413, whoever sends it; one below passes [http.max-body]', async () => {
  const { address } = await startHttpGateway({ http: { maxBodyBytes: 5_000 } });
  const long = { ...initialize(), padding: 'x'.repeat(5_000) };
  for (const path of ['/mcp', '/messages?sessionId=x', '/api/v1/tools/call']) {
    const refused = await post(`${address}${path}`, long);
    expect([path, refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      path,
      413,
      'CONTENT_TOO_LARGE',
    ]);
  }
  expect((await post(`${address}/mcp`, { ...initialize(), padding: 'x'.repeat(3_000) })).status).toBe(200);
});

test('an address that others can reach is not bound before it is said who may call [http.open-bind]', async () => {
  const file = join(temporaryDirectory(), 'mcp-gateway.json');
  writeFileSync(file, JSON.stringify({ host: '0.0.0.0', port: 0, servers: [] }));
  const { code, said } = await new Promise<{ code: unknown; said: string }>((resolve) =>
    execFile(process.execPath, [BIN, 'start', '-c', file], (error, _stdout, stderr) =>
      resolve({ code: error?.code, said: stderr }),
    ),
  );
  expect(code).toBe(1);
  expect(said).toMatch(/auth: \{strategy: api-key, apiKeys: \["\$\{MCP_GATEWAY_KEY\}"\]\}/);
  expect(said).toMatch(/auth: \{strategy: none\}/);
});

test('an edge that others can reach does not take over a file without auth, also where the file is gone [http.open-reload]', async () => {
  const open = { host: '0.0.0.0', ...AUTH };
  const { address, gateway, logged, write, path } = await serveHttp(open, { u: local() });
  const refusals = () => logged.filter(({ level }) => level === 'error').map(({ error }) => String(error));
  const servedWithoutKey = async () => (await post(`${address}/mcp`, initialize())).status;
  const edits = [
    () => write({ host: '0.0.0.0', auth: undefined, servers: [] }),
    // The address that is bound counts, and not the one that the file now says.
    () => write({ host: '127.0.0.1', auth: undefined }),
    () => rmSync(path),
  ];
  for (const [index, edit] of edits.entries()) {
    edit();
    await waitUntil(() => refusals().length === index + 1, { what: `edit ${index} is refused` });
    expect(refusals().at(-1)).toMatch(/host 0\.0\.0\.0 .*auth: \{strategy: api-key.*auth: \{strategy: none\}/);
    expect(await servedWithoutKey()).toBe(401);
    expect((await post(`${address}/mcp`, initialize(), { 'x-api-key': KEY })).status).toBe(200);
    expect(gateway.servers().map(({ id }) => id)).toEqual(['u']);
  }
  expect(() => gateway.reload({ servers: [] })).toThrow(/auth\.strategy/);
  expect(await servedWithoutKey()).toBe(401);
  write({ ...open, auth: { strategy: 'none' } });
  await waitUntil(async () => (await servedWithoutKey()) === 200, { what: 'strategy none lets everybody in' });
});

test('an edge that this machine alone can reach takes over a file without auth [http.open-reload]', async () => {
  const { address, write } = await serveHttp(AUTH);
  expect((await post(`${address}/mcp`, initialize())).status).toBe(401);
  write({ host: '0.0.0.0', auth: undefined });
  await waitUntil(async () => (await post(`${address}/mcp`, initialize())).status === 200, { what: 'auth is gone' });
});

test('what a caller shows the gateway never reaches a server [http.no-passthrough]', async () => {
  const fixture = await remote('http');
  const seen: IncomingHttpHeaders[] = [];
  const recorder = createServer((request, response) => {
    seen.push(request.headers);
    const { method, headers } = request;
    const onward = httpRequest(fixture.url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers).flushHeaders();
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void recorder.close().closeAllConnections());
  await waitUntil(() => recorder.listening);
  const url = `http://127.0.0.1:${(recorder.address() as AddressInfo).port}/mcp`;
  const far = { type: 'remote' as const, url, headers: { 'X-Own': 'configured' } };
  const secrets = { authorization: `Bearer ${KEY}`, cookie: 'session=secret', 'x-forwarded-user': 'ada' };
  const { address } = await edgeOf(far, AUTH, secrets);
  for (const capabilities of [{}, { elicitation: { form: {} } }]) {
    const begun = await post(`${address}/mcp`, initialize('2025-11-25', capabilities), secrets);
    const session = { ...secrets, 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' };
    const params = { name: 'invoke', arguments: { id: 'u::add', args: { a: 1, b: 1 } } };
    const answer = await post(`${address}/mcp`, { jsonrpc: '2.0', id: 1, method: 'tools/call', params }, session);
    expect(await answer.text()).toContain('"2"');
  }
  expect(seen.filter((headers) => headers['x-own'] === 'configured')).toHaveLength(seen.length);
  expect(JSON.stringify(seen)).not.toMatch(/a-key-for-tests|session=secret|x-forwarded-user/);
});

/** A person's client: it opens the login page as a browser would, where the user agrees at once. */
class Browser implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1:1/callback';
  readonly clientMetadata = { client_name: 'test', redirect_uris: [this.redirectUrl] };
  readonly asked: URL[] = [];
  code = '';
  #client: Awaited<ReturnType<OAuthClientProvider['clientInformation']>>;
  #tokens: Awaited<ReturnType<OAuthClientProvider['tokens']>>;
  #verifier = '';

  clientInformation = () => this.#client;
  saveClientInformation = (client: Parameters<NonNullable<OAuthClientProvider['saveClientInformation']>>[0]) => {
    this.#client = client;
  };
  tokens = () => this.#tokens;
  saveTokens = (tokens: Parameters<OAuthClientProvider['saveTokens']>[0]) => {
    this.#tokens = tokens;
  };
  codeVerifier = () => this.#verifier;
  saveCodeVerifier = (verifier: string) => {
    this.#verifier = verifier;
  };
  state = () => 'some state';

  async redirectToAuthorization(url: URL): Promise<void> {
    this.asked.push(url);
    const { headers } = await fetch(url, { redirect: 'manual' });
    this.code = new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
  }
}

test('an SDK client finds out where to log in, does, and calls a tool with its token [http.oauth]', async () => {
  const oauthServer = await startOAuthServer({ jwt: true });
  const port = await refusedPort();
  const resource = `http://127.0.0.1:${port}/mcp`;
  const jwt = { issuer: oauthServer.issuer, audience: resource };
  const { address } = await startHttpGateway({
    port,
    auth: { strategy: 'jwt', jwt },
    servers: [{ id: 'u', ...local() }],
  });
  const challenge = (await post(`${address}/mcp`, initialize())).headers.get('www-authenticate') ?? '';
  const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
  expect(await (await fetch(metadata)).json()).toMatchObject({ resource, authorization_servers: [oauthServer.issuer] });
  const browser = new Browser();
  const before = new StreamableHTTPClientTransport(new URL(resource), { authProvider: browser });
  await expect(connectV1(before)).rejects.toThrow(/Unauthorized/);
  expect(browser.asked[0]?.searchParams.get('resource')).toBe(resource);
  await before.finishAuth(browser.code);
  const transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: browser });
  onTestFinished(() => transport.close());
  const client = await connectV1(transport);
  const call = () => client.callTool('invoke', { id: 'u::add', args: { a: 20, b: 22 } });
  await waitUntil(async () => !(await client.callTool('describe', { id: 'u::add' })).isError);
  expect(textOf(await call())).toBe('42');
  const token = browser.tokens()?.access_token;
  const other = await startHttpGateway({
    auth: { strategy: 'jwt', jwt: { ...jwt, audience: 'http://somebody.else/mcp' } },
  });
  const refused = await post(`${other.address}/mcp`, initialize(), { authorization: `Bearer ${token}` });
  expect([refused.status, ((await refused.json()) as { reason: string }).reason]).toEqual([401, 'wrong_audience']);
});

test('the session of one caller does not exist for another [http.session-owner]', async () => {
  const keys = ['the-key-of-ada', 'the-key-of-bea'];
  const { address } = await startHttpGateway({ auth: { strategy: 'api-key', apiKeys: keys } });
  const [ada, bea] = keys.map((key) => ({ authorization: `Bearer ${key}` }));
  const begun = await post(`${address}/mcp`, initialize(), ada);
  const session = { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' };
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
  expect((await post(`${address}/mcp`, ping, { ...bea, ...session })).status).toBe(404);
  expect(
    (await fetch(`${address}/mcp`, { method: 'DELETE', headers: { ...bea, ...session } as Record<string, string> }))
      .status,
  ).toBe(404);
  expect((await post(`${address}/mcp`, ping, { ...ada, ...session })).status).toBe(200);
});
