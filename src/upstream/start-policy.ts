import type { ServerConfig } from '../config/schema.ts';
import type { RememberedCatalog } from '../core/server-catalog.ts';
import { hasHint, type ToolDefinition } from '../core/tool.ts';
import { FRESH_MS, IDLE_STOP_MS } from './limits.ts';

/** Whether a server runs from the start: to learn its tools, because they are remembered too long ago, or at its wish. */
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

function isFresh({ learntAt }: RememberedCatalog): boolean {
  const ageMs = Date.now() - learntAt;
  return ageMs >= 0 && ageMs < FRESH_MS;
}
