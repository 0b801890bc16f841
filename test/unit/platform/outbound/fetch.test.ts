import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { causeOf } from '../../../../src/core/errors.ts';
import { Outbound, refusalIn, TargetRefused } from '../../../../src/platform/outbound/outbound.ts';
import { dispatcherBy, lookupBy } from '../../../../src/platform/outbound/runtime.ts';
import { oauthFetch } from '../../../../src/upstream/login/oauth-client.ts';
import { WebSocketTransport } from '../../../../src/upstream/websocket-transport.ts';
import { startProxy, startSocks } from '../../../helpers/servers/forward-proxy.ts';

/** A server that tells what it was asked, and takes WebSockets. */
async function startTarget() {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    if (pathname === '/away') response.writeHead(302, { location: searchParams.get('to') ?? '/away' }).end();
    else response.end(`${request.headers.host}${request.url} ${request.headers.authorization}`);
  }).listen(0, '127.0.0.1');
  new WebSocketServer({ server }).on('connection', (socket, request) => {
    requests.push(request);
    socket.on('message', (data) => socket.send(String(data)));
  });
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, requests };
}

const FAR = 'http://far.example.test';

test('HTTP goes through a proxy by whole addresses, HTTPS by CONNECT, each with its user [outbound.proxy]', async () => {
  const target = await startTarget();
  const proxy = await startProxy(target.port);
  const auth = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
  const { fetch } = new Outbound({ url: `${FAR}/mcp`, proxy: `http://me:p%40ss@127.0.0.1:${proxy.port}` });
  expect(await (await fetch(`${FAR}/mcp?a=1`)).text()).toBe('far.example.test/mcp?a=1 undefined');
  expect(await (await fetch(`${FAR}:8080/b`, { method: 'POST', body: '{}' })).text()).toContain(
    'far.example.test:8080/b',
  );
  // The target speaks no TLS: what matters is that the proxy was asked for it.
  await expect(fetch('https://far.example.test/mcp')).rejects.toThrow();
  expect(proxy.asked).toEqual([
    `GET ${FAR}/mcp?a=1 ${auth}`,
    `POST ${FAR}:8080/b ${auth}`,
    `CONNECT far.example.test:443 ${auth}`,
  ]);
  expect(target.requests[0]?.headers['proxy-authorization']).toBeUndefined();
});

test('a WebSocket goes through a proxy too [outbound.proxy]', async () => {
  const target = await startTarget();
  const proxies = [await startProxy(target.port), await startSocks(target.port)];
  for (const [index, scheme] of ['http', 'socks5'].entries()) {
    const { port, asked } = proxies[index] ?? { port: 0, asked: [] };
    const transport = new WebSocketTransport('ws://u:pw@far.example.test/mcp', {
      headers: {},
      redact: String,
      proxy: `${scheme}://127.0.0.1:${port}`,
      timeoutMs: 10_000,
    });
    const answered = new Promise<JSONRPCMessage>((resolve) => {
      transport.onmessage = resolve;
    });
    await transport.start();
    await transport.send({ jsonrpc: '2.0', method: 'hello' });
    expect(await answered).toEqual({ jsonrpc: '2.0', method: 'hello' });
    await transport.close();
    expect(asked[0]).toMatch(/^(?:CONNECT|SOCKS) far\.example\.test:80$/);
    expect(target.requests.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from('u:pw').toString('base64')}`);
  }
});

test('a SOCKS proxy looks names up itself, and is told user and password [outbound.proxy]', async () => {
  const target = await startTarget();
  const socks = await startSocks(target.port);
  for (const start of ['socks5://', 'socks5h://me:secret@']) {
    const { fetch } = new Outbound({ url: FAR, proxy: `${start}127.0.0.1:${socks.port}` });
    expect(await (await fetch(`${FAR}/x`)).text()).toBe('far.example.test/x undefined');
  }
  expect(socks.asked).toEqual(['SOCKS far.example.test:80', 'SOCKS far.example.test:80 me:secret']);
});

test('where a proxy looks the name up, only https is led to elsewhere [outbound.reach]', async () => {
  const target = await startTarget();
  const proxy = await startProxy(target.port);
  const outbound = new Outbound({ url: `${FAR}/mcp`, proxy: `http://127.0.0.1:${proxy.port}` });
  await expect(outbound.follow('http://auth.example.test/')).rejects.toThrow(
    'is not https, and the proxy (proxy) looks its name up',
  );
  await expect(outbound.follow('https://10.0.0.1/')).rejects.toThrow('is a private address');
  await expect(outbound.follow('http://localhost/')).rejects.toThrow('is a loopback address');
  expect(proxy.asked).toEqual([]);
  expect((await outbound.follow(`${FAR}/.well-known/x`)).status).toBe(200);
});

const NAMED_ALONE =
  'is a name that only the proxy (proxy) can look up: if it is right, write it into the configuration';

test.each([
  ['https://mcp.example.test/mcp', 'https://vault.corp.test', false],
  ['https://mcp.example.test/mcp', 'https://vault', false],
  ['https://mcp.test/mcp', 'https://vault.test', false],
  ['https://1.1.1.1/mcp', 'https://auth.example.test', false],
  ['https://mcp.example.test/mcp', 'https://mcp.example.test.evil.test', false],
  ['https://mcp.example.test/mcp', 'https://mcp.example.test:8443', true],
  ['http://mcp.example.test/mcp', 'https://mcp.example.test', true],
  ['https://mcp.example.test/mcp', 'https://auth.example.test', true],
  ['https://mcp.example.test/mcp', 'https://example.test', true],
  ['https://example.test/mcp', 'https://auth.example.test', true],
  ['https://mcp.example.test/mcp', 'https://sso.named.test', true],
  ['http://10.0.0.1/mcp', 'https://vault.corp.test', true],
])('a name that only a proxy can look up: %s may lead to %s: %s [outbound.proxy-names]', async (url, to, isLed) => {
  const target = await startTarget();
  const proxy = await startProxy(target.port);
  const through = { url, proxy: `http://127.0.0.1:${proxy.port}`, named: ['https://sso.named.test/realm'] };
  const followed = new Outbound(through).follow(`${to}/.well-known/x`).catch(causeOf);
  // What it leads to speaks no TLS: that the proxy was asked for it is enough.
  expect(await followed).toContain(isLed ? 'speaks no TLS' : NAMED_ALONE);
  const { host } = new URL(to);
  expect(proxy.asked).toEqual(isLed ? [`CONNECT ${host.includes(':') ? host : `${host}:443`}`] : []);
});

test('without a proxy a name that nobody knows is told as such [outbound.proxy-names]', async () => {
  const { follow } = new Outbound({ url: 'https://1.1.1.1/mcp', proxy: false });
  const told = await follow('https://vault.corp.test/').catch(causeOf);
  expect(told).not.toContain('only the proxy');
});

test('the endpoints of an authorization server that the entry names may be on hosts that only the proxy knows [outbound.proxy-names]', async () => {
  const issuer = 'http://sso.named.test';
  const endpoints = {
    authorization_endpoint: 'https://login.other.test/a',
    token_endpoint: 'https://api.third.test/t',
  };
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ issuer, ...endpoints }));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  const proxy = await startProxy((server.address() as AddressInfo).port);
  for (const [named, isLed] of [
    [[issuer], true],
    [[], false],
  ] as const) {
    const outbound = new Outbound({ url: `${FAR}/mcp`, proxy: `http://127.0.0.1:${proxy.port}`, named });
    const read = oauthFetch(outbound)(`${issuer}/.well-known/oauth-authorization-server`);
    if (!isLed) await expect(read).rejects.toThrow(NAMED_ALONE);
    else expect((await read).ok).toBe(true);
    for (const endpoint of Object.values(endpoints)) {
      const checked = outbound.check(new URL(endpoint)).catch(causeOf);
      expect(await checked, endpoint).toEqual(isLed ? undefined : expect.stringContaining(NAMED_ALONE));
    }
    await expect(outbound.check(new URL('https://vault.corp.test'))).rejects.toThrow(NAMED_ALONE);
  }
});

