import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  RateLimit,
  type RateLimitSettings,
  rateLimitHeaders,
} from '../../../../../src/downstream/http/request/rate-limit.ts';
import '../../../../property/seed.ts';

/** A limit whose settings can be changed, as by a reload. */
function limitOf(initial: Partial<RateLimitSettings>, maxKeys?: number) {
  const at = { settings: { limit: 3, windowSeconds: 10, perKey: true, ...initial } as RateLimitSettings | undefined };
  const limit = new RateLimit(() => at.settings, maxKeys === undefined ? {} : { maxKeys });
  const allowed = (key: string, nowMs: number) => limit.take(key, nowMs)?.allowed;
  return { at, limit, allowed };
}

test('a request is counted until a window has passed, and not longer [http.window]', () => {
  const { allowed } = limitOf({});
  expect([0, 4_000, 9_000, 9_999].map((nowMs) => allowed('a', nowMs))).toEqual([true, true, true, false]);
  expect([10_000, 10_001].map((nowMs) => allowed('a', nowMs))).toEqual([true, false]);
  expect([13_999, 14_000, 14_001].map((nowMs) => allowed('a', nowMs))).toEqual([false, true, false]);
});

test('refused requests do not count [http.window]', () => {
  const { allowed } = limitOf({ limit: 1 });
  expect(allowed('a', 0)).toBe(true);
  for (let nowMs = 1; nowMs < 10_000; nowMs += 1) expect(allowed('a', nowMs)).toBe(false);
  expect(allowed('a', 10_000)).toBe(true);
});

test.each([
  [true, 6],
  [false, 3],
])('counts each key by itself, or all together: perKey %s [http.window]', (perKey, expected) => {
  const { allowed } = limitOf({ perKey });
  const taken = Array.from({ length: 20 }, (_, index) => allowed(index % 2 === 0 ? 'a' : 'b', index));
  expect(taken.filter(Boolean)).toHaveLength(expected);
});

test('of many requests at one time exactly so many are allowed, by the clock of the machine [http.window]', async () => {
  const { limit } = limitOf({ limit: 100, windowSeconds: 3_600 });
  const decisions = await Promise.all(Array.from({ length: 1_000 }, async () => limit.take('a')));
  expect(decisions.filter((decision) => decision?.allowed)).toHaveLength(100);
  expect(decisions.slice(0, 100).map((decision) => decision?.remaining)).toEqual(
    Array.from({ length: 100 }, (_, index) => 99 - index),
  );
});

/** The same by definition: every allowed request is kept for ever, and all of them are counted each time. */
class Oracle {
  readonly #allowed: { key: string; atMs: number }[] = [];

  take(key: string, nowMs: number, { limit, windowSeconds, perKey }: RateLimitSettings) {
    const windowMs = windowSeconds * 1_000;
    const counted = this.#allowed.filter((one) => (!perKey || one.key === key) && one.atMs > nowMs - windowMs);
    const allowed = counted.length < limit;
    if (allowed) this.#allowed.push({ key, atMs: nowMs });
    const all = allowed ? [...counted, { key, atMs: nowMs }] : counted;
    const until = (index: number) => Math.ceil(((all[index]?.atMs ?? 0) + windowMs - nowMs) / 1_000);
    return {
      allowed,
      limit,
      remaining: Math.max(0, limit - all.length),
      resetSeconds: until(0),
      retryAfterSeconds: allowed ? 0 : until(all.length - limit),
    };
  }
}

const steps = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 700 }), fc.integer({ min: 0, max: 9_000 })),
    limit: fc.option(fc.integer({ min: 1, max: 30 }), { freq: 10 }),
  }),
  { maxLength: 200, size: 'max' },
);
const first = fc.record({
  limit: fc.integer({ min: 1, max: 30 }),
  windowSeconds: fc.constantFrom(0.5, 1, 3, 10),
  perKey: fc.boolean(),
});

test('decides as the definition does, also while the limit changes [http.window, http.window-reload]', () => {
  fc.assert(
    fc.property(first, steps, (initial, taken) => {
      const { at, limit } = limitOf(initial);
      const oracle = new Oracle();
      let [settings, nowMs] = [initial, 0];
      for (const { key, pauseMs, limit: changed } of taken) {
        nowMs += pauseMs;
        if (changed !== null) settings = { ...settings, limit: changed };
        at.settings = settings;
        expect(limit.take(key, nowMs)).toEqual(oracle.take(key, nowMs, settings));
      }
    }),
    { numRuns: 300 },
  );
});

