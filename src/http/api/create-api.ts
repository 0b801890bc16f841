import { Hono } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { EdgeEnv } from '../edge-env.ts';
import type { EdgeParts } from '../edge-parts.ts';
import { notFound, onError, problem } from '../problem.ts';
import { parseRequest } from './parse-request.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';

/** Silence on a stream of progress after which a comment is sent, in ms: below what proxies cut connections for. */
const PING_MS = 15_000;

/**
 * The REST API, to be mounted under a path, behind the middleware that says who asks. Every failure is a problem
 * document; every route is a row of `ROUTES`.
 */
export function createApi(parts: EdgeParts, { pingMs = PING_MS }: { readonly pingMs?: number } = {}): Hono<EdgeEnv> {
  const api = new Hono<EdgeEnv>();
  api.onError(onError(parts.log));
  api.notFound(notFound);
  api.use(async (http, next) => {
    await next();
    // Answers are one caller's own.
    http.header('Cache-Control', 'no-store');
  });
  api.use(methodNotAllowed({ app: api, onMethodNotAllowed: otherMethods }));
  for (const row of ROUTES) {
    api.on(row.method.toUpperCase(), honoPath(row), async (http) =>
      row.run({ ...(await parseRequest(row, http)), http, parts, pingMs }),
    );
  }
  return api;
}

/** `/jobs/{id}` → `/jobs/:id` */
function honoPath({ path }: Route): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

function otherMethods(http: Parameters<typeof notFound>[0], methods: readonly string[]): Response {
  const text = {
    title: 'Method Not Allowed',
    detail: `${http.req.method} is not possible here, ${methods.join(', ')} is`,
    code: 'METHOD_NOT_ALLOWED',
    instance: http.var.requestId,
  };
  return problem(405, text, { allow: methods.join(', ') });
}
