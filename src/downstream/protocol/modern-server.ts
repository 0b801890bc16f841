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

/** A client of 2026-07-28, being served by the SDK. It can be asked only in answer to a request of its own: see `MultiRoundRequest`. */
export interface ModernServer extends ClientSender {
  receive(message: JSONRPCMessage): void;
  close(): Promise<void>;
}

/** The gateway as an MCP server to a client of 2026-07-28. Loaded when such a client comes. */
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

/** The gateway as an SDK server, for one connection or one request. */
export function createServer(services: SessionServices): Server {
  const server = new Server(GATEWAY_INFO, { capabilities: CAPABILITIES, instructions: services.instructions });
  server.onerror = (error) => services.log.debug('client connection', { error: causeOf(error) });
  // As a fallback, because a registered handler's results are parsed and rebuilt by the SDK: an upstream's unknown
  // content block would turn into an error, and 10 MB would be walked once more.
  server.fallbackRequestHandler = (request, context) =>
    answer(request, context, services).catch((error: unknown) => {
      throw throughSdk(error);
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

/** Answers a request that may ask back: begins its work, or takes up the work whose `requestState` it brings. */
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
  const about = aboutOf(request);
  if (parked === 'expired' || (parked && !parked.isJob && !parked.isAbout(about))) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid or expired requestState');
  }
  if (parked?.isJob) parked.answer(responses);
  const goesOn = parked !== undefined && !parked.isJob;
  const work = goesOn ? parked : newMultiRoundRequest(mcpReq.envelope ?? {}, about, services);
  if (!goesOn) {
    // Answers to a question of ours end here; those to a server of the same era are passed on to it.
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
  const result = await work.turn(open, goesOn ? responses : {});
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

/** Tracking of a request that keeps its way to the client for the job that it becomes. */
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

/** A request without what belongs to one sending of it. */
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
