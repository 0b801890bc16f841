import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { GatewayError } from '../../../src/core/errors.ts';
import { type Gauges, Metrics } from '../../../src/observe/metrics.ts';
import { type Family, parsePrometheus } from '../../helpers/clients/prometheus-text.ts';
import { callEach, callOf, contextOf, failing, giving, OK, observing } from '../../helpers/gateway/observed-calls.ts';

const IDLE: Gauges = { queued: () => 0, running: () => 0, servers: () => ({}), sessions: () => ({}), tools: () => 0 };

function metricsWith(gauges: Partial<Gauges> = {}): Metrics {
  const metrics = new Metrics({ ...IDLE, ...gauges }, '1.2.3');
  onTestFinished(() => metrics.close());
  return metrics;
}

const read = async (metrics: Metrics) => parsePrometheus(await metrics.text());

/** The value of the one sample with these labels. */
function sampleOf(
  families: Map<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const samples = [...families.values()].flatMap((family) => family.samples);
  return samples.find((sample) => sample.name === name && isSame(sample.labels, labels))?.value;
}

function isSame(left: object, right: object): boolean {
  return JSON.stringify(Object.entries(left).sort()) === JSON.stringify(Object.entries(right).sort());
}

const timeout = new GatewayError('TIMEOUT', 'too long');

test('calls are counted by server, tool and outcome, and timed in seconds [monitor.metrics]', async () => {
  const metrics = metricsWith();
  await callEach(observing(metrics), [callOf('s', 'a'), callOf('s', 'a'), callOf('s', 'b')]);
  await callEach(observing(metrics), [callOf('s', 'a')], giving({ isError: true }));
  await observing(metrics)(failing(timeout))(callOf('s', 'a'), contextOf()).catch(() => undefined);
  const families = await read(metrics);
  const calls = (tool: string, outcome: string) =>
    sampleOf(families, 'mcp_gateway_calls_total', { server: 's', tool, outcome });
  expect([calls('a', 'ok'), calls('a', 'tool_error'), calls('a', 'TIMEOUT'), calls('b', 'ok')]).toEqual([2, 1, 1, 1]);
  expect(sampleOf(families, 'mcp_gateway_errors_total', { code: 'TIMEOUT' })).toBe(1);
  const durations = (figure: string, rest = {}) =>
    sampleOf(families, `mcp_gateway_call_duration_seconds_${figure}`, { server: 's', tool: 'a', ...rest });
  expect(durations('count')).toBe(4);
  expect(durations('bucket', { le: '+Inf' })).toBe(4);
  expect(durations('bucket', { le: '600' })).toBe(4);
});

test('durations fall into their buckets, each holding those below it [monitor.metrics]', async () => {
  const metrics = metricsWith();
  for (const durationMs of [0.5, 1, 3, 40, 700, 59_000, 599_000, 3_600_000]) {
    metrics.ended({ call: callOf('s', 't'), context: contextOf(), at: 0, durationMs, outcome: 'ok' });
  }
  const families = await read(metrics);
  const below = ['0.001', '0.005', '0.05', '1', '60', '600', '+Inf'].map((le) =>
    sampleOf(families, 'mcp_gateway_call_duration_seconds_bucket', { server: 's', tool: 't', le }),
  );
  expect(below).toEqual([2, 3, 4, 5, 6, 7, 8]);
});

test('calls at one time are counted exactly [monitor.metrics]', async () => {
  const metrics = metricsWith();
  const results: Promise<unknown>[] = [];
  const next = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return OK;
  };
  const call = observing(metrics)(next);
  for (let index = 0; index < 3_000; index++) results.push(call(callOf('s', `t${index % 3}`), contextOf()));
  await Promise.all(results);
  const families = await read(metrics);
  for (const tool of ['t0', 't1', 't2']) {
    expect(sampleOf(families, 'mcp_gateway_calls_total', { server: 's', tool, outcome: 'ok' })).toBe(1_000);
  }
});

