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

/** Silence on a stream of progress after which a comment is sent, in ms: below what proxies cut connections for. */
const PING_MS = 15_000;

/**
 * The REST API, to be mounted under a path, behind the middleware that says who asks. Every failure is a problem
 * document; every route is a row of `ROUTES`.
 */
export function createApi(parts: EdgeParts): Hono<EdgeEnv> {
  const api = new Hono<EdgeEnv>();
  api.onError(onError(parts.log));
  api.notFound(notFound);
  api.use(async (http, next) => {
    await next();
    // Answers are one caller's own.
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

/** By how callers say who they are. */
const documents = new Map<Strategy, Promise<object>>();

/** The REST API: one row for each operation, from which both the router and its OpenAPI document are made. */
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
      // Made when somebody asks, once.
      const document = documents.get(strategy) ?? import('./open-api.ts').then((own) => own.openApi(ROUTES, strategy));
      documents.set(strategy, document);
      return http.json(await document);
    },
  }),
];
