import { Hono } from 'hono';
import type { ServerView } from '../../../broker/server-views.ts';
import { stands } from '../../../core/server-state.ts';
import type { EdgeEnv, EdgeParts } from '../request/edge-parts.ts';

/** State of the gateway for probes: it can be used when a server can be called. */
interface Health {
  readonly status: 'ok' | 'unavailable';
  /** Reasons of `unavailable`, empty when `ok`. Names servers and their states, never their errors: probes need no key. */
  readonly reasons: readonly string[];
}

/** `ok` if at least one server can be called, else `unavailable`. */
export function healthOf(servers: readonly Pick<ServerView, 'id' | 'status' | 'available'>[]): Health {
  if (servers.some(({ available }) => available)) return { status: 'ok', reasons: [] };
  if (servers.length === 0) return { status: 'unavailable', reasons: ['no server is configured'] };
  return { status: 'unavailable', reasons: servers.map(({ id, status }) => `${id} ${stands(status)}`) };
}

/** 200 with `{"status":"ok"}`, or 503 with the reasons. No cache may keep it. */
export function healthResponse(health: Health): Response {
  const headers = { 'cache-control': 'no-store' };
  if (health.status === 'ok') return Response.json({ status: 'ok' }, { headers });
  return Response.json(health, { status: 503, headers });
}

/**
 * `/health`: 200 if a server can be called. `/health/live`: 200 as long as the process answers. `/health/ready`: as
 * `/health`, but 503 while the gateway stops.
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

/** A connection to a server that can be pinged. */
interface Pinged {
  ping(timeoutMs: number): Promise<boolean>;
  /** Closes the connection and opens a new one. Calls in flight fail with `cause`. */
  lose(cause: string): void;
}

const PING_TIMEOUT_MS = 10_000;

/** Pings every connected server at an interval, and loses those that do not answer. Returns the function that ends it. */
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
