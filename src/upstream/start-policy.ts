import type { ServerConfig } from '../config/schema.ts';
import { withTimeout } from '../core/abort.ts';
import type { RememberedCatalog } from '../core/server-catalog.ts';
import { hasHint, type ToolDefinition } from '../core/tool.ts';
import { FRESH_MS, IDLE_STOP_MS, LONGEST_START_MS, RETRY_FIRST_MS, RETRY_MAX_MS, START_TIMEOUT_MS } from './limits.ts';

/**
 * True if a server starts with the gateway: to learn its tools, because they are unknown or not fresh, or because its
 * entry says so.
 */
export function startsAtOnce({ start }: ServerConfig, remembered: RememberedCatalog | undefined): boolean {
  if (!remembered || start === 'eager') return true;
  return start === 'auto' && !isFresh(remembered);
}

/**
 * Returns the time without use in ms after which a server is stopped; 0 for never. Without a setting, only a server
 * whose tools are all read-only is stopped, because it keeps no state.
 */
export function idleTimeoutMs({ start, idleTimeoutMs }: ServerConfig, tools: readonly ToolDefinition[]): number {
  if (idleTimeoutMs !== undefined) return idleTimeoutMs;
  if (start === 'eager' || tools.length === 0) return 0;
  return tools.every((tool) => hasHint(tool, 'readOnlyHint')) ? IDLE_STOP_MS : 0;
}

/**
 * Returns the time limit of a start in ms. It is long for a process, because its downloads would be lost and begin anew
 * if it were ended. Later calls do not wait for a slow start; see `ObservableState.slow`.
 */
export function startTimeoutMs({ type, startTimeoutMs }: Pick<ServerConfig, 'type' | 'startTimeoutMs'>): number {
  return startTimeoutMs ?? (type === 'local' ? LONGEST_START_MS : START_TIMEOUT_MS);
}

/** Resolves as `opening` does. Rejects if that takes longer than `ms`. */
export function withinStart<T>(ms: number, opening: Promise<T>): Promise<T> {
  return withTimeout(ms, (late) => {
    const given = new Promise<never>((_, reject) => {
      late.addEventListener('abort', () => reject(new Error(`not up within ${ms / 1_000} s, its "startTimeoutMs"`)));
    });
    return Promise.race([opening, given]);
  });
}

function isFresh({ learntAt }: RememberedCatalog): boolean {
  const ageMs = Date.now() - learntAt;
  return ageMs >= 0 && ageMs < FRESH_MS;
}

/**
 * Returns the pause before the next attempt, in ms. It doubles with each failure up to a limit, and is shortened by a
 * random part of up to half, so that servers that failed together do not restart together.
 */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(RETRY_FIRST_MS * 2 ** Math.max(0, failures - 1), RETRY_MAX_MS);
  return Math.round(full * (0.5 + random() / 2));
}
