import { expect, onTestFinished, test } from 'vitest';
import { GatewayError } from '../../../src/core/errors.ts';
import { notifyObservers } from '../../../src/observe/ended-call.ts';
import { Metrics } from '../../../src/observe/metrics.ts';
import { observeCalls } from '../../../src/observe/observe-calls.ts';
import { RequestLog } from '../../../src/observe/request-log.ts';
import { callOf, contextOf, failing, giving, OK } from '../../helpers/gateway/observed-calls.ts';

const newLog = () => new RequestLog({ retentionMs: 1e9, maxRecords: 10_000, keepArguments: true });

function newMetrics(): Metrics {
  const none = () => ({});
  const zero = () => 0;
  const gauges = { queued: zero, running: zero, servers: none, sessions: none, tools: zero };
  const metrics = new Metrics(gauges, '0');
  onTestFinished(() => metrics.close());
  return metrics;
}

const policies = {
  'the request log': () => observeCalls({ requests: newLog() }).policy,
  'the metrics': () => observeCalls({ metrics: newMetrics() }).policy,
  both: () => observeCalls({ requests: newLog(), metrics: newMetrics() }).policy,
  neither: () => observeCalls({}).policy,
  'an observer that throws': () =>
    notifyObservers([
      () => {
        throw new Error('the note failed');
      },
    ]),
};

test.each(Object.entries(policies))(
  'under %s a call, its result and its error are the very same [monitor.unchanged]',
  async (_, policy) => {
    const call = callOf('s', 't', { a: [1] });
    const context = contextOf();
    const result = Object.freeze({ content: Object.freeze([]), isError: true });
    const seen: unknown[] = [];
    const next = policy()((...given) => {
      seen.push(...given);
      return Promise.resolve(result);
    });
    expect(await next(call, context)).toBe(result);
    expect(seen[0]).toBe(call);
    expect(seen[1]).toBe(context);
    for (const error of [new GatewayError('TIMEOUT', 'x'), new Error('x'), 'a text', undefined]) {
      expect(await policy()(failing(error))(call, context).catch((caught: unknown) => [caught])).toEqual([error]);
      const caught = await policy()(failing(error))(call, context).catch((thrown: unknown) => thrown);
      expect(caught).toBe(error);
    }
  },
);

test('arguments and results that are no JSON do not disturb a call [monitor.unchanged]', async () => {
  const hostile = {
    big: 10n,
    get thrown() {
      throw new Error('do not look');
    },
  };
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const { policy } = observeCalls({ requests: newLog(), metrics: newMetrics() });
  for (const value of [hostile, cycle]) {
    expect(await policy(giving(value))(callOf('s', 't', value), contextOf())).toBe(value);
  }
});

test('an observer that throws does not keep the next one from its note [monitor.unchanged]', async () => {
  const noted: string[] = [];
  const policy = notifyObservers([
    () => {
      throw new Error('the note failed');
    },
    ({ outcome }) => noted.push(outcome),
  ]);
  await policy(giving(OK))(callOf('s', 't'), contextOf());
  expect(noted).toEqual(['ok']);
});

test('log and metrics are told the same of each call, many at one time [monitor.outcome, monitor.metrics]', async () => {
  const [requests, metrics] = [newLog(), newMetrics()];
  const { policy } = observeCalls({ requests, metrics });
  const timeout = new GatewayError('TIMEOUT', 'x');
  const call = policy(async ({ args }) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (args.kind === 0) throw timeout;
    return args.kind === 1 ? { isError: true } : OK;
  });
  const calls = Array.from({ length: 3_000 }, (_, index) => call(callOf('s', 't', { kind: index % 3 }), contextOf()));
  await Promise.allSettled(calls);
  const { outcomes } = await metrics.json();
  expect(outcomes).toEqual({ ok: 1_000, tool_error: 1_000, TIMEOUT: 1_000 });
  for (const outcome of ['ok', 'tool_error', 'TIMEOUT']) {
    const { records } = requests.query({ limit: 10_000, outcome });
    expect(records).toHaveLength(1_000);
    expect(new Set(records.map(({ id }) => id)).size).toBe(1_000);
  }
});

test('a call that reaches no tool is told to both, or to the one there is [monitor.refused]', async () => {
  const [requests, metrics] = [newLog(), newMetrics()];
  const full = new GatewayError('QUEUE_FULL', 'x');
  observeCalls({ requests, metrics }).refused({ id: 'me', tags: ['team'] }, 's::t', full);
  observeCalls({ requests }).refused({ id: 'me' }, 's::t', full);
  observeCalls({ metrics }).refused({ id: 'me' }, 's::t', full);
  observeCalls({}).refused({ id: 'me' }, 's::t', full);
  expect(requests.query({ limit: 10 }).records).toMatchObject([{ outcome: 'QUEUE_FULL' }, { tags: ['team'] }]);
  expect((await metrics.json()).refused).toEqual({ QUEUE_FULL: 2 });
});