test('user and password of an address are sent as Basic, to it alone [outbound.basic]', async () => {
  const target = await startTarget();
  const address = `http://127.0.0.1:${target.port}`;
  const outbound = new Outbound({ url: `http://me:p%40ss%3A@127.0.0.1:${target.port}/mcp` });
  expect(String(outbound.url)).toBe(`${address}/mcp`);
  const basic = `Basic ${Buffer.from('me:p@ss:').toString('base64')}`;
  expect(await (await outbound.fetch(outbound.url)).text()).toContain(basic);
  expect(await (await outbound.fetch(address, { headers: { Authorization: 'Bearer x' } })).text()).toContain(
    'Bearer x',
  );
  const other = await startTarget();
  expect(await (await outbound.fetch(`http://127.0.0.1:${other.port}`)).text()).toContain('undefined');
  expect(await (await outbound.follow(`${address}/metadata`)).text()).toContain('undefined');
});

test('a redirect is followed by what only reads, and within reach alone [outbound.reach]', async () => {
  const target = await startTarget();
  const away = (to: string) => `http://localhost:${target.port}/away?to=${encodeURIComponent(to)}`;
  const { follow } = new Outbound({ url: `http://127.0.0.1:${target.port}` });
  expect(await (await follow(away('/there'))).text()).toContain('/there');
  expect((await follow(away('/there'), { redirect: 'manual' })).status).toBe(302);
  expect((await follow(away('/there'), { method: 'POST' })).status).toBe(302);
  await expect(follow(away('http://169.254.169.254/latest'))).rejects.toThrow('is a link-local address');
  await expect(follow(away('file:///etc/passwd'))).rejects.toThrow('is no http(s) address');
  expect((await follow(away(away('').replace(/to=$/, 'to=%2Faway')))).status).toBe(302);
});

test('the address that is connected to is one that was looked at [outbound.pinned]', async () => {
  const target = await startTarget();
  const seen: string[] = [];
  const pinned = await dispatcherBy({ lookup: lookupBy((addresses) => void seen.push(...addresses)) });
  const url = `http://localhost:${target.port}/`;
  expect((await fetch(url, { dispatcher: pinned })).status).toBe(200);
  expect(seen).toContain('127.0.0.1');
  const refusing = await dispatcherBy({
    lookup: lookupBy(() => {
      throw new TargetRefused('not there');
    }),
  });
  const error = await fetch(url, { dispatcher: refusing }).catch((caught: unknown) => caught);
  expect(refusalIn(error)?.message).toBe('not there');
  expect(target.requests).toHaveLength(1);
});
