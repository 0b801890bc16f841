import { MAX_TIMER_MS } from '../../core/abort.ts';

/** Seconds that a list or a search waits for servers, such that it has answered within 5: what is there by then is shown, with what the others wait for. */
export const LIST_SECONDS = 4;
/** Seconds that what needs one server waits for its start. */
export const START_SECONDS = 30;

/** What `--timeout` says, in ms; a text says what is wrong with it. */
export function timeoutMs(given: string | undefined, absentSeconds: number): number | string {
  const seconds = given === undefined ? absentSeconds : Number(given.trim() === '' ? Number.NaN : given);
  // More than any timer can hold is a mistake.
  return seconds > 0 && seconds * 1_000 <= MAX_TIMER_MS
    ? seconds * 1_000
    : `found --timeout ${JSON.stringify(given)}, expected seconds, such as 5 or 0.5`;
}
