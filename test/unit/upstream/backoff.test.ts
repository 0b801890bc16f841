import { expect, test } from 'vitest';
import { RETRY_FIRST_MS, RETRY_MAX_MS } from '../../../src/upstream/limits.ts';
import { backoffMs } from '../../../src/upstream/start-policy.ts';

const failures = Array.from({ length: 40 }, (_, index) => index + 1);

test('the pause doubles with each failure up to its limit [upstream.backoff]', () => {
  const pauses = failures.map((count) => backoffMs(count, () => 1));
  expect(pauses.slice(0, 3)).toEqual([RETRY_FIRST_MS, 2 * RETRY_FIRST_MS, 4 * RETRY_FIRST_MS]);
  expect(pauses.at(-1)).toBe(RETRY_MAX_MS);
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
});

test('jitter takes away up to half, so that servers that fell together return apart [upstream.reconnect]', () => {
  for (const count of failures) {
    const full = backoffMs(count, () => 1);
    expect(backoffMs(count, () => 0)).toBe(full / 2);
    const drawn = backoffMs(count);
    expect(drawn).toBeGreaterThanOrEqual(full / 2);
    expect(drawn).toBeLessThanOrEqual(full);
  }
});
