import type { ServerResponse } from 'node:http';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { getPath } from 'hono/utils/url';
import type { Caller } from '../../core/call.ts';
import { VERSION } from '../../version.ts';
import { createApi } from './api/create-api.ts';
import { createHealth } from './api/health.ts';
import { protectedResource } from './auth/protected-resource.ts';
import type { McpEndpoint } from './mcp/endpoint.ts';
import type { LegacySse } from './mcp/legacy-sse.ts';
import { seesTools } from './request/access.ts';
import type { EdgeEnv, EdgeParts } from './request/edge-parts.ts';
import { methodProblem, notFound, onError, problem } from './request/problem.ts';
import { type Reply, responseOf, type TextReply, textResponse, watch } from './request/reply.ts';
import { MCP_PATH, MESSAGES_PATH, plainPath, RequestContext } from './request/request-context.ts';
import { bodyTooLong, type RequestSteps } from './request/request-steps.ts';

export interface AppServices {
  readonly edge: EdgeParts;
  readonly steps: RequestSteps;
  readonly mcp: McpEndpoint;
  readonly legacySse: LegacySse;
}

/** All that is served over HTTP but WebSockets. */
export function createApp({ edge, steps, mcp, legacySse }: AppServices): Hono<EdgeEnv> {
  const { settings } = edge;
  const app = new Hono<EdgeEnv>({ getPath: (request) => plainPath(getPath(request)) });
  app.onError(onError(edge.log));
  app.notFound(notFound);
  app.use(enter(steps));
  app.use((c, next) => {
    const { maxBodyBytes } = settings().http;
    return bodyLimit({ maxSize: maxBodyBytes, onError: () => textResponse(bodyTooLong(maxBodyBytes)) })(c, next);
  });
  app.use(methodNotAllowed({ app, onMethodNotAllowed: methodProblem }));
  app.get('/', () => Response.json(about()));
  app.route('/', createHealth(edge, edge));
  for (const path of ['', '/mcp', '/sse']) {
    app.get(`/.well-known/oauth-protected-resource${path}`, (c) => {
      const publicUrl = c.var.context.publicUrl(settings().http.publicUrl);
      const document = protectedResource(settings().auth, publicUrl, path);
      return document ? Response.json(document) : c.notFound();
    });
  }
  app.use(admit(steps));
  routeMcp(app, mcp);
  routeLegacySse(app, legacySse);
  app.get('/ws', () => textResponse(UPGRADE_REQUIRED));
  app.get('/metrics', (c) => (edge.start.monitor.prometheus ? metricsText(edge, c.var.caller) : c.notFound()));
  app.route('/api/v1', createApi(edge));
  return app;
}

/** Runs the steps of every request, and gives every answer the headers that all steps gathered. */
function enter(steps: RequestSteps): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    const { method, url, headers } = c.req.raw;
    const isInProcess = responseOnSocket(c) === undefined;
    const context = new RequestContext({ method, url, headers, path: c.req.path, isInProcess });
    c.set('context', context);
    const refusal = await steps.enter(context);
    c.set('requestId', context.id);
    if (refusal) c.res = textResponse(refusal);
    else await next();
    for (const [name, value] of Object.entries(context.answerHeaders))
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  };
}

/** Runs the further steps of all but the public routes, and watches the answer where it goes out over a socket. */
function admit(steps: RequestSteps): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    const { context } = c.var;
    const refusal = await steps.admit(context);
    if (refusal) return textResponse(refusal);
    c.set('caller', context.admitted.caller);
    await next();
    const response = responseOnSocket(c);
    if (!response) return;
    watch(response, context.account);
    // The answer is written after this function has returned.
    setImmediate(() => context.account.written(response.writableLength));
  };
}

/** The response of Node on which the answer goes out; undefined where the request was given to `fetch` in this process. */
function responseOnSocket({ env }: Context<EdgeEnv>): ServerResponse | undefined {
  return (env as { outgoing?: ServerResponse } | undefined)?.outgoing; // as `listen` hands it on
}

function routeMcp(app: Hono<EdgeEnv>, mcp: McpEndpoint): void {
  app.post(MCP_PATH, async (c) => {
    const request = c.req.raw;
    const answer = await mcp.post(request.headers, await request.text(), c.var.context.admitted, () => request);
    return answer instanceof Response ? answer : respond(c, answer);
  });
  app.get(MCP_PATH, refuseHead('GET, POST, DELETE'), (c) =>
    respond(c, mcp.get(c.req.raw.headers, c.var.context.admitted)),
  );
  app.delete(MCP_PATH, async (c) => respond(c, await mcp.delete(c.req.raw.headers, c.var.context.admitted)));
  app.all(MCP_PATH, () => textResponse(methodRefusal('use POST, GET or DELETE', 'GET, POST, DELETE')));
}

function routeLegacySse(app: Hono<EdgeEnv>, legacySse: LegacySse): void {
  app.get('/sse', refuseHead('GET'), (c) => respond(c, legacySse.open(c.var.context.admitted)));
  app.post(MESSAGES_PATH, async (c) =>
    respond(c, legacySse.receive(c.req.query('sessionId') ?? '', await c.req.text(), c.var.context.admitted)),
  );
}

function respond({ var: { context } }: Context<EdgeEnv>, reply: Reply): Response {
  return responseOf(reply, context.account);
}

/** A stream that is opened for HEAD would be read, and so ended, by nobody. */
function refuseHead(allow: string): MiddlewareHandler<EdgeEnv> {
  return async ({ req }, next) => (req.method === 'HEAD' ? textResponse(methodRefusal(`use ${allow}`, allow)) : next());
}

function methodRefusal(detail: string, allow: string): TextReply {
  return problem(405, { title: 'Method not allowed', detail, code: 'METHOD_NOT_ALLOWED' }, { allow });
}

const UPGRADE_REQUIRED = problem(
  426,
  { title: 'Upgrade required', detail: 'this address speaks WebSocket', code: 'UPGRADE_REQUIRED' },
  { upgrade: 'websocket' },
);

async function metricsText({ metrics, settings }: EdgeParts, caller: Caller): Promise<Response> {
  return new Response(await metrics.text(seesTools(caller, settings())), {
    headers: { 'content-type': metrics.contentType },
  });
}

function about(): object {
  return {
    name: 'mcp-gateway',
    version: VERSION,
    endpoints: {
      mcp: '/mcp',
      sse: '/sse',
      websocket: '/ws',
      health: '/health',
      metrics: '/metrics',
      api: '/api/v1',
      openapi: '/api/v1/openapi.json',
    },
  };
}
