import { MAX_TIMER_MS } from '../../core/abort.ts';
import type { JsonObject } from '../../core/json.ts';

/** What a time of a client is for, and in milliseconds. */
interface Time {
  readonly field: 'timeout' | 'startTimeoutMs';
  readonly unit: 1 | 1_000;
}

/** What `timeout` means in a client: the length of a call, in which unit, or that of its start; `either`: nobody knows the unit. */
export type TimeoutMeaning = 'ms' | 'seconds' | 'start' | 'either';

/** From this number on a time of a unit that nobody knows counts milliseconds, below it seconds. */
const LEAST_MS = 1_000;

const MEANINGS: Readonly<Record<Exclude<TimeoutMeaning, 'either'>, Time>> = {
  ms: { field: 'timeout', unit: 1 },
  seconds: { field: 'timeout', unit: 1_000 },
  start: { field: 'startTimeoutMs', unit: 1 },
};
/** Names that mean the same everywhere. */
const NAMES: Readonly<Record<string, Time>> = {
  timeoutMs: { field: 'timeout', unit: 1 },
  tool_timeout_sec: { field: 'timeout', unit: 1_000 },
  toolTimeout: { field: 'timeout', unit: 1 },
  startTimeoutMs: { field: 'startTimeoutMs', unit: 1 },
  startupTimeout: { field: 'startTimeoutMs', unit: 1 },
  startup_timeout_sec: { field: 'startTimeoutMs', unit: 1_000 },
  startup_timeout_ms: { field: 'startTimeoutMs', unit: 1 },
  initTimeout: { field: 'startTimeoutMs', unit: 1 },
  connect_timeout: { field: 'startTimeoutMs', unit: 1_000 },
  connectionTimeout: { field: 'startTimeoutMs', unit: 1 },
};

export function isTime(name: string): boolean {
  return name === 'timeout' || Object.hasOwn(NAMES, name);
}

/** The times of an entry in our words, and the names of those that are none. */
export function timesOf(
  entry: JsonObject,
  meaning: TimeoutMeaning,
): { readonly times: JsonObject; readonly left: readonly string[] } {
  const times: JsonObject = {};
  const left: string[] = [];
  for (const [name, value] of Object.entries(entry)) {
    const known = meaning !== 'either' ? meaning : Number(value) < LEAST_MS ? 'seconds' : 'ms';
    const time = name === 'timeout' ? MEANINGS[known] : NAMES[name];
    if (time === undefined || value === null) continue;
    const ms = Math.ceil(Number(value) * time.unit);
    if (ms > 0 && typeof value !== 'boolean') times[time.field] = Math.min(ms, MAX_TIMER_MS);
    else left.push(name);
  }
  return { times, left };
}
