import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { Gateway as Library } from '../../src/gateway/gateway.ts';
import { loadConfig } from '../../src/lib.ts';
import { readStats } from '../../src/policy/stats/stats-file.ts';
import { connectHttp } from '../helpers/clients/http-clients.ts';
import { runCommand } from '../helpers/command-line/command.ts';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { local, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const SERVERS = { demo: local({ tools: ['echo', 'add', 'fail'], toolCount: 40 }) };
const DEBUG = { $gateway: { logLevel: 'debug' }, ...SERVERS };

/** A gateway that counts into a folder that others count into as well. */
const counting = (data: string, config: object = DEBUG) => startGateway({ config, env: { XDG_DATA_HOME: data } });

/** What `stats --json` says of that folder. */
async function statsOf(data: string): Promise<JsonObject> {
  const { code, stdout } = await runCommand(['stats', '--json'], { home: data, env: { XDG_DATA_HOME: data } });
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

/** A session's worth of everything: five calls, two of which fail, a job, three searches. */
async function work(gateway: Gateway): Promise<void> {
  await gateway.knows('demo::echo');
  await gateway.search('echo');
  await gateway.search('zzqqxxyy');
  await gateway.invoke('demo::echo', { text: 'a' });
  await gateway.invoke('demo::fail');
  await gateway.invoke('demo::missing');
  await gateway.invokeAsync('demo::echo', { text: 'b' });
  const { jobId } = await gateway.invokeAsync('demo::echo', { text: 'c' });
  await gateway.jobStatus(jobId, { waitMs: 10_000 });
  await gateway.search('adds two numbers');
}

const WORKED = { sessions: 1, calls: 5, jobs: 2, searches: 3, foundNothing: 1, ledToCall: 1, ledToNoCall: 1 };

test('a session is counted, said at debug, and shown by stats [receipt.counts, receipt.session, receipt.stats]', async () => {
  const data = temporaryDirectory();
  const gateway = await counting(data);
  await work(gateway);
  await gateway.stop();
  const stats = await statsOf(data);
  expect(stats).toMatchObject({
    ...WORKED,
    failures: { tool_error: 1, TOOL_NOT_FOUND: 1 },
    servers: [{ name: 'demo', calls: 4, failed: 1 }],
    tools: [
      { name: 'demo::echo', calls: 3, failed: 0 },
      { name: 'demo::fail', calls: 1, failed: 1 },
    ],
  });
  expect(stats.tokensNotSent).toBeGreaterThan(0);
  const { ledToNoCall: _, ...said } = WORKED;
  expect(gateway.logs.filter(({ message }) => message === 'receipt')).toEqual([
    expect.objectContaining({ ...said, level: 'debug', tokensNotSent: stats.tokensNotSent }),
  ]);
});

test('two gateways that count at the same time add up, and one that is killed counts too [receipt.together, receipt.crash]', async () => {
  const data = temporaryDirectory();
  const [one, two] = await Promise.all([counting(data), counting(data)]);
  await Promise.all([work(one), work(two)]);
  // The lock of one that was killed while it wrote.
  mkdirSync(join(data, 'mcp-gateway'), { recursive: true });
  writeFileSync(join(data, 'mcp-gateway', 'stats.json.lock'), '');
  const saved = async () => (await readStats(join(data, 'mcp-gateway', 'stats.json')))?.counts.calls === 10;
  await waitUntil(saved, { timeoutMs: 20_000, what: 'both have kept what they counted' });
  await Promise.all([one.stop('SIGKILL'), two.stop()]);
  const stats = await statsOf(data);
  expect(stats).toMatchObject({ sessions: 2, calls: 10, jobs: 4, searches: 6, foundNothing: 2, ledToCall: 2 });
});

test('"stats": false counts and writes nothing [receipt.switch]', async () => {
  const data = temporaryDirectory();
  const gateway = await counting(data, { ...SERVERS, $gateway: { logLevel: 'debug', stats: false } });
  await work(gateway);
  await gateway.stop();
  expect(gateway.logs.filter(({ message }) => message === 'receipt')).toEqual([]);
  expect(existsSync(join(data, 'mcp-gateway', 'stats.json'))).toBe(false);
});

test('over HTTP each session is one, and so are calls without one [receipt.counts, receipt.session]', async () => {
  const { address, stop, data } = await served();
  const clients = await Promise.all([connectHttp(address), connectHttp(address)]);
  for (const client of clients) await client.callTool('invoke', { id: 'demo::echo', args: { text: 'x' } });
  const body = JSON.stringify({ tool: 'echo', arguments: {} });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${address}/api/v1/tools/call`, { method: 'POST', headers, body });
  await stop();
  expect(await statsOf(data)).toMatchObject({ sessions: 2, calls: 3 });
});

async function served() {
  const data = temporaryDirectory();
  const file = join(data, 'config.json');
  writeFileSync(file, JSON.stringify({ $gateway: { port: 0, auth: { strategy: 'none' } }, ...SERVERS }));
  const gateway = new Library(await loadConfig(file), { dataDirectory: join(data, 'mcp-gateway') });
  await gateway.start();
  await gateway.settled(10_000);
  return { data, address: gateway.url ?? '', stop: () => gateway.stop() };
}

test('a gateway that serves no client counts nothing [receipt.people]', async () => {
  const data = temporaryDirectory();
  const file = join(data, 'config.json');
  writeFileSync(file, JSON.stringify(SERVERS));
  const gateway = new Library(await loadConfig(file), { dataDirectory: join(data, 'mcp-gateway') });
  gateway.startServers();
  await gateway.settled(10_000);
  const owner = { identified: Promise.resolve({ capabilities: {} }), isShared: false };
  const { broker } = gateway.internals().attach({ owner });
  await broker.search({ query: 'echo', limit: 3 }, { id: 'local', roles: [] });
  await gateway.stop();
  expect(existsSync(join(data, 'mcp-gateway', 'stats.json'))).toBe(false);
});

test('stats is a table for people, and begins anew on request [receipt.stats]', async () => {
  const data = temporaryDirectory();
  const stats = (...args: string[]) => runCommand(['stats', ...args], { home: data, env: { XDG_DATA_HOME: data } });
  expect(await stats()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing was counted so far/) });
  const gateway = await counting(data);
  await work(gateway);
  await gateway.stop();
  const { stdout } = await stats();
  expect(stdout).toMatch(/^Since \d{4}-\d\d-\d\d, 1 session\n {2}Tool definitions not sent {2}[\d,]+ tokens\n/);
  expect(stdout).toMatch(/Calls +5, 2 failed: 1 (?:tool_error, 1 TOOL_NOT_FOUND|TOOL_NOT_FOUND, 1 tool_error)\n/);
  expect(stdout).toContain('3: 1 led to a call, 1 to none, 1 found nothing');
  expect(stdout).toMatch(/^demo +4 +1$/m);
  expect(await stats('--reset')).toMatchObject({ code: 0, stdout: expect.stringContaining('begins anew') });
  expect(await stats()).toMatchObject({ stdout: expect.stringMatching(/^Nothing was counted so far/) });
  expect(await stats('now')).toMatchObject({ code: 2, stderr: expect.stringContaining('found "now"') });
  writeFileSync(join(data, 'mcp-gateway', 'stats.json'), '{"format":9}');
  expect(await stats()).toMatchObject({ code: 1, stderr: expect.stringContaining('another version') });
  expect(readFileSync(join(data, 'mcp-gateway', 'stats.json'), 'utf8')).toBe('{"format":9}');
});
