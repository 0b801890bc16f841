import type { ServerConfig } from '../config/schema.ts';
import { withTimeout } from '../core/abort.ts';
import type { RememberedCatalog } from '../core/server-catalog.ts';
import { hasHint, type ToolDefinition } from '../core/tool.ts';
import { FRESH_MS, IDLE_STOP_MS, LONGEST_START_MS, RETRY_FIRST_MS, RETRY_MAX_MS, START_TIMEOUT_MS } from './limits.ts';

/** True if a server runs from the start: to learn its tools, because they are remembered too long ago, or at its wish. */
export function startsAtOnce({ start }: ServerConfig, remembered: RememberedCatalog | undefined): boolean {
  if (!remembered || start === 'eager') return true;
  return start === 'auto' && !isFresh(remembered);
}

/** Quiet time in ms after which a server is stopped, 0 for never: the entry's, else only where no tool can leave a state behind. */
export function idleTimeoutMs({ start, idleTimeoutMs }: ServerConfig, tools: readonly ToolDefinition[]): number {
  if (idleTimeoutMs !== undefined) return idleTimeoutMs;
  if (start === 'eager' || tools.length === 0) return 0;
  return tools.every((tool) => hasHint(tool, 'readOnlyHint')) ? IDLE_STOP_MS : 0;
}

/**
 * How long a start may take, in ms. A process that lives is not ended each minute: what it has fetched by then would be
 * lost, and the next one would begin anew. Calls that come later do not wait for it; see `ObservableState.slow`.
 */
export function startTimeoutMs({ type, startTimeoutMs }: Pick<ServerConfig, 'type' | 'startTimeoutMs'>): number {
  return startTimeoutMs ?? (type === 'local' ? LONGEST_START_MS : START_TIMEOUT_MS);
}

/** The session, if it is opened within that time. */
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

/** Pause before the next attempt, in ms: doubles with each failure, up to a limit, and varies by half so that servers that fell together do not return together. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(RETRY_FIRST_MS * 2 ** Math.max(0, failures - 1), RETRY_MAX_MS);
  return Math.round(full * (0.5 + random() / 2));
}