test('calls that reach no tool and requests turned away are counted, their names are no labels [monitor.refused]', async () => {
  const metrics = metricsWith();
  for (let index = 0; index < 50; index++) {
    metrics.refused(`guess-${index}`, new GatewayError('TOOL_NOT_FOUND', 'no such tool'));
    metrics.limited();
    metrics.unauthenticated(index % 2 ? 'expired' : 'missing');
  }
  const families = await read(metrics);
  expect(sampleOf(families, 'mcp_gateway_refused_total', { code: 'TOOL_NOT_FOUND' })).toBe(50);
  expect(sampleOf(families, 'mcp_gateway_errors_total', { code: 'TOOL_NOT_FOUND' })).toBe(50);
  expect(sampleOf(families, 'mcp_gateway_rate_limited_total')).toBe(50);
  expect(sampleOf(families, 'mcp_gateway_unauthenticated_total', { reason: 'expired' })).toBe(25);
  expect(await metrics.text()).not.toContain('guess-');
});

test('beyond 500 tools they are counted as "other" of their server, beyond 100 servers of "other" [monitor.labels]', async () => {
  const metrics = metricsWith();
  await callEach(
    observing(metrics),
    Array.from({ length: 1_000 }, (_, index) => callOf(`s${index % 2}`, `t${index}`)),
  );
  await callEach(
    observing(metrics),
    Array.from({ length: 300 }, (_, index) => callOf(`late${index}`, 'x')),
  );
  await callEach(observing(metrics), [callOf('s0', 't0')]);
  const families = await read(metrics);
  const samples = families.get('mcp_gateway_calls_total')?.samples ?? [];
  expect(samples).toHaveLength(500 + 2 + 98 + 1);
  const calls = (server: string, tool: string) =>
    sampleOf(families, 'mcp_gateway_calls_total', { server, tool, outcome: 'ok' });
  expect([calls('s0', 't0'), calls('s0', 'other'), calls('s1', 'other')]).toEqual([2, 250, 250]);
  expect([calls('late0', 'other'), calls('other', 'other')]).toEqual([1, 300 - 98]);
  expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(1_301);
});

test('reasons are bounded too [monitor.labels]', async () => {
  const metrics = metricsWith();
  for (let index = 0; index < 1_000; index++) metrics.unauthenticated(`reason ${index}`);
  const samples = (await read(metrics)).get('mcp_gateway_unauthenticated_total')?.samples ?? [];
  expect(samples).toHaveLength(21);
  expect(samples.find(({ labels }) => labels.reason === 'other')?.value).toBe(980);
});

test('names of any kind are escaped, and long ones cut [monitor.prometheus, monitor.labels]', async () => {
  const metrics = metricsWith({ servers: () => ({ 'rea"dy\n': 1 }) });
  const names = ['quo"te', 'back\\slash', 'line\nbreak', '} 1\nfake_metric 2', '日本語', '\r', 'x'.repeat(5_000)];
  await callEach(
    observing(metrics),
    names.map((name) => callOf(name, name)),
  );
  const families = await read(metrics);
  for (const name of names.slice(0, -1)) {
    expect(sampleOf(families, 'mcp_gateway_calls_total', { server: name, tool: name, outcome: 'ok' })).toBe(1);
  }
  expect(families.has('fake_metric')).toBe(false);
  expect(sampleOf(families, 'mcp_gateway_servers', { state: 'rea"dy\n' })).toBe(1);
  expect(await metrics.text()).not.toContain('x'.repeat(201));
});

test('each metric of the gateway has its type and help, from the start [monitor.prometheus]', async () => {
  const metrics = metricsWith();
  const families = await read(metrics);
  const own = [...families].filter(([name]) => name.startsWith('mcp_gateway_')).map(([name, { type }]) => [name, type]);
  expect(Object.fromEntries(own)).toEqual({
    mcp_gateway_calls_total: 'counter',
    mcp_gateway_errors_total: 'counter',
    mcp_gateway_call_duration_seconds: 'histogram',
    mcp_gateway_refused_total: 'counter',
    mcp_gateway_rate_limited_total: 'counter',
    mcp_gateway_unauthenticated_total: 'counter',
    mcp_gateway_jobs_queued: 'gauge',
    mcp_gateway_jobs_running: 'gauge',
    mcp_gateway_tools: 'gauge',
    mcp_gateway_servers: 'gauge',
    mcp_gateway_sessions: 'gauge',
    mcp_gateway_build_info: 'gauge',
  });
  expect([...families.values()].every(({ help }) => help.length > 0)).toBe(true);
  expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
});

