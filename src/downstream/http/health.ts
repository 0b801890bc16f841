import { Hono } from 'hono';
import { stands } from '../../core/server-state.ts';
import type { EdgeEnv } from './edge-env.ts';
import type { EdgeParts, ServerView } from './edge-parts.ts';

/** Whether the gateway can do anything for anyone. */
export interface Health {
  readonly status: 'ok' | 'unavailable';
  /** Why not; empty when it can. Names servers and where they stand, not what they said: probes need no key. */
  readonly reasons: readonly string[];
}

/** `unavailable` when no server can be called; one that can is enough. */
export function healthOf(servers: readonly Pick<ServerView, 'id' | 'status' | 'available'>[]): Health {
  if (servers.some(({ available }) => available)) return { status: 'ok', reasons: [] };
  if (servers.length === 0) return { status: 'unavailable', reasons: ['no server is configured'] };
  return { status: 'unavailable', reasons: servers.map(({ id, status }) => `${id} ${stands(status)}`) };
}

/** `{"status":"ok"}` with 200, or the reasons with 503; never kept by a cache. */
export function healthResponse(health: Health): Response {
  const headers = { 'cache-control': 'no-store' };
  if (health.status === 'ok') return Response.json({ status: 'ok' }, { headers });
  return Response.json(health, { status: 503, headers });
}

/**
 * `/health`: whether anything is usable. `/health/live`: whether the process answers. `/health/ready`: whether it should
 * be sent requests, which one that is stopping should not.
 */
export function createHealth(
  { servers }: Pick<EdgeParts, 'servers'>,
  { isStopping }: { readonly isStopping: () => boolean },
): Hono<EdgeEnv> {
  const stopping: Health = { status: 'unavailable', reasons: ['the gateway is stopping'] };
  return new Hono<EdgeEnv>()
    .get('/health', () => healthResponse(healthOf(servers())))
    .get('/health/live', () => healthResponse({ status: 'ok', reasons: [] }))
    .get('/health/ready', () => healthResponse(isStopping() ? stopping : healthOf(servers())));
}
