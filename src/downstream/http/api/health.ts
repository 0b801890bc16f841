import { Hono } from 'hono';
import type { ServerView } from '../../../broker/server-views.ts';
import { stands } from '../../../core/server-state.ts';
import type { EdgeEnv, EdgeParts } from '../request/edge-parts.ts';

/** Whether the gateway can do anything for anyone. */
interface Health {
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
  { allServers }: Pick<EdgeParts, 'allServers'>,
  { isStopping }: { readonly isStopping: () => boolean },
): Hono<EdgeEnv> {
  const stopping: Health = { status: 'unavailable', reasons: ['the gateway is stopping'] };
  return new Hono<EdgeEnv>()
    .get('/health', () => healthResponse(healthOf(allServers())))
    .get('/health/live', () => healthResponse({ status: 'ok', reasons: [] }))
    .get('/health/ready', () => healthResponse(isStopping() ? stopping : healthOf(allServers())));
}

/** A connection to a server, as far as it can be asked whether it lives. */
interface Pinged {
  ping(timeoutMs: number): Promise<boolean>;
  /** Gives it up; what is in flight fails with that cause, and it is connected anew. */
  lose(cause: string): void;
}

const PING_TIMEOUT_MS = 10_000;

/** Asks every connected server at an interval whether it lives, and gives up those that do not answer. Returns what ends it. */
export function startHealthRounds(intervalSeconds: number, connections: () => readonly Pinged[]): () => void {
  if (intervalSeconds === 0) return () => {};
  const round = () => {
    for (const connection of connections()) {
      void connection.ping(PING_TIMEOUT_MS).then((lives) => {
        if (!lives) connection.lose(`no answer to a ping within ${PING_TIMEOUT_MS} ms`);
      });
    }
  };
  const timer = setInterval(round, intervalSeconds * 1_000).unref();
  return () => clearInterval(timer);
}
