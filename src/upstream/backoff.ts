import { RETRY_FIRST_MS, RETRY_MAX_MS } from './limits.ts';

/** Pause before the next attempt, in ms: doubles with each failure, up to a limit, and varies by half so that servers that fell together do not return together. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(RETRY_FIRST_MS * 2 ** Math.max(0, failures - 1), RETRY_MAX_MS);
  return Math.round(full * (0.5 + random() / 2));
}