test('gauges are read anew each time, and a state that is gone is gone [monitor.gauges]', async () => {
  const now = { queued: 1, servers: { ready: 2, waiting: 1 } as Record<string, number> };
  const metrics = metricsWith({ queued: () => now.queued, servers: () => now.servers, sessions: () => ({ http: 4 }) });
  const before = await read(metrics);
  Object.assign(now, { queued: 7, servers: { ready: 3 } });
  const after = await read(metrics);
  expect(sampleOf(before, 'mcp_gateway_jobs_queued')).toBe(1);
  expect(sampleOf(before, 'mcp_gateway_servers', { state: 'waiting' })).toBe(1);
  expect(sampleOf(after, 'mcp_gateway_jobs_queued')).toBe(7);
  expect(after.get('mcp_gateway_servers')?.samples).toMatchObject([{ labels: { state: 'ready' }, value: 3 }]);
  expect(sampleOf(after, 'mcp_gateway_sessions', { transport: 'http' })).toBe(4);
  expect(sampleOf(after, 'mcp_gateway_build_info', { version: '1.2.3' })).toBe(1);
});

test('the JSON has totals, and each tool with quantiles of its durations [monitor.json]', async () => {
  const metrics = metricsWith({ tools: () => 9, running: () => 2, servers: () => ({ ready: 1 }) });
  const ended = (tool: string, durationMs: number, outcome: 'ok' | 'tool_error' | 'TIMEOUT') =>
    metrics.ended({ call: callOf('s', tool), context: contextOf(), at: 0, durationMs, outcome });
  for (let ms = 1; ms <= 100; ms++) ended('busy', ms, ms > 98 ? 'TIMEOUT' : 'ok');
  ended('endless', 3_600_000, 'tool_error');
  metrics.refused('x', new GatewayError('QUEUE_FULL', 'full'));
  metrics.limited();
  metrics.unauthenticated('expired');
  const json = await metrics.json();
  expect(json).toMatchObject({
    version: '1.2.3',
    calls: 101,
    outcomes: { ok: 98, TIMEOUT: 2, tool_error: 1 },
    errors: { TIMEOUT: 2, QUEUE_FULL: 1 },
    refused: { QUEUE_FULL: 1 },
    rateLimited: 1,
    unauthenticated: { expired: 1 },
    jobs: { queued: 0, running: 2 },
    servers: { ready: 1 },
    sessions: {},
    tools: 9,
  });
  // Durations are even within each bucket here, so the estimates are the true quantiles.
  expect(json.byTool).toEqual([
    { server: 's', tool: 'busy', calls: 100, errors: 2, p50Ms: 50, p95Ms: 95, p99Ms: 99 },
    { server: 's', tool: 'endless', calls: 1, errors: 1, p50Ms: 600_000, p95Ms: 600_000, p99Ms: 600_000 },
  ]);
  expect(JSON.parse(JSON.stringify(json))).toEqual(json);
});

test('no secret of a call comes into the metrics [monitor.secrets]', async () => {
  const metrics = metricsWith();
  const error = new GatewayError('UPSTREAM_ERROR', 'hunter2', { details: { token: 'hunter2' } });
  const call = callOf('s', 't', { apiKey: 'hunter2' });
  await observing(metrics)(failing(error))(call, contextOf('hunter2', 'hunter2')).catch(() => undefined);
  await observing(metrics)(giving({ content: ['hunter2'] }))(call, contextOf('hunter2', 'hunter2'));
  expect(await metrics.text()).not.toContain('hunter2');
  expect(JSON.stringify(await metrics.json())).not.toContain('hunter2');
});

test('the dashboard asks only for metrics that there are [monitor.dashboard]', async () => {
  const file = new URL('../../../examples/grafana-dashboard.json', import.meta.url);
  const dashboard = JSON.parse(readFileSync(file, 'utf8')) as { panels: { targets: { expr: string }[] }[] };
  const metrics = metricsWith();
  await callEach(observing(metrics), [callOf('s', 't')]);
  const families = await read(metrics);
  const samples = [...families.values()].flatMap((family) => family.samples.map(({ name }) => name));
  const known = new Set([...families.keys(), ...samples]);
  const asked = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const all = [...asked, readFileSync(file, 'utf8')].flatMap((text) =>
    text.match(/\b(mcp_gateway|process|nodejs)_\w+/g),
  );
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter((expr) => !/(mcp_gateway|process|nodejs)_\w+/.test(expr))).toEqual([]);
  expect(all.filter((name) => name !== null && !known.has(name))).toEqual([]);
});
