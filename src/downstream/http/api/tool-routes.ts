import { accepts } from 'hono/accepts';
import * as z from 'zod';
import { strict } from '../../../config/schema-helpers.ts';
import { Abort } from '../../../core/abort.ts';
import type { CallContext, ToolResult } from '../../../core/call.ts';
import { GatewayError } from '../../../core/errors.ts';
import { writtenAnswer } from '../../../core/unwritable.ts';
import { logDefect, type Problem, problemOf } from '../request/problem.ts';
import { type ApiRequest, json, jsonResponse, type Route, route } from './route.ts';
import { callBody, idParam, repeated, tool, toolResult, tools, wholeNumber } from './schemas.ts';
import { namedTool, toolHits, toolPage } from './tool-lookup.ts';

const EXAMPLE = {
  id: 'github::create_issue',
  server: 'github',
  tags: ['code'],
  name: 'create_issue',
  description: 'Create an issue in a repository.',
  inputSchema: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] },
};
const RESULT = { content: [{ type: 'text', text: 'Created issue 42.' }] };
const STREAM = `event: progress\ndata: {"progress":1,"total":2}\n\nevent: result\ndata: ${JSON.stringify(RESULT)}\n\n`;

const toolsQuery = strict({
  server: repeated.describe('Tools of any of these servers.'),
  tag: repeated.describe('Tools with any of these tags.'),
  q: z
    .string('expected one value')
    .optional()
    .describe('What they should do, in a few words: the best first, at most 50.'),
  limit: wholeNumber(1, 1_000).default(100).describe('Most tools of one page.'),
  cursor: z
    .string('expected one value')
    .min(1, 'expected a text that is not empty')
    .optional()
    .describe('`next` of the page before.'),
});

/** Lists of tools, and calls. */
export const TOOL_ROUTES: readonly Route[] = [
  route({
    method: 'get',
    path: '/tools',
    operationId: 'listTools',
    tag: 'tools',
    summary: 'All tools, or those that fit',
    query: toolsQuery,
    answers: { 200: { description: 'A page of them.', content: json(tools, { tools: [EXAMPLE], found: 1 }) } },
    codes: [],
    run: async ({ query, http, parts }) => {
      const { caller } = http.var;
      return http.json(await (query.q?.trim() ? toolHits : toolPage)(query, caller, parts));
    },
  }),
  route({
    method: 'get',
    path: '/tools/{id}',
    operationId: 'getTool',
    tag: 'tools',
    summary: 'One tool',
    params: idParam,
    answers: { 200: { description: 'Its definition.', content: json(tool, { ...EXAMPLE, available: true }) } },
    codes: ['TOOL_NOT_FOUND'],
    run: async ({ params: { id }, http, parts }) => {
      const { caller } = http.var;
      const described = await parts.broker.describe(id, caller);
      return jsonResponse(http, { tags: parts.tools(caller).find((entry) => entry.id === id)?.tags, ...described });
    },
  }),
  route({
    method: 'post',
    path: '/tools/call',
    operationId: 'callTool',
    tag: 'tools',
    summary: 'Call a tool',
    description:
      'Answers with the result of the tool exactly as its server sent it, with 200 also when the tool says that it failed (`isError`). With `Accept: text/event-stream`: `progress` events, then one `result` or `error` (a problem document). The call ends when the client goes away.',
    body: callBody,
    examples: {
      id: { tool: 'github::create_issue', arguments: { title: 'A title' } },
      name: { tool: 'create_issue', server: 'github', arguments: { title: 'A title' }, timeoutMs: 10_000 },
    },
    answers: {
      200: {
        description: 'What the tool answered.',
        content: { ...json(toolResult, RESULT), 'text/event-stream': { example: STREAM } },
      },
    },
    codes: [
      ...(['TOOL_NOT_FOUND', 'AMBIGUOUS_TOOL', 'CANCELLED', 'UPSTREAM_ERROR', 'UPSTREAM_NEEDS_AUTH'] as const),
      ...(['UPSTREAM_UNAVAILABLE', 'TIMEOUT'] as const),
    ],
    run: callTool,
  }),
];

async function callTool({ body, http, parts, pingMs }: ApiRequest<undefined, undefined, z.output<typeof callBody>>) {
  const { caller, requestId } = http.var;
  const id = await namedTool(body, caller, parts);
  const request = { id, args: body.arguments ?? {}, timeoutMs: body.timeoutMs };
  const call = (lifetime: Pick<CallContext, 'signal' | 'onProgress'>) =>
    parts.broker.invoke(request, { caller, ...lifetime });
  const { signal } = http.req.raw;
  if (!wantsStream(http)) return jsonResponse(http, await call({ signal }));
  return callStream({
    call,
    signal,
    pingMs,
    problemOf: (error) => {
      logDefect(parts.log, error, { requestId });
      return problemOf(error, requestId);
    },
  });
}

function wantsStream(http: ApiRequest['http']): boolean {
  const supports = ['application/json', 'text/event-stream'];
  return accepts(http, { header: 'Accept', supports, default: 'application/json' }) === 'text/event-stream';
}

/** A call whose progress is sent as server-sent events. */
export interface StreamedCall {
  readonly call: (lifetime: Pick<CallContext, 'signal' | 'onProgress'>) => Promise<ToolResult>;
  readonly problemOf: (error: unknown) => Problem;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Silence, in ms, after which a comment is sent. */
  readonly pingMs: number;
}

/** Maximum bytes kept for a client that does not read. Beyond it progress is dropped; the result never is. */
const MAX_UNREAD_BYTES = 1_048_576;

const HEADERS = {
  'content-type': 'text/event-stream',
  // nginx would hold events back until its buffer is full.
  'x-accel-buffering': 'no',
};

/** Server-sent events: `progress` in order, then one `result` or `error`. The call ends when the client goes away. */
export function callStream(streamed: StreamedCall): Response {
  const gone = new Abort();
  const leave = () => gone.abort(new GatewayError('CANCELLED', 'the client has gone'));
  streamed.signal.addEventListener('abort', leave, { once: true });
  if (streamed.signal.aborted) leave();
  let isOpen = true;
  const start = (controller: ReadableStreamDefaultController<Uint8Array>) =>
    void forward(streamed, gone, { controller, isOpen: () => isOpen });
  const cancel = () => {
    isOpen = false;
    leave();
  };
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES });
  return new Response(new ReadableStream<Uint8Array>({ start, cancel }, strategy), { headers: HEADERS });
}

/** The stream, for the function that writes to it. A cancelled stream is not open any more. */
interface Outlet {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly isOpen: () => boolean;
}

async function forward({ call, problemOf, pingMs }: StreamedCall, gone: Abort, outlet: Outlet): Promise<void> {
  const { controller, isOpen } = outlet;
  const encoder = new TextEncoder();
  const write = (text: string) => {
    pings.refresh();
    if (isOpen()) controller.enqueue(encoder.encode(text));
  };
  const writeIfRead = (text: string) => {
    if ((controller.desiredSize ?? 0) > 0) write(text);
  };
  const pings = setInterval(() => writeIfRead(': ping\n\n'), pingMs);
  // Sends the headers at once.
  write(': open\n\n');
  try {
    const onProgress = (progress: object) => writeIfRead(event('progress', progress));
    write(event('result', await call({ signal: gone, onProgress })));
  } catch (error) {
    write(event('error', problemOf(error)));
  } finally {
    clearInterval(pings);
    if (isOpen()) controller.close();
  }
}

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${writtenAnswer(data)}\n\n`;
}
