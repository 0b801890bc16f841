import {
  type JSONRPCMessage,
  type JSONRPCRequest,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
  type Transport,
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { CallContext } from '../../core/call.ts';
import { causeOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY, LOG_LEVEL_META_KEY } from '../../core/protocol.ts';
import { type Progress, RpcFailure } from '../../core/rpc.ts';
import { GATEWAY_INFO } from '../../version.ts';
import { identityOf, NOT_NOW, type WayToClient } from './client-session.ts';
import { fatesOf, handleRequest, type Inherited, progressTokenOf } from './handle-request.ts';
import { MultiRoundRequest } from './multi-round-request.ts';
import type { MultiRoundRequests } from './multi-round-requests.ts';
import { CAPABILITIES } from './negotiation.ts';
import { readEnvelope } from './request-meta.ts';
import type { SessionServices } from './session-services.ts';

/** Methods whose answer may be `input_required` on 2026-07-28. */
const MAY_ASK = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** A client of 2026-07-28, being served by the SDK. It can be asked only in answer to a request of its own: see `MultiRoundRequest`. */
export interface ModernServer extends WayToClient {
  receive(message: JSONRPCMessage): void;
  close(): Promise<void>;
}

/** The gateway as an MCP server to a client of 2026-07-28. Loaded when such a client comes. */
export function serveModern(parts: SessionServices, send: (message: JSONRPCMessage) => Promise<void>): ModernServer {
  const channel: Transport = {
    start: async () => {},
    send: (message) => send(restoreError(message)),
    close: async () => channel.onclose?.(),
  };
  const onerror = (error: Error) => parts.log.debug('client connection', { error: causeOf(error) });
  const server = createServer(parts);
  const connection = serveStdio(() => server, { transport: channel, onerror });
  return {
    receive: (message) => {
      const read = readEnvelope(message as JsonObject);
      if ('refusal' in read) void channel.send(read.refusal as JSONRPCMessage).catch(onerror);
      else channel.onmessage?.(read.message as JSONRPCMessage);
    },
    request: async () => NOT_NOW,
    notify: (method, params) => void server.notification({ method, params }).catch(() => {}),
    close: () => connection.close(),
  };
}

/** The gateway as an SDK server, for one connection or one request. */
export function createServer(parts: SessionServices): Server {
  const server = new Server(GATEWAY_INFO, { capabilities: CAPABILITIES, instructions: parts.instructions });
  server.onerror = (error) => parts.log.debug('client connection', { error: causeOf(error) });
  // As a fallback, because a registered handler's results are parsed and rebuilt by the SDK: an upstream's unknown
  // content block would turn into an error, and 10 MB would be walked once more.
  server.fallbackRequestHandler = (request, context) =>
    answer(request, context, parts).catch((error: unknown) => {
      throw throughSdk(error);
    });
  return server;
}

function answer(request: JSONRPCRequest, context: ServerContext, parts: SessionServices): Promise<JsonObject> {
  const { method, params = {} } = request;
  if (MAY_ASK.has(method)) return converse(request, context, parts);
  const inherited = { signal: context.mcpReq.signal, peer: parts.session, ...progressOf(request, context) };
  return handleRequest(method, params, inherited, parts);
}

/** A request of a 2026-era client: begins a conversation, or takes up the one whose `requestState` it brings. */
async function converse(request: JSONRPCRequest, context: ServerContext, parts: SessionServices): Promise<JsonObject> {
  const { conversations } = parts;
  const { inputResponses, ...mcpReq } = context.mcpReq;
  const state: unknown = mcpReq.requestState();
  const responses = (inputResponses ?? {}) as JsonObject;
  const open = conversations.find(state);
  const about = aboutOf(request);
  if (open === 'expired' || (open && !open.isJob && !open.isAbout(about))) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid or expired requestState');
  }
  if (open?.isJob) open.answer(responses);
  const goesOn = open !== undefined && !open.isJob;
  const conversation = goesOn ? open : conversationWith(mcpReq.envelope ?? {}, about, parts);
  if (!goesOn) {
    // Answers to a question of ours end here; those to a server of the same era are passed on to it.
    const continuation = open
      ? undefined
      : { ...(inputResponses && { inputResponses: responses }), ...(state !== undefined && { requestState: state }) };
    conversation.begin((peer) =>
      handleRequest(request.method, request.params ?? {}, inheritedFrom(peer, request, parts, continuation), parts),
    );
  }
  const attachment = {
    signal: mcpReq.signal,
    notify: (method: string, params: JsonObject) => void mcpReq.notify({ method, params }).catch(() => {}),
    ...progressOf(request, context),
  };
  const result = await conversation.turn(attachment, goesOn ? responses : {});
  if (result.requestState !== undefined && result.requestState === conversation.state) conversations.keep(conversation);
  else if (!conversation.isJob) conversations.close(conversation);
  return result;
}

function inheritedFrom(
  peer: MultiRoundRequest,
  request: JSONRPCRequest,
  parts: SessionServices,
  continuation: JsonObject | undefined,
): Inherited {
  const { conversations } = parts;
  const onProgress = (progress: Progress) => peer.progress(progress);
  return {
    ...fatesOf(request.id, parts),
    signal: peer.signal,
    peer,
    continuation,
    jobs: {
      started: (jobId) => conversations.keepAsJob(jobId, peer),
      ended: (jobId) => conversations.forgetJob(jobId),
      asked: (jobId) => askedBy(conversations.ofJob(jobId), conversations),
    },
    ...(progressTokenOf(request.params) !== undefined && { onProgress }),
  };
}

/** The questions of a job, remembered under the `requestState` with which the client comes back. */
function askedBy(
  job: MultiRoundRequest | undefined,
  conversations: MultiRoundRequests,
): Promise<JsonObject> | undefined {
  return job?.asked().then((result) => {
    conversations.keep(job);
    return result;
  });
}

function conversationWith(
  envelope: JsonObject,
  request: JsonObject,
  { session, maxLineBytes }: SessionServices,
): MultiRoundRequest {
  const level = envelope[LOG_LEVEL_META_KEY];
  return new MultiRoundRequest({
    origin: session,
    identity: identityOf(envelope[CLIENT_INFO_META_KEY], envelope[CLIENT_CAPABILITIES_META_KEY]),
    ...(typeof level === 'string' && { logLevel: level }),
    request,
    maxQuestionBytes: maxLineBytes / 2,
  });
}

/** What a request asks, apart from what belongs to this one sending of it. */
function aboutOf({ method, params }: JSONRPCRequest): JsonObject {
  const { _meta: _, ...asked } = (params ?? {}) as JsonObject;
  return { method, ...asked };
}

function progressOf(request: JSONRPCRequest, { mcpReq }: ServerContext): Pick<CallContext, 'onProgress'> {
  const progressToken = progressTokenOf(request.params);
  if (progressToken === undefined) return {};
  return {
    onProgress: (progress) => {
      const params = { ...progress, progressToken };
      void mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
    },
  };
}

/** What to throw so that an error reaches the client as it is: the SDK would give some codes another number. */
export function throughSdk(error: unknown): unknown {
  return error instanceof RpcFailure ? new ProtocolError(error.error.code, error.message, error) : error;
}

/** The message with the error itself in place of what the SDK made of it. */
export function restoreError(message: JSONRPCMessage): JSONRPCMessage {
  if (!('error' in message) || !(message.error.data instanceof RpcFailure)) return message;
  return { ...message, error: message.error.data.error };
}
