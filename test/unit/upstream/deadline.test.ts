import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Deadline } from '../../../src/upstream/deadline.ts';
import { MAX_CALL_MS } from '../../../src/upstream/limits.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const begin = (timeoutMs: number, caller = new AbortController().signal) => new Deadline(Date.now(), timeoutMs, caller);

test('progress begins the time anew, up to a hard cap [channels.progress-deadline]', () => {
  const deadline = begin(60_000);
  for (let passed = 0; passed < MAX_CALL_MS - 30_000; passed += 30_000) {
    vi.advanceTimersByTime(30_000);
    deadline.extend();
  }
  expect(deadline.signal.aborted).toBe(false);
  deadline.extend();
  vi.advanceTimersByTime(30_000);
  expect(deadline.signal.reason).toMatchObject({ code: 'TIMEOUT' });
});

test('a longer time than the cap is the caller’s own to give [channels.progress-deadline]', () => {
  const deadline = begin(2 * MAX_CALL_MS);
  deadline.extend();
  vi.advanceTimersByTime(2 * MAX_CALL_MS - 1);
  expect(deadline.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(deadline.signal.aborted).toBe(true);
});

test('time stands still while any question is open [channels.question-deadline]', () => {
  const deadline = begin(1_000);
  deadline.pause();
  deadline.pause();
  vi.advanceTimersByTime(3 * MAX_CALL_MS);
  deadline.resume();
  vi.advanceTimersByTime(5_000);
  expect(deadline.signal.aborted).toBe(false);
  deadline.resume();
  vi.advanceTimersByTime(999);
  expect(deadline.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(deadline.signal.reason).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('1000 ms') });
});

test('the caller ends it at any time, and an ended call leaves no timer [invoke.cancel]', () => {
  const caller = new AbortController();
  const deadline = begin(1_000, caller.signal);
  deadline.pause();
  caller.abort();
  expect(deadline.signal.reason).toMatchObject({ code: 'CANCELLED' });
  const other = begin(1_000);
  other.end();
  expect(vi.getTimerCount()).toBe(0);
});
