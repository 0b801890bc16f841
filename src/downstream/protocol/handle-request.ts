import { type ResultPart, ResultStore } from '../../broker/results/result-store.ts';
import type { CallContext } from '../../core/call.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type Answer, METHOD_NOT_FOUND, RpcFailure } from '../../core/rpc.ts';
import { callMetaTool } from './call-meta-tool.ts';
import { withHeartbeat } from './heartbeat.ts';
import { type JobQuestions, metaToolDefinitions } from './meta-tools.ts';
import type { ServerParts } from './server-parts.ts';

/** What a request inherits from its client, whichever way it came. */
export interface Inherited extends Omit<CallContext, 'caller'> {
  readonly continuation?: JsonObject;
  readonly jobs?: JobQuestions;
}

/** Methods of the other primitives, which cost no tool slot. */
const PRIMITIVES = new Set([
  ...['resources/list', 'resources/templates/list', 'resources/read', 'resources/subscribe', 'resources/unsubscribe'],
  ...['prompts/list', 'prompts/get', 'completion/complete'],
]);

/** Whether a method is one that `handleRequest` answers. */
export function isHandled(method: string): boolean {
  return method === 'tools/list' || method === 'tools/call' || PRIMITIVES.has(method);
}

/** Answers a request of a client, in whichever era it came. Rejects with `RpcFailure` where the answer is an error. */
export async function handleRequest(
  method: string,
  params: JsonObject,
  inherited: Inherited,
  parts: ServerParts,
): Promise<JsonObject> {
  if (method === 'tools/list') return { tools: metaToolDefinitions() };
  const run = () => answer(method, params, inherited, parts);
  return parts.within?.(method, run) ?? run();
}

async function answer(
  method: string,
  params: JsonObject,
  inherited: Inherited,
  parts: ServerParts,
): Promise<JsonObject> {
  const { continuation, jobs, signal, peer, onProgress, onSending, onJob } = inherited;
  const heart = onProgress && withHeartbeat(onProgress);
  const context = { caller: parts.caller, signal, peer, onProgress: heart?.onProgress, onSending, onJob };
  try {
    if (method === 'tools/call') {
      const { broker, results, learnt } = parts;
      const invokeWaitMs = parts.invokeWaitMs();
      const call = { broker, results, context, meta: metaOf(params), continuation, jobs, invokeWaitMs, learnt };
      return await callMetaTool(params, call, parts.log);
    }
    const kept = method === 'resources/read' && ResultStore.locate(params.uri);
    if (kept) return readResult(params.uri, parts.results.read(kept.id, kept.offset, kept.length));
    if (PRIMITIVES.has(method)) {
      const raw = await parts.primitives(method, { ...params, ...continuation }, context);
      const { soundAnswer } = await import('../../broker/results/sound-answer.ts');
      return soundAnswer(method, unwrap(raw), params.uri);
    }
    throw new RpcFailure({ code: METHOD_NOT_FOUND, message: 'Method not found' });
  } finally {
    heart?.stop();
  }
}

/** Has what becomes of that request told to whoever wants to know. */
export function fatesOf(requestId: unknown, { fates }: ServerParts): Pick<Inherited, 'onSending' | 'onJob'> {
  if (!fates) return {};
  return {
    onSending: () => fates.sending(requestId),
    onJob: (jobId) => fates.becameJob(requestId, jobId),
  };
}

/** The progress token of a request; undefined where it wants no progress. */
export function progressTokenOf(params: unknown): string | number | undefined {
  const meta = isJsonObject(params) ? params._meta : undefined;
  const token = isJsonObject(meta) ? meta.progressToken : undefined;
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}

/** The client's `_meta` for the server, without the progress token, which is ours to answer. */
function metaOf({ _meta }: JsonObject): JsonObject | undefined {
  if (!isJsonObject(_meta)) return undefined;
  const { progressToken: _, ...meta } = _meta;
  return Object.keys(meta).length > 0 ? meta : undefined;
}

function readResult(uri: unknown, { text, ...where }: ResultPart): JsonObject {
  return { contents: [{ uri, mimeType: 'application/json', text, _meta: { 'mcp-gateway/part': where } }] };
}

/** The result, or the server's own error as ours, code and data untouched. */
function unwrap(answer: Answer): JsonObject {
  if ('result' in answer) return answer.result;
  throw new RpcFailure(answer.error);
}
