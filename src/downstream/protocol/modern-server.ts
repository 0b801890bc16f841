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
import type { CallContext, RequestTracking } from '../../core/call.ts';
import { causeOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  isLogLevel,
  LOG_LEVEL_META_KEY,
} from '../../core/protocol.ts';
import { type Progress, RpcFailure } from '../../core/rpc.ts';
import { GATEWAY_INFO } from '../../version.ts';
import { type ClientSender, identityOf, NOT_NOW } from './client-session.ts';
import { type ClientRequest, handleRequest, progressTokenOf } from './handle-request.ts';
import { MultiRoundRequest } from './multi-round-request.ts';
import { CAPABILITIES } from './negotiation.ts';
import { readEnvelope } from './request-meta.ts';
import type { SessionServices } from './session-services.ts';

/** Methods whose answer may be `input_required` on 2026-07-28. */
const MAY_ASK = new Set(['tools/call', 'prompts/get', 'resources/read']);

/**
 * The SDK's server of one client of 2026-07-28. The client can be asked only in answer to a request of its own: see
 * `MultiRoundRequest`.
 */
export interface ModernServer extends ClientSender {
  receive(message: JSONRPCMessage): void;
  close(): Promise<void>;
}

/** Serves a client of 2026-07-28 through the SDK. This module is loaded when such a client comes. */
export function serveModern(services: SessionServices, send: (message: JSONRPCMessage) => Promise<void>): ModernServer {
  const channel: Transport = {
    start: async () => {},
    send: (message) => send(restoreError(message)),
    close: async () => channel.onclose?.(),
  };
  const onerror = (error: Error) => services.log.debug('client connection', { error: causeOf(error) });
  const server = createServer(services);
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

/** Creates an SDK server that answers with the gateway, for one connection or one request. */
export function createServer(services: SessionServices): Server {
  const server = new Server(GATEWAY_INFO, { capabilities: CAPABILITIES, instructions: services.instructions });
  server.onerror = (error) => services.log.debug('client connection', { error: causeOf(error) });
  // A fallback handler, because the SDK parses and rebuilds the results of registered ones: an upstream's unknown
  // content block would become an error, and 10 MB would be walked once more.
  server.fallbackRequestHandler = (request, context) =>
    answer(request, context, services).catch((error: unknown) => {
      throw wrapForSdk(error);
    });
  return server;
}

function answer(request: JSONRPCRequest, context: ServerContext, services: SessionServices): Promise<JsonObject> {
  const { method, params = {} } = request;
  if (MAY_ASK.has(method)) return answerInRounds(request, context, services);
  const { caller, session } = services;
  const { signal } = context.mcpReq;
  return handleRequest(
    { method, params },
    { caller, signal, peer: session, ...progressOf(request, context) },
    services,
  );
}

/**
 * Answers a request whose work may ask the client: starts the work, or continues the one whose `requestState` it
 * brings.
 */
async function answerInRounds(
  request: JSONRPCRequest,
  context: ServerContext,
  services: SessionServices,
): Promise<JsonObject> {
  const { multiRound } = services;
  const { inputResponses, ...mcpReq } = context.mcpReq;
  const state: unknown = mcpReq.requestState();
  const responses = (inputResponses ?? {}) as JsonObject;
  const parked = multiRound.find(state);
  const content = contentOf(request);
  if (parked === 'expired' || (parked && !parked.isJob && !parked.isAbout(content))) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid or expired requestState');
  }
  if (parked?.isJob) parked.answer(responses);
  const continues = parked !== undefined && !parked.isJob;
  const work = continues ? parked : newMultiRoundRequest(mcpReq.envelope ?? {}, content, services);
  if (!continues) {
    // Answers to a question of ours end here; those to a server of 2026-07-28 are passed on to it.
    const continuation = parked
      ? undefined
      : { ...(inputResponses && { inputResponses: responses }), ...(state !== undefined && { requestState: state }) };
    const { method, params = {} } = request;
    work.begin(() => handleWithin(work, request.id, { method, params, continuation }, services));
  }
  const open = {
    signal: mcpReq.signal,
    notify: (method: string, params: JsonObject) => void mcpReq.notify({ method, params }).catch(() => {}),
    ...progressOf(request, context),
  };
  const result = await work.turn(open, continues ? responses : {});
  if (result.requestState !== undefined && result.requestState === work.state) multiRound.keep(work);
  else if (!work.isJob) multiRound.close(work);
  return result;
}

/** Handles a request whose questions, log messages and progress go through `peer`. */
function handleWithin(
  peer: MultiRoundRequest,
  id: unknown,
  request: ClientRequest,
  services: SessionServices,
): Promise<JsonObject> {
  const onProgress = (progress: Progress) => peer.progress(progress);
  const context = {
    caller: services.caller,
    signal: peer.signal,
    peer,
    tracking: trackingOf(peer, services.tracker?.track(id), services),
    ...(progressTokenOf(request.params) !== undefined && { onProgress }),
  };
  return handleRequest(request, context, services);
}

/** The tracking of a request which, should it become a job, keeps `peer` so that the job can ask the client. */
function trackingOf(
  peer: MultiRoundRequest,
  tracking: RequestTracking | undefined,
  { multiRound }: SessionServices,
): RequestTracking {
  return {
    ...tracking,
    submitted: (job) => {
      multiRound.keepAsJob(job, peer);
      tracking?.submitted?.(job);
    },
    ended: (job) => {
      multiRound.forgetJob(job);
      tracking?.ended?.(job);
    },
  };
}

function newMultiRoundRequest(
  envelope: JsonObject,
  request: JsonObject,
  { session, maxLineBytes, multiRound }: SessionServices,
): MultiRoundRequest {
  const level = envelope[LOG_LEVEL_META_KEY];
  return new MultiRoundRequest({
    origin: session,
    identity: identityOf(envelope[CLIENT_INFO_META_KEY], envelope[CLIENT_CAPABILITIES_META_KEY]),
    ...(isLogLevel(level) && { logLevel: level }),
    request,
    newState: () => multiRound.newState(),
    maxQuestionBytes: maxLineBytes / 2,
  });
}

/** Method and params of a request, without `_meta`, which differs each time the request is sent. */
function contentOf({ method, params }: JSONRPCRequest): JsonObject {
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

/** The error to throw so that it reaches the client unchanged, by `restoreError`: the SDK would replace some codes. */
function wrapForSdk(error: unknown): unknown {
  return error instanceof RpcFailure ? new ProtocolError(error.error.code, error.message, error) : error;
}

/** The message with the original error in place of the one that the SDK made of it. */
export function restoreError(message: JSONRPCMessage): JSONRPCMessage {
  if (!('error' in message) || !(message.error.data instanceof RpcFailure)) return message;
  return { ...message, error: message.error.data.error };
}
