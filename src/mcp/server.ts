import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type JSONRPCRequest,
  LOG_LEVEL_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Broker } from '../broker.ts';
import type { CallContext, Caller, Progress } from '../core/call.ts';
import { causeOf } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Logger } from '../core/log.ts';
import type { Answer } from '../core/rpc.ts';
import { type ResultPart, ResultStore } from '../results/result-store.ts';
import { VERSION } from '../version.ts';
import { callMetaTool } from './call-meta-tool.ts';
import { type ClientSession, identityOf } from './client-session.ts';
import { Conversation, type Conversations } from './conversation.ts';
import { withHeartbeat } from './heartbeat.ts';
import { type JobQuestions, metaToolDefinitions } from './meta-tools.ts';
import { asIs } from './raw-error.ts';

/** Resources, prompts and completion of all servers: answers their methods, raw. */
export type HandlePrimitive = (method: string, params: JsonObject, context: CallContext) => Promise<Answer>;

export interface ServerParts {
  readonly broker: Broker;
  readonly primitives: HandlePrimitive;
  readonly caller: Caller;
  readonly session: ClientSession;
  readonly conversations: Conversations;
  readonly results: ResultStore;
  /** Longest line that the client takes, in bytes. */
  readonly maxLineBytes: number;
  /** How long `invoke` waits before it hands over to a job, where the model does not say; absent: to the end. */
  readonly invokeWaitMs: () => number | undefined;
  readonly instructions: string;
  readonly log: Logger;
}

/** Methods whose answer may be `input_required` on 2026-07-28. */
const MAY_ASK = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** Methods of the other primitives, which cost no tool slot. */
const PRIMITIVE = /^(resources|prompts|completion)\//;

const CAPABILITIES = {
  tools: {},
  logging: {},
  completions: {},
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
};

/** The gateway as an MCP server to one client, in the protocol era in which it opened. */
export function createServer(parts: ServerParts, era: 'legacy' | 'modern'): Server {
  const server = new Server(
    { name: 'mcp-gateway', title: 'MCP Gateway', version: VERSION },
    { capabilities: CAPABILITIES, instructions: parts.instructions },
  );
  server.onerror = (error) => parts.log.debug('client connection', { error: causeOf(error) });
  // The session has taken note of the level before the request came here; servers take it before it is answered.
  server.setRequestHandler('logging/setLevel', async () => {
    await parts.session.levelTaken;
    return {};
  });
  // As a fallback, because a registered handler's results are parsed and rebuilt by the SDK: an upstream's unknown
  // content block would turn into an error, and 10 MB would be walked once more.
  server.fallbackRequestHandler = (request, context) =>
    era === 'modern' && MAY_ASK.has(request.method)
      ? converse(request, context, parts)
      : handle(request, { signal: context.mcpReq.signal, peer: parts.session, ...progressOf(request, context) }, parts);
  parts.session.serveBy(server, era);
  return server;
}

/** What a request inherits from its client, whichever way it came. */
interface Inherited extends Omit<CallContext, 'caller'> {
  readonly continuation?: JsonObject;
  readonly jobs?: JobQuestions;
}

async function handle(request: JSONRPCRequest, inherited: Inherited, parts: ServerParts): Promise<JsonObject> {
  const { continuation, jobs, onProgress, ...lifetime } = inherited;
  const { method } = request;
  const params: JsonObject = request.params ?? {};
  if (method === 'tools/list') return { tools: metaToolDefinitions() };
  const heart = onProgress && withHeartbeat(onProgress);
  const context = { caller: parts.caller, ...lifetime, ...(heart && { onProgress: heart.onProgress }) };
  try {
    if (method === 'tools/call')
      return await callMetaTool(params, { ...parts, context, continuation, jobs, invokeWaitMs: parts.invokeWaitMs() });
    const kept = method === 'resources/read' && ResultStore.locate(params.uri);
    if (kept) return readResult(params.uri, parts.results.read(kept.id, kept.offset, kept.length));
    if (PRIMITIVE.test(method)) return unwrap(await parts.primitives(method, { ...params, ...continuation }, context));
    throw new ProtocolError(ProtocolErrorCode.MethodNotFound, 'Method not found');
  } finally {
    heart?.stop();
  }
}

/** A request of a 2026-era client: begins a conversation, or takes up the one whose `requestState` it brings. */
async function converse(request: JSONRPCRequest, context: ServerContext, parts: ServerParts): Promise<JsonObject> {
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
    conversation.begin((peer) => handle(request, inheritedFrom(peer, request, parts, continuation), parts));
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
  peer: Conversation,
  request: JSONRPCRequest,
  { conversations }: ServerParts,
  continuation: JsonObject | undefined,
): Inherited {
  const onProgress = (progress: Progress) => peer.progress(progress);
  return {
    signal: peer.signal,
    peer,
    continuation,
    jobs: {
      started: (jobId) => conversations.keepAsJob(jobId, peer),
      ended: (jobId) => conversations.forgetJob(jobId),
      asked: (jobId) => askedBy(conversations.ofJob(jobId), conversations),
    },
    ...(tokenOf(request) !== undefined && { onProgress }),
  };
}

/** The questions of a job, remembered under the `requestState` with which the client comes back. */
function askedBy(job: Conversation | undefined, conversations: Conversations): Promise<JsonObject> | undefined {
  return job?.asked().then((result) => {
    conversations.keep(job);
    return result;
  });
}

function readResult(uri: unknown, { text, ...where }: ResultPart): JsonObject {
  return { contents: [{ uri, mimeType: 'application/json', text, _meta: { 'mcp-gateway/part': where } }] };
}

function conversationWith(envelope: JsonObject, request: JsonObject, { maxLineBytes }: ServerParts): Conversation {
  const level = envelope[LOG_LEVEL_META_KEY];
  return new Conversation({
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

function tokenOf(request: JSONRPCRequest): string | number | undefined {
  const meta = request.params?._meta;
  const token = isJsonObject(meta) ? meta.progressToken : undefined;
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}

function progressOf(request: JSONRPCRequest, { mcpReq }: ServerContext): Pick<CallContext, 'onProgress'> {
  const progressToken = tokenOf(request);
  if (progressToken === undefined) return {};
  return {
    onProgress: (progress) => {
      const params = { ...progress, progressToken };
      void mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
    },
  };
}

/** The result, or the server's own error as ours, code and data untouched. */
function unwrap(answer: Answer): JsonObject {
  if ('result' in answer) return answer.result;
  throw asIs(answer.error);
}
