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

/** Answers HTTP requests of 2026-07-28, which need no session, through the SDK. */
export interface ModernHandler {
  fetch(request: Request, message: JsonObject, services: SessionServices): Promise<Response>;
  /** Answers `subscriptions/listen`: `services.session` then sends its client changes, until `signal` aborts. */
  listen(request: Request, message: JsonObject, services: SessionServices, signal: Signal): Promise<Response>;
  close(): Promise<void>;
}

/** Creates the handler. This module is loaded at the first request of 2026-07-28. */
export function createModernHandler(log: Logger): ModernHandler {
  const handler = sdkHandler(log);
  const listening = new Set<McpHttpHandler>();
  return {
    fetch: (request, message, services) => answerWith(handler, request, message, services),
    listen: (request, message, services, signal) => {
      // Each listening request has an SDK handler of its own, because a handler sends changes to all its listeners.
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
  // The SDK passes on the `extra` of `answerWith`, untyped.
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
  // The SDK passes this to the factory unread; it never gets a token.
  const authInfo = { token: '', clientId: services.caller.id, scopes: [], extra: { served } };
  const response = await handler.fetch(request, { parsedBody, authInfo });
  return exactResponse(response, () => served.hasMarks);
}

/** Sends a change to the listening client; the SDK drops it where the client has not subscribed to it. */
function publish({ notify }: McpHttpHandler, method: string, { uri }: JsonObject): void {
  if (method === 'notifications/resources/updated') notify.resourceUpdated(String(uri));
  else if (method === 'notifications/resources/list_changed') notify.resourcesChanged();
  else if (method === 'notifications/prompts/list_changed') notify.promptsChanged();
}

interface Served {
  readonly services: SessionServices;
  readonly method: unknown;
  /** True once the SDK was given numbers as marked strings. */
  hasMarks: boolean;
}

function serverFor(served: Served) {
  const { services, method } = served;
  const server = createServer(services);
  // Over HTTP an unknown method is a 404: the SDK answers so where the server has no handler for it.
  if (typeof method === 'string' && !isHandled(method)) delete server.fallbackRequestHandler;
  const connect = server.connect.bind(server);
  server.connect = (transport) => {
    const send = transport.send.bind(transport);
    transport.send = (message, options) => {
      const restored = ensureWritable(restoreError(message));
      const marked = withMarks(restored);
      if (marked !== restored) served.hasMarks = true;
      return send(marked, options);
    };
    return connect(transport);
  };
  return server;
}

/** The message, or an error in place of an answer that cannot be serialized: the SDK would send nothing for that. */
function ensureWritable(message: JSONRPCMessage): JSONRPCMessage {
  if (!('result' in message) || isWritable(message.result)) return message;
  return unwritableAnswer(message.id, 'it is nested too deeply') as JSONRPCMessage; // an error with the id of the answer
}

/**
 * The SDK's response, with its marked strings turned back into numbers. `hasMarks` tells if there are any, once the
 * body is written.
 */
async function exactResponse(response: Response, hasMarks: () => boolean): Promise<Response> {
  const { body, status, statusText, headers } = response;
  const isStream = headers.get('content-type')?.startsWith('text/event-stream');
  if (!body || (!isStream && !hasMarks())) return response;
  const exact = isStream ? body.pipeThrough(exactFrames(hasMarks)) : unmarked(await response.text());
  return new Response(exact, { status, statusText, headers });
}

/** Turns marks back into numbers in an event stream, in which the SDK writes each event as one chunk. */
function exactFrames(hasMarks: () => boolean): TransformStream<Uint8Array, Uint8Array> {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return new TransformStream({
    transform: (frame, controller) =>
      controller.enqueue(hasMarks() ? encoder.encode(unmarked(decoder.decode(frame))) : frame),
  });
}