test('a caller that waits as long as it is told gets in, and not a second earlier [http.limit-headers]', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1 }), (pauses) => {
      const { limit, allowed } = limitOf({ limit: 2 });
      let nowMs = 0;
      for (const pauseMs of pauses) {
        nowMs += pauseMs;
        const { retryAfterSeconds = 0 } = limit.take('a', nowMs) ?? {};
        if (retryAfterSeconds === 0) continue;
        expect(allowed('a', nowMs + (retryAfterSeconds - 1) * 1_000)).toBe(false);
        nowMs += retryAfterSeconds * 1_000;
        expect(allowed('a', nowMs)).toBe(true);
      }
    }),
  );
});

test('keys that were not used for a window are forgotten [http.window-memory]', () => {
  const { limit, allowed } = limitOf({ windowSeconds: 10 });
  for (let index = 0; index < 1_000; index += 1) allowed(`k${index}`, index);
  expect(limit.keys).toBe(1_000);
  allowed('k999', 10_998);
  allowed('k999', 20_998);
  expect(limit.keys).toBe(1);
});

test('a key in use is kept, however many have gone [http.window-memory]', () => {
  const { limit, allowed } = limitOf({ limit: 1, windowSeconds: 10 });
  expect(allowed('a', 9_999)).toBe(true);
  for (let nowMs = 10_000; nowMs < 19_999; nowMs += 1) {
    allowed(`k${nowMs % 3_000}`, nowMs);
    expect(allowed('a', nowMs)).toBe(false);
  }
  expect(limit.keys).toBe(3_001);
  expect(allowed('a', 19_999)).toBe(true);
});

test('never remembers more keys than its bound; those used last stay [http.window-memory]', () => {
  const { limit, allowed } = limitOf({ limit: 1 }, 100);
  for (let index = 0; index < 3_000; index += 1) {
    expect(allowed(`k${index}`, 0)).toBe(true);
    if (index >= 24) expect(allowed(`k${index - 24}`, 0)).toBe(false);
    expect(limit.keys).toBeLessThanOrEqual(100);
  }
});

test('a busy key costs no more memory than its limit [http.window-memory]', () => {
  const { allowed } = limitOf({ limit: 1_000, windowSeconds: 1 });
  const before = process.memoryUsage().arrayBuffers;
  for (let nowMs = 0; nowMs < 500_000; nowMs += 0.5) allowed('a', nowMs);
  // A million allowed or refused requests are 8 MB as numbers.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
});

test('counts stay when the limits change [http.window-reload]', () => {
  const { at, limit, allowed } = limitOf({ limit: 3 });
  for (const nowMs of [0, 1_000, 2_000]) allowed('a', nowMs);
  at.settings = { limit: 5, windowSeconds: 10, perKey: true };
  expect(limit.take('a', 3_000)).toMatchObject({ allowed: true, limit: 5, remaining: 1 });
  at.settings = { limit: 2, windowSeconds: 10, perKey: true };
  // Of four within the window three have to leave it.
  expect(limit.take('a', 3_000)).toEqual({
    allowed: false,
    limit: 2,
    remaining: 0,
    resetSeconds: 7,
    retryAfterSeconds: 9,
  });
  at.settings = { limit: 2, windowSeconds: 1, perKey: true };
  expect(limit.take('a', 3_000)).toMatchObject({ allowed: true, remaining: 0, resetSeconds: 1 });
  at.settings = undefined;
  expect(limit.take('a', 3_000)).toBeUndefined();
});

test('the headers tell the decision, in seconds from now [http.limit-headers]', () => {
  const { limit } = limitOf({ limit: 1, windowSeconds: 10 });
  const headersAt = (nowMs: number) => rateLimitHeaders(limit.take('a', nowMs) ?? expect.fail('no limit'));
  expect(headersAt(0)).toEqual({
    'X-RateLimit-Limit': '1',
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': '10',
  });
  expect(headersAt(3_001)).toEqual({
    'X-RateLimit-Limit': '1',
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': '7',
    'Retry-After': '7',
  });
});

test('several requests count all or none, and one can be taken back [edge.batch-cost]', () => {
  const { limit, allowed } = limitOf({ limit: 5 });
  expect(limit.take('a', 0, 3)).toMatchObject({ allowed: true, remaining: 2 });
  expect(limit.take('a', 1_000, 3)).toMatchObject({ allowed: false, remaining: 2, retryAfterSeconds: 9 });
  expect(limit.take('a', 1_000, 2)).toMatchObject({ allowed: true, remaining: 0 });
  expect(allowed('a', 1_000)).toBe(false);
  limit.giveBack('a');
  expect([allowed('a', 1_000), allowed('a', 1_000)]).toEqual([true, false]);
  expect(limit.take('a', 20_000, 6), 'more than ever').toMatchObject({ allowed: false, retryAfterSeconds: 0 });
  expect(limit.take('b', 0, 50)?.allowed).toBe(false);
  limit.giveBack('nobody');
});
