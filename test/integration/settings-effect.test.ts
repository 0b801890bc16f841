import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { expect, test } from 'vitest';
import { settingsThat } from '../../src/config/applies.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { beginJob, type HttpClient, type LocalGateway, serveHttp } from '../helpers/clients/http-clients.ts';
import { textOf } from '../helpers/clients/results.ts';
import { SharedHome, type SharedSession } from '../helpers/gateway/shared-sessions.ts';
import { local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

interface LiveCase {
  readonly setting: string;
  readonly before?: object;
  readonly after: object;
  /** Whether the new value counts. */
  readonly counts: (gateway: LocalGateway, client: HttpClient) => Promise<boolean>;
  /** Done while the old value counts. */
  readonly first?: (client: HttpClient) => Promise<unknown>;
}

const ORIGIN = 'https://page.example';

/** The status of `GET /api/v1/servers`; `fetch` lets nobody say another Host. */
function statusOf({ address }: LocalGateway, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`${address}/api/v1/servers`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject);
  });
}

const headersOf = async ({ address }: LocalGateway) =>
  (await fetch(`${address}/api/v1/servers`, { headers: { origin: ORIGIN } })).headers;

async function runningJobs({ address }: LocalGateway): Promise<number> {
  const metrics = (await (await fetch(`${address}/metrics`)).text()).split('\n');
  const line = metrics.find((each) => /jobs?_running/.test(each) && !each.startsWith('#')) ?? '';
  return Number(line.split(' ').at(-1));
}

const isDenied = (client: HttpClient) =>
  client.callTool('describe', { id: 'u::echo' }).then(({ isError }) => isError === true);

const LIVE: readonly LiveCase[] = [
  {
    setting: 'logLevel',
    before: { logLevel: 'error' },
    after: { logLevel: 'info' },
    counts: async ({ logged }) => logged.some(({ message }) => message === 'configuration taken over'),
  },
  {
    setting: 'permissions',
    after: { permissions: [{ tool: 'echo', action: 'deny' }] },
    counts: (_, client) => isDenied(client),
  },
  {
    setting: 'invoke.waitMs',
    after: { invoke: { waitMs: 1 } },
    counts: async (_, client) => textOf(await client.invoke('u::progress', { steps: 1, ms: 50 })).includes('jobId'),
  },
  {
    setting: 'jobs.concurrency',
    before: { jobs: { concurrency: 1 } },
    after: { jobs: { concurrency: 2 } },
    first: async (client) => {
      for (const id of ['u::hang', 'u::hang']) await beginJob(client, id, {});
    },
    counts: async (gateway) => (await runningJobs(gateway)) === 2,
  },
  {
    setting: 'auth',
    after: { auth: { strategy: 'api-key', apiKeys: ['a-key-of-somebody'] } },
    counts: async (gateway) => (await statusOf(gateway)) === 401,
  },
  {
    setting: 'rateLimit',
    after: { rateLimit: { limit: 1, windowSeconds: 600 } },
    counts: async (gateway) => (await statusOf(gateway)) === 429,
  },
  {
    setting: 'corsOrigins',
    after: { corsOrigins: [ORIGIN] },
    counts: async (gateway) => (await headersOf(gateway)).get('access-control-allow-origin') === ORIGIN,
  },
  {
    setting: 'http.allowedHosts',
    after: { http: { allowedHosts: ['gateway.example'] } },
    counts: async (gateway) => (await statusOf(gateway, { host: 'gateway.example' })) === 200,
  },
  {
    setting: 'http.maxBodyBytes',
    after: { http: { maxBodyBytes: 1_000 } },
    counts: async ({ address }) => {
      const body = JSON.stringify({ tool: 'u::echo', arguments: { text: 'x'.repeat(2_000) } });
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${address}/api/v1/tools/call`, { method: 'POST', headers, body })).status === 413;
    },
  },
];

test.each(LIVE)('$setting takes effect at once [config.applies]', async ({ before = {}, after, first, counts }) => {
  const gateway = await serveHttp(before, { u: local({ tools: ['echo', 'progress', 'hang'] }) });
  const client = await gateway.connect();
  await first?.(client);
  expect(await counts(gateway, client)).toBe(false);
  gateway.write({ ...before, ...after });
  await waitUntil(() => counts(gateway, client));
});

test('results.maxInlineBytes counts for the next session, not for those that run [config.applies]', async () => {
  const u = local({ tools: ['sized'] });
  const home = new SharedHome({ u });
  const isWhole = async (session: SharedSession) => (await session.invoke('u::sized', { bytes: 8_000 })).length > 7_000;
  const running = await home.open();
  expect(await isWhole(running)).toBe(true);
  writeFileSync(home.config, JSON.stringify({ $gateway: { results: { maxInlineBytes: 4_000 } }, u }));
  await waitUntil(() => home.logged('configuration taken over').length > 0);
  expect(await isWhole(await home.open())).toBe(false);
  expect(await isWhole(running)).toBe(true);
});

/** Another value for each setting that is read at the start only. */
const START: Readonly<Record<string, object>> = {
  port: { port: 1 },
  host: { host: 'localhost' },
  'search.usage': { search: { usage: false } },
  'monitor.requestLog': { monitor: { requestLog: false } },
  'monitor.prometheus': { monitor: { prometheus: false } },
  'monitor.retentionHours': { monitor: { retentionHours: 1 } },
  'monitor.maxRecords': { monitor: { maxRecords: 1 } },
  'monitor.arguments': { monitor: { arguments: true } },
  'monitor.healthSeconds': { monitor: { healthSeconds: 0 } },
};

test('a reload names each setting that takes effect at the next start, and the file [config.waits-for-start]', async () => {
  const gateway = await serveHttp({});
  const { path } = gateway.gateway.internals().config();
  const told = () => gateway.logged.filter(({ setting }) => setting !== undefined);
  expect(Object.keys(START).sort()).toEqual(
    settingsThat('start', settingsSchema.shape)
      .map((at) => at.join('.'))
      .sort(),
  );
  for (const [setting, changed] of Object.entries(START)) {
    gateway.logged.length = 0;
    gateway.write(changed);
    await waitUntil(() => gateway.logged.some(({ message }) => message === 'configuration taken over'));
    expect(told()).toMatchObject([
      { level: 'warning', setting, message: `${path}: ${setting} takes effect at the next start` },
    ]);
  }
  gateway.logged.length = 0;
  gateway.write({});
  await waitUntil(() => gateway.logged.some(({ message }) => message === 'configuration taken over'));
  expect(told()).toEqual([]);
  // What is used stays what it was.
  expect((await fetch(`${gateway.address}/metrics`)).status).toBe(200);
});
