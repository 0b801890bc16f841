import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type CallAll, overHttp, overPipes } from '../helpers/clients/call-lanes.ts';
import { Counting, type Counts } from '../helpers/gateway/counts.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { startHttpGateway } from '../helpers/gateway/http-gateway.ts';
import { startPlainHttpServer } from '../helpers/servers/plain-http-server.ts';

/**
 * What a call may cost the gateway's process: counts that are the same on a busy machine. A change that raises one of them
 * fails here until its number is raised on purpose, with its reason beside it; one that lowers it lowers the number too.
 * `bytes` is of code that is not optimised, more than users pay, and 3 % above what was measured: it differs by 1 % between
 * runs. `system` counts reads and writes of one call after the other; `systemOf64` is the share of one among 64 in flight.
 */
const BOUNDS = {
  // A line from the client, one to the server, one back, one to the client: read once and written once each.
  'a stdio server': { promises: 53, ticks: 6, timers: 1, bytes: 37_600, system: 4, systemOf64: 0.07 },
  // Permissions, pinned definitions, a bound of calls and a longest wait: 16 promises, and a timer for the wait.
  'a stdio server behind all guards': { promises: 69, ticks: 6, timers: 2, bytes: 52_300, system: 4, systemOf64: 0.07 },
  // `fetch` makes most of these promises, and takes most of this memory.
  'a Streamable HTTP server': { promises: 191, ticks: 12, timers: 3, bytes: 162_500, system: 4, systemOf64: 3.3 },
  // The server's side of HTTP; with 64 in flight each connection is read and written by itself.
  'the HTTP edge': { promises: 81, ticks: 8, timers: 4, bytes: 74_100, system: 4, systemOf64: 2.1 },
  // Keys, the rate limit and the request log with its arguments need no promise more than the guards of stdio.
  'the HTTP edge behind all guards': { promises: 97, ticks: 8, timers: 5, bytes: 93_600, system: 4, systemOf64: 2.1 },
} as const;

type Way = keyof typeof BOUNDS;

/** Of one window with one call after the other. */
const CALLS = 16;
const SERVER = fileURLToPath(new URL('../fixtures/counting/server.mjs', import.meta.url));
const PLAIN = { type: 'local', command: [process.execPath, SERVER] };
const GUARDED = { ...PLAIN, pin: true, maxConcurrency: 100, timeoutMs: 60_000 };
const GUARDS = {
  permissions: [
    { server: 'other', action: 'deny' },
    { tool: ['delete_*', 'drop_*'], action: 'ask' },
  ],
  invoke: { waitMs: 50_000 },
};
const KEY = 'a-key-of-this-test';
const GUARDS_OF_HTTP = {
  auth: { strategy: 'api-key', apiKeys: [KEY] },
  rateLimit: { limit: 1_000_000, windowSeconds: 60 },
  monitor: { arguments: true },
};

const WAYS: Readonly<Record<Way, (counting: Counting) => Promise<{ pid: number; callAll: CallAll }>>> = {
  'a stdio server': (counting) => overStdio(counting, { server: PLAIN }),
  'a stdio server behind all guards': (counting) => overStdio(counting, { server: GUARDED, $gateway: GUARDS }),
  'a Streamable HTTP server': async (counting) => {
    const url = await startPlainHttpServer();
    return overStdio(counting, { server: { type: 'remote', transport: 'streamable_http', url } });
  },
  'the HTTP edge': (counting) => edge(counting, { servers: [{ id: 'server', ...PLAIN }] }),
  'the HTTP edge behind all guards': (counting) =>
    edge(counting, { servers: [{ id: 'server', ...GUARDED }], ...GUARDS, ...GUARDS_OF_HTTP }, { 'x-api-key': KEY }),
};

// Of another version the streams and timers of Node have other counts, and the heap other sizes.
const isMeasured = process.platform === 'linux' && process.versions.node.startsWith('20.');

describe.runIf(isMeasured)('a call costs no more than it did', () => {
  test.each(Object.keys(BOUNDS) as Way[])('promises, ticks and timers: %s [speed.counts]', async (way) => {
    const { promises, ticks, timers } = await countsOf(way, 'promises', 1);
    expect({ promises, ticks, timers }).toEqual(atMost(BOUNDS[way], 'promises', 'ticks', 'timers'));
  });

  test.each(Object.keys(BOUNDS) as Way[])('bytes and system calls: %s [speed.counts]', async (way) => {
    const { bytes, system, systemOf64 } = await countsOf(way, 'the rest', 64);
    expect({ bytes, system, systemOf64 }).toEqual(atMost(BOUNDS[way], 'bytes', 'system', 'systemOf64'));
  });
});

/** Counts of calls one by one; with 64 in flight the system calls of those too. */
async function countsOf(
  way: Way,
  what: 'promises' | 'the rest',
  most: 1 | 64,
): Promise<Counts & { systemOf64: number }> {
  const counting = new Counting(what);
  const { pid, callAll } = await WAYS[way](counting);
  const counts = await counting.perCall(pid, CALLS, () => callAll(CALLS, 1));
  const many = most === 64 ? await counting.perCall(pid, 64, () => callAll(64, 64)) : undefined;
  return { ...counts, systemOf64: many?.system ?? 0 };
}

async function overStdio(counting: Counting, config: object) {
  const gateway = await startGateway({ config, command: counting.command, env: counting.env });
  await gateway.knows('server::echo');
  return { pid: gateway.pid, callAll: overPipes(gateway) };
}

async function edge(counting: Counting, config: object, headers: Readonly<Record<string, string>> = {}) {
  const { pid, address } = await startHttpGateway(config, counting);
  return { pid, callAll: await overHttp(address, headers) };
}

type Bounds = (typeof BOUNDS)[Way];

/** Matches figures that are none of them above their bound; what is above is shown beside it. */
function atMost(bounds: Bounds, ...keys: (keyof Bounds)[]) {
  const entries = keys.map((key) => [key, new AtMost(bounds[key])] as const);
  return Object.fromEntries(entries);
}

class AtMost {
  readonly bound: number;

  constructor(bound: number) {
    this.bound = bound;
  }

  asymmetricMatch(value: unknown): boolean {
    return typeof value === 'number' && value <= this.bound;
  }

  toAsymmetricMatcher(): string {
    return `at most ${this.bound}`;
  }
}
