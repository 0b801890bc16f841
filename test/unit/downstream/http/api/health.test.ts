import { expect, test } from 'vitest';
import type { ServerView } from '../../../../../src/broker/server-views.ts';
import { createHealth, healthOf } from '../../../../../src/downstream/http/api/health.ts';

const view = (id: string, status: ServerView['status'], available = false): ServerView => {
  return { id, type: 'local', tags: [], status, available, tools: 0, error: 'spawn /home/me/secret' };
};
const UP = view('up', 'ready', true);
const DOWN = [view('down', 'failing'), view('locked', 'needs_auth'), view('wrong', 'misconfigured')];

test('one server that can be called is enough [http.api-health]', () => {
  expect(healthOf([...DOWN, UP])).toEqual({ status: 'ok', reasons: [] });
  expect(healthOf([view('asleep', 'idle', true)])).toEqual({ status: 'ok', reasons: [] });
});

test('without any, the reasons name each server, but not what it said [http.api-health]', () => {
  const { status, reasons } = healthOf(DOWN);
  expect(status).toBe('unavailable');
  expect(reasons).toEqual(['down is failing', 'locked needs login', 'wrong is misconfigured']);
  expect(healthOf([])).toEqual({ status: 'unavailable', reasons: ['no server is configured'] });
});

test('health, live and ready are three answers [http.api-health]', async () => {
  let servers: readonly ServerView[] = [UP];
  let stopping = false;
  const app = createHealth({ allServers: () => servers }, { isStopping: () => stopping });
  const ask = async (path: string) => {
    const response = await app.request(path);
    expect(response.headers.get('cache-control')).toBe('no-store');
    return { status: response.status, body: await response.json() };
  };
  const all = async () => [await ask('/health'), await ask('/health/live'), await ask('/health/ready')];
  const ok = { status: 200, body: { status: 'ok' } };
  expect(await all()).toEqual([ok, ok, ok]);
  stopping = true;
  const stopped = { status: 503, body: { status: 'unavailable', reasons: ['the gateway is stopping'] } };
  expect(await all()).toEqual([ok, ok, stopped]);
  stopping = false;
  servers = [view('down', 'failing')];
  const reasons = ['down is failing'];
  const down = { status: 503, body: { status: 'unavailable', reasons } };
  expect(await all()).toEqual([down, ok, down]);
});
