import { createMcpHandler, type JSONRPCMessage, type McpHttpHandler } from '@modelcontextprotocol/server';
import type { Signal } from '../../core/abort.ts';
import { causeOf } from '../../core/errors.ts';
import { unmarked, withMarks } from '../../core/exact-json.ts';
import type { JsonObject } from '../../core/json.ts';
import { isWritable } from '../../core/unwritable.ts';
import type { Logger } from '../../platform/log.ts';
import { NOT_NOW } from './client-session.ts';
import { isHandled } from './handle-request.ts';
import { unwritableAnswer } from './json-rpc.ts';
import { createServer, restoreError } from './modern-server.ts';
import { readEnvelope } from './request-meta.ts';
import type { SessionServices } from './session-services.ts';

/** Requests of 2026-07-28, which need no session, answered by the SDK. */
export interface ModernHandler {
  fetch(request: Request, message: JsonObject, services: SessionServices): Promise<Response>;
  /** Answers `subscriptions/listen`: from then on `services.session` tells its client of changes, until `signal` aborts. */
  listen(request: Request, message: JsonObject, services: SessionServices, signal: Signal): Promise<Response>;
  close(): Promise<void>;
}

/** Loaded when the first such request comes. */
export function createModernHandler(log: Logger): ModernHandler {
  const handler = sdkHandler(log);
  const listening = new Set<McpHttpHandler>();
  return {
    fetch: (request, message, services) => answerWith(handler, request, message, services),
    listen: (request, message, services, signal) => {
      // One for each request that listens: the SDK tells all listeners of a handler, whoever they are.
      const own = sdkHandler(log);
      listening.add(own);
      signal.addEventListener('abort', () => listening.delete(own), { once: true });
      services.session.sendThrough({ request: async () => NOT_NOW, notify: (...change) => publish(own, ...change) });
      return answerWith(own, request, message, services);
    },
    close: async () => {
      await Promise.all([handler, ...listening].map((each) => each.close()));
    },
  };
}

function sdkHandler(log: Logger): McpHttpHandler {
  // The SDK hands on what `answerWith` gives it as `extra`, untyped.
  return createMcpHandler(({ authInfo }) => serverFor(authInfo?.extra?.served as Served), {
    legacy: 'reject',
    onerror: (error) => log.debug('client request', { error: causeOf(error) }),
  });
}

async function answerWith(
  handler: McpHttpHandler,
  request: Request,
  message: JsonObject,
  services: SessionServices,
): Promise<Response> {
  const read = readEnvelope(message);
  if ('refusal' in read) return Response.json(read.refusal, { status: 400 });
  const parsedBody = read.message;
  const served: Served = { services, method: parsedBody.method, hasMarks: false };
  // The SDK hands this on to the factory unread; it never sees a token.
  const authInfo = { token: '', clientId: services.caller.id, scopes: [], extra: { served } };
  const response = await handler.fetch(request, { parsedBody, authInfo });
  return exactResponse(response, () => served.hasMarks);
}

/** Tells the client that listens of a change, if it wants to know of it. */
function publish({ notify }: McpHttpHandler, method: string, { uri }: JsonObject): void {
  if (method === 'notifications/resources/updated') notify.resourceUpdated(String(uri));
  else if (method === 'notifications/resources/list_changed') notify.resourcesChanged();
  else if (method === 'notifications/prompts/list_changed') notify.promptsChanged();
}

interface Served {
  readonly services: SessionServices;
  readonly method: unknown;
  /** The SDK was given numbers as marked strings. */
  hasMarks: boolean;
}

function serverFor(served: Served) {
  const { services, method } = served;
  const server = createServer(services);
  // Over HTTP an unknown method is a 404, which the SDK answers where it knows of no handler.
  if (typeof method === 'string' && !isHandled(method)) delete server.fallbackRequestHandler;
  const connect = server.connect.bind(server);
  server.connect = (transport) => {
    const send = transport.send.bind(transport);
    transport.send = (message, options) => {
      const restored = writable(restoreError(message));
      const marked = withMarks(restored);
      if (marked !== restored) served.hasMarks = true;
      return send(marked, options);
    };
    return connect(transport);
  };
  return server;
}

/** The answer, or an error in its place: the SDK takes the first that it is given, and is silent where it cannot write it. */
function writable(message: JSONRPCMessage): JSONRPCMessage {
  if (!('result' in message) || isWritable(message.result)) return message;
  return unwritableAnswer(message.id, 'it is nested too deeply') as JSONRPCMessage; // an error with the id of the answer
}

/** A response that the SDK wrote, with the numbers of its marks. `hasMarks`: whether any was written, as is known by then. */
export async function exactResponse(response: Response, hasMarks: () => boolean): Promise<Response> {
  const { body, status, statusText, headers } = response;
  const isStream = headers.get('content-type')?.startsWith('text/event-stream');
  if (!body || (!isStream && !hasMarks())) return response;
  const exact = isStream ? body.pipeThrough(exactFrames(hasMarks)) : unmarked(await response.text());
  return new Response(exact, { status, statusText, headers });
}

/** The SDK writes each event in one piece. */
function exactFrames(hasMarks: () => boolean): TransformStream<Uint8Array, Uint8Array> {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return new TransformStream({
    transform: (frame, controller) =>
      controller.enqueue(hasMarks() ? encoder.encode(unmarked(decoder.decode(frame))) : frame),
  });
}
