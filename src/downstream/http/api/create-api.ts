import { Hono } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { LiveSettings } from '../../../config/settings.ts';
import type { EdgeEnv, EdgeParts } from '../request/edge-parts.ts';
import { methodProblem, notFound, onError } from '../request/problem.ts';
import { whenOver } from '../request/reply.ts';
import { JOB_ROUTES } from './job-routes.ts';
import { MONITOR_ROUTES, SERVER_ROUTES } from './monitor-routes.ts';
import { parseRequest, type Route, route } from './route.ts';
import { TOOL_ROUTES } from './tool-routes.ts';

/** Silence on a stream of progress, in ms, after which a comment is sent: proxies cut connections after longer silence. */
const PING_MS = 15_000;

/**
 * The REST API. `createApp` mounts it under a path, behind the middleware that sets the caller. Every failure is a
 * problem document; every route is a row of `ROUTES`.
 */
export function createApi(parts: EdgeParts): Hono<EdgeEnv> {
  const api = new Hono<EdgeEnv>();
  api.onError(onError(parts.log));
  api.notFound(notFound);
  api.use(async (http, next) => {
    await next();
    // Each answer is meant for one caller.
    http.header('Cache-Control', 'no-store');
  });
  api.use(methodNotAllowed({ app: api, onMethodNotAllowed: methodProblem }));
  const isFixed = ({ path }: Route) => !path.includes('{');
  const serve = (row: Route) =>
    api.on(methodOf(row), honoPath(row), async (http) => {
      const request = { ...(await parseRequest(row, http)), http, parts, pingMs: PING_MS };
      return whenOver(() => row.run(request), parts.begin(http.var.caller));
    });
  for (const row of ROUTES.filter(isFixed)) serve(row);
  // Before those with ids: another method of `/tools/call` is not about a tool of that name.
  for (const path of new Set(ROUTES.filter(isFixed).map((row) => row.path)))
    api.all(path, (http) => methodProblem(http, methodsAt(path)));
  for (const row of ROUTES) if (!isFixed(row)) serve(row);
  return api;
}

function methodsAt(path: string): string[] {
  return ROUTES.filter((row) => row.path === path).flatMap((row) =>
    row.method === 'get' ? ['GET', 'HEAD'] : methodOf(row),
  );
}

function methodOf({ method }: Route): string {
  return method.toUpperCase();
}

/** `/jobs/{id}` → `/jobs/:id` */
function honoPath({ path }: Route): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

type Strategy = NonNullable<LiveSettings['auth']>['strategy'];

/** The OpenAPI documents made so far, by `auth.strategy`. */
const documents = new Map<Strategy, Promise<object>>();

/** One row for each operation. Both the router and the OpenAPI document are made of these rows. */
const ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...TOOL_ROUTES,
  ...JOB_ROUTES,
  ...MONITOR_ROUTES,
  route({
    method: 'get',
    path: '/openapi.json',
    operationId: 'describeApi',
    tag: 'about',
    summary: 'This document',
    answers: { 200: { description: 'The OpenAPI 3.1 document.', content: { 'application/json': {} } } },
    codes: [],
    run: async ({ http, parts }) => {
      const { strategy } = parts.settings().auth ?? { strategy: 'none' as const };
      // Made once, at the first request.
      const document = documents.get(strategy) ?? import('./open-api.ts').then((own) => own.openApi(ROUTES, strategy));
      documents.set(strategy, document);
      return http.json(await document);
    },
  }),
];
