import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { getPath } from 'hono/utils/url';
import type { Caller } from '../../core/call.ts';
import { VERSION } from '../../version.ts';
import { seesTools } from './access.ts';
import { createApi } from './api/create-api.ts';
import { protectedResource } from './auth/protected-resource.ts';
import type { EdgeEnv, EdgeParts } from './edge-parts.ts';
import { createHealth } from './health.ts';
import type { McpEndpoint } from './mcp/endpoint.ts';
import { MESSAGES_PATH, openLegacyStream, receiveLegacy } from './mcp/legacy-sse.ts';
import { methodProblem, notFound, onError, problem } from './problem.ts';
import { responseOf, SECURITY_HEADERS, watch } from './reply.ts';
import { plainPath, type RequestGuard } from './request-guard.ts';
import type { Sessions } from './sessions.ts';
import type { UnreadAnswers } from './unread-answers.ts';

export interface AppParts {
  readonly edge: EdgeParts;
  readonly gate: RequestGuard;
  readonly sessions: Sessions;
  readonly mcp: McpEndpoint;
  readonly unread: UnreadAnswers;
}

/** What a page of another origin may send and read: the headers of MCP, of authentication and of the rate limit. */
const CORS = {
  allowMethods: ['GET', 'POST', 'DELETE'],
  allowHeaders: [
    ...['authorization', 'content-type', 'accept', 'x-api-key', 'last-event-id'],
    ...['mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name'],
  ],
  exposeHeaders: [
    ...['mcp-session-id', 'www-authenticate', 'retry-after', 'x-request-id', 'location'],
    ...['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
  ],
  maxAge: 600,
};

/** All that is served over HTTP but WebSockets. */
export function createApp({ edge, gate, sessions, mcp, unread }: AppParts): Hono<EdgeEnv> {
  const { settings } = edge;
  const app = new Hono<EdgeEnv>({ getPath: (request) => plainPath(getPath(request)) });
  app.onError(onError(edge.log));
  app.notFound(notFound);
  app.use(named());
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
  });
  // Every request that came over a socket names its host; one that was handed to us is its bearer's concern.
  app.use(async ({ req }, next) => (req.header('host') && gate.misaddressed(req.raw.headers)) || (await next()));
  const shared = cors({ ...CORS, origin: (origin) => allowedOrigin(origin, settings().corsOrigins) });
  app.use((c, next) => (c.req.header('origin') === undefined ? next() : shared(c, next)));
  app.use((c, next) =>
    bodyLimit({ maxSize: settings().http.maxBodyBytes, onError: () => tooLong(settings().http.maxBodyBytes) })(c, next),
  );
  const accountOf = (c: Context<EdgeEnv>) => unread.of(c.var.caller.id);
  app.use(methodNotAllowed({ app, onMethodNotAllowed: methodProblem }));
  app.get('/', () => Response.json(about()));
  app.route('/', createHealth(edge, edge));
  for (const path of ['', '/mcp', '/sse']) {
    app.get(`/.well-known/oauth-protected-resource${path}`, (c) => {
      const document = protectedResource(settings().auth, publicUrlOf(c.req.raw, settings().http.publicUrl), path);
      return document ? Response.json(document) : c.notFound();
    });
  }
  app.use(refusing(edge.isStopping));
  app.use(admitting(gate, () => settings().http.publicUrl));
  app.use(counting(unread));
  app.post('/mcp', async (c) => {
    const request = c.req.raw;
    const answer = await mcp.post(request.headers, await request.text(), c.var.admitted, () => request);
    return answer instanceof Response ? answer : responseOf(answer, accountOf(c));
  });
  app.get('/mcp', withBody('GET, POST, DELETE'), (c) =>
    responseOf(mcp.get(c.req.raw.headers, c.var.admitted), accountOf(c)),
  );
  app.delete('/mcp', async (c) => responseOf(await mcp.delete(c.req.raw.headers, c.var.admitted), accountOf(c)));
  app.all('/mcp', () => problem(405, notAllowed, { allow: 'GET, POST, DELETE' }));
  app.get('/sse', withBody('GET'), (c) => openLegacyStream(edge, sessions, c.var.admitted, accountOf(c)));
  app.post(MESSAGES_PATH, (c) => receiveLegacy(c.req.raw, sessions, c.var.admitted, gate));
  app.get('/ws', () =>
    problem(
      426,
      { title: 'Upgrade required', detail: 'this address speaks WebSocket', code: 'UPGRADE_REQUIRED' },
      { upgrade: 'websocket' },
    ),
  );
  app.get('/metrics', (c) => (edge.start.monitor.prometheus ? metricsText(edge, c.var.caller) : c.notFound()));
  app.route('/api/v1', createApi(edge));
  return app;
}

/** The address by which a client reaches the gateway: the one that is configured, else the one that it used. */
export function publicUrlOf(request: { readonly url: string }, configured: string | undefined): string {
  return configured ?? new URL(request.url).origin;
}

const notAllowed = { title: 'Method not allowed', detail: 'use POST, GET or DELETE', code: 'METHOD_NOT_ALLOWED' };

/** A stream that is opened for HEAD would be read, and so ended, by nobody. */
function withBody(allow: string): MiddlewareHandler<EdgeEnv> {
  return async ({ req }, next) =>
    req.method === 'HEAD' ? problem(405, { ...notAllowed, detail: `use ${allow}` }, { allow }) : next();
}

function named(): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    const requestId = randomUUID();
    c.set('requestId', requestId);
    await next();
    c.res.headers.set('x-request-id', requestId);
  };
}

/** Sessions go on to the end of what runs in them: their endpoints refuse what is new. */
function refusing(isStopping: () => boolean): MiddlewareHandler<EdgeEnv> {
  return async ({ req }, next) => {
    if (!isStopping() || req.header('mcp-session-id') !== undefined || req.path === MESSAGES_PATH) return next();
    const text = { title: 'Stopping', detail: 'the gateway is stopping', code: 'SERVICE_UNAVAILABLE' };
    return problem(503, text, { 'retry-after': '5', connection: 'close' });
  };
}

function admitting(gate: RequestGuard, publicUrl: () => string | undefined): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    const at = () => ({
      publicUrl: publicUrlOf(c.req.raw, publicUrl()),
      path: ['/mcp', '/sse'].includes(c.req.path) ? c.req.path : '',
    });
    const passage = await gate.admit(c.req.raw.headers, at);
    if ('refusal' in passage) return passage.refusal;
    c.set('admitted', passage.admitted);
    c.set('caller', passage.admitted.caller);
    await next();
    for (const [name, value] of Object.entries(passage.headers)) c.res.headers.set(name, value);
  };
}

/** Counts what is unread of answers that go out over a socket. */
function counting(unread: UnreadAnswers): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    const { outgoing } = (c.env ?? {}) as { outgoing?: ServerResponse }; // as @hono/node-server hands it on
    const account = unread.of(c.var.caller.id);
    if (outgoing) watch(outgoing, account);
    await next();
    // It is written when we have returned.
    if (outgoing) setImmediate(() => account.written(outgoing.writableLength));
  };
}

function allowedOrigin(origin: string, allowed: readonly string[]): string | null {
  return allowed.includes(origin) || allowed.includes('*') ? origin : null;
}

function tooLong(maxBytes: number): Response {
  const detail = `the body is longer than ${maxBytes} bytes, the limit of http.maxBodyBytes`;
  return problem(413, { title: 'Body too long', detail, code: 'CONTENT_TOO_LARGE' }, { connection: 'close' });
}

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
