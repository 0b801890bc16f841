import { type ResultPart, ResultStore } from '../../broker/results/result-store.ts';
import { sound } from '../../broker/results/sound.ts';
import type { CallContext, ToolResult } from '../../core/call.ts';
import { causeOf, clip, GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type Answer, INVALID_PARAMS, METHOD_NOT_FOUND, type Progress, RpcFailure } from '../../core/rpc.ts';
import type { Logger } from '../../platform/log.ts';
import { errorResult } from './error-result.ts';
import { findMetaTool, type JobQuestions, META_TOOLS, type MetaCall, metaToolDefinitions } from './meta-tools.ts';
import { parseInput } from './parse-input.ts';
import type { SessionServices } from './session-services.ts';

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
  parts: SessionServices,
): Promise<JsonObject> {
  if (method === 'tools/list') return { tools: metaToolDefinitions() };
  const run = () => answer(method, params, inherited, parts);
  return parts.within?.(method, run) ?? run();
}

async function answer(
  method: string,
  params: JsonObject,
  inherited: Inherited,
  parts: SessionServices,
): Promise<JsonObject> {
  const { continuation, jobs, signal, peer, onProgress, onSending, onJob } = inherited;
  const heart = onProgress && withHeartbeat(onProgress);
  const context = { caller: parts.caller, signal, peer, onProgress: heart?.onProgress, onSending, onJob };
  try {
    if (method === 'tools/call') {
      const { broker, results, discovered } = parts;
      const invokeWaitMs = parts.invokeWaitMs();
      const call = { broker, results, context, meta: metaOf(params), continuation, jobs, invokeWaitMs, discovered };
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
export function fatesOf(requestId: unknown, { fates }: SessionServices): Pick<Inherited, 'onSending' | 'onJob'> {
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

/** Silence after which a sign of life is sent, in ms: below OpenCode's 60 s and Claude Code's idle timers with room. */
const SILENCE_MS = 12_000;
/** Progress must grow: a sign of life grows it by so little that the server's own next value is still larger. */
const STEP = 1e-9;

/**
 * Passes progress on and, while the server is silent, sends a sign of life of its own, so that a client that gave a
 * progress token keeps waiting. `stop` ends it.
 */
function withHeartbeat(send: (progress: Progress) => void, silenceMs = SILENCE_MS) {
  let last: Progress = { progress: 0 };
  const beat = () => {
    last = { ...last, progress: last.progress + Math.max(STEP, Math.abs(last.progress) * STEP) };
    send(last);
    timer.refresh();
  };
  const timer = setTimeout(beat, silenceMs).unref();
  return {
    onProgress: (progress: Progress) => {
      last = progress;
      timer.refresh();
      send(progress);
    },
    stop: () => clearTimeout(timer),
  };
}

/** JSON-RPC code by which a 2025-era server asks its client to open a URL first: clients act on it, models cannot. */
const URL_ELICITATION_REQUIRED = -32_042;

/** Answers `tools/call`: failures of ours are results, so that the model reads them; an unknown tool is an error. */
async function callMetaTool(params: JsonObject, call: MetaCall, log: Logger): Promise<ToolResult> {
  const { name, arguments: input } = params;
  const tool = typeof name === 'string' ? findMetaTool(name) : undefined;
  if (!tool) {
    const names = META_TOOLS.map((each) => each.name).join(', ');
    throw new RpcFailure({
      code: INVALID_PARAMS,
      message: `Unknown tool ${typeof name === 'string' ? `"${clip(name)}"` : '(its name is no text)'}; there are ${names}`,
    });
  }
  try {
    const takesAny = call.context.peer?.takesInputRequired;
    return await sound(await tool.run(parseInput(tool, input), call), takesAny);
  } catch (error) {
    const { code, message, data } = upstreamErrorIn(error);
    if (code === URL_ELICITATION_REQUIRED) throw new RpcFailure({ code, message: String(message), data });
    if (!(error instanceof GatewayError)) {
      log.error('internal error', { tool: tool.name, error: causeOf(error), stack: (error as Error).stack });
    }
    return errorResult(error);
  }
}

function upstreamErrorIn(error: unknown): JsonObject {
  const upstream = error instanceof GatewayError ? error.details.upstream : undefined;
  return isJsonObject(upstream) ? upstream : {};
}
