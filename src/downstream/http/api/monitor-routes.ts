import { accepts } from 'hono/accepts';
import { HTTPException } from 'hono/http-exception';
import * as z from 'zod';
import { strict } from '../../../config/schema-helpers.ts';
import type { LiveSettings } from '../../../config/settings.ts';
import type { Caller } from '../../../core/call.ts';
import { clip, GatewayError } from '../../../core/errors.ts';
import { seesOthers, seesTools } from '../request/access.ts';
import { healthOf, healthResponse } from './health.ts';
import { json, type Route, route } from './route.ts';
import { health, idParam, metrics, moment, requests, server, servers, wholeNumber } from './schemas.ts';

const text = z.string('expected one value').min(1, 'expected a text that is not empty').optional();
const METRICS = '# HELP mcp_gateway_calls_total Calls\n# TYPE mcp_gateway_calls_total counter\n';
const RECORD = {
  id: '6f1c7b1e-6f0e-4f0a-8b1d-0c9a5c1d2e3f',
  at: 1_795_161_600_000,
  caller: 'ci',
  tool: 'github::create_issue',
  server: 'github',
  background: false,
  durationMs: 412,
  outcome: 'ok',
  argumentBytes: 19,
  resultBytes: 57,
};

/** Metrics, and the log of calls. */
export const MONITOR_ROUTES: readonly Route[] = [
  route({
    method: 'get',
    path: '/metrics',
    operationId: 'getMetrics',
    tag: 'monitoring',
    summary: 'Counters and histograms',
    description:
      'JSON, or the text format of Prometheus with `Accept: text/plain`. Which tools are called a caller with the role `admin` sees, or any where `monitor.toolMetrics` says so; others see sums.',
    answers: {
      200: {
        description: 'As they stand.',
        content: { 'application/json': { schema: metrics }, 'text/plain': { example: METRICS } },
      },
    },
    codes: [],
    run: async ({ http, parts }) => {
      if (!parts.start.monitor.prometheus) throw off('metrics', 'monitor.prometheus');
      const supports = ['application/json', 'text/plain', 'application/openmetrics-text'];
      const type = accepts(http, { header: 'Accept', supports, default: 'application/json' });
      http.header('Vary', 'Accept', { append: true });
      const tools = seesTools(http.var.caller, parts.settings());
      if (type === 'application/json') return http.json(await parts.metrics.json(tools));
      return http.body(await parts.metrics.text(tools), 200, { 'content-type': parts.metrics.contentType });
    },
  }),
  route({
    method: 'get',
    path: '/requests',
    operationId: 'listRequests',
    tag: 'monitoring',
    summary: 'Who called what, newest first',
    description:
      'A caller sees its own requests; one with the role `admin`, or any where nobody has to say who they are, all.',
    query: strict({
      caller: text.describe('Id of a caller.'),
      server: text.describe('Key of a server.'),
      tool: text.describe('Id of a tool.'),
      outcome: text.describe('`ok`, `tool_error`, or the code of a problem.'),
      since: moment.optional().describe('Not before this time.'),
      until: moment.optional().describe('Before this time.'),
      limit: wholeNumber(1, 1_000).default(100).describe('Most records of one page.'),
      cursor: text.describe('`next` of the page before.'),
    }),
    answers: { 200: { description: 'A page of them.', content: json(requests, { requests: [RECORD] }) } },
    codes: ['FORBIDDEN'],
    run: ({ query, http, parts }) => {
      const settings = parts.settings();
      if (!parts.start.monitor.requestLog) throw off('the request log', 'monitor.requestLog');
      const caller = whose(query.caller, http.var.caller, settings);
      const { records, next } = parts.requests.query({ ...query, caller });
      return http.json({ requests: records, ...(next !== undefined && { next }) });
    },
  }),
];

/** The caller whose requests are shown; undefined: those of all callers. */
function whose(wanted: string | undefined, caller: Caller, settings: LiveSettings): string | undefined {
  const { id } = caller;
  if (seesOthers(caller, settings)) return wanted;
  if (wanted === undefined || wanted === id) return id;
  throw new GatewayError('FORBIDDEN', "query: caller: only a caller with the role admin sees others' requests");
}

function off(what: string, setting: string): HTTPException {
  return new HTTPException(404, { message: `${what}: switched off by ${setting}` });
}

const EXAMPLE = {
  id: 'github',
  type: 'remote',
  tags: ['code'],
  status: 'ready',
  available: true,
  tools: 41,
};

/** The state of the gateway and of its servers. */
export const SERVER_ROUTES: readonly Route[] = [
  route({
    method: 'get',
    path: '/health',
    operationId: 'getHealth',
    tag: 'about',
    summary: 'Whether anything can be called',
    answers: {
      200: { description: 'At least one server can.', content: json(health, { status: 'ok' }) },
      503: {
        description: 'None can.',
        content: json(health, { status: 'unavailable', reasons: ['github needs login'] }),
      },
    },
    codes: [],
    run: ({ parts }) => healthResponse(healthOf(parts.allServers())),
  }),
  route({
    method: 'get',
    path: '/servers',
    operationId: 'listServers',
    tag: 'servers',
    summary: 'All configured servers',
    answers: {
      200: { description: 'In the order of the configuration.', content: json(servers, { servers: [EXAMPLE] }) },
    },
    codes: [],
    run: ({ http, parts }) => http.json({ servers: parts.servers(http.var.caller) }),
  }),
  route({
    method: 'get',
    path: '/servers/{id}',
    operationId: 'getServer',
    tag: 'servers',
    summary: 'One server',
    params: idParam,
    answers: { 200: { description: 'The server.', content: json(server, EXAMPLE) } },
    codes: ['SERVER_NOT_FOUND'],
    run: ({ params, http, parts }) => {
      const found = parts.servers(http.var.caller).find(({ id }) => id === params.id);
      if (found) return http.json(found);
      throw new GatewayError('SERVER_NOT_FOUND', `no server "${clip(params.id, 120)}" is configured`);
    },
  }),
];
