import { type ResultPart, ResultStore } from '../../broker/results/result-store.ts';
import { sound } from '../../broker/results/sound.ts';
import type { CallContext, ToolResult } from '../../core/call.ts';
import { causeOf, clip, GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type Answer, INVALID_PARAMS, METHOD_NOT_FOUND, type Progress, RpcFailure } from '../../core/rpc.ts';
import { errorResult } from './error-result.ts';
import { findMetaTool, META_TOOLS, type MetaCall, metaToolDefinitions } from './meta-tools.ts';
import { parseInput } from './parse-input.ts';
import type { SessionServices } from './session-services.ts';

/** A request of a client, of either era. */
export interface ClientRequest {
  readonly method: string;
  readonly params: JsonObject;
  /** `inputResponses` and `requestState` of a client of 2026-07-28 for the server that asked in its last result. */
  readonly continuation?: JsonObject | undefined;
}

/** Methods for resources, prompts and completion: they are passed to servers and take no tool slot. */
const PRIMITIVES = new Set([
  ...['resources/list', 'resources/templates/list', 'resources/read', 'resources/subscribe', 'resources/unsubscribe'],
  ...['prompts/list', 'prompts/get', 'completion/complete'],
]);

/** True if `handleRequest` answers the method. */
export function isHandled(method: string): boolean {
  return method === 'tools/list' || method === 'tools/call' || PRIMITIVES.has(method);
}

/** Resolves with the result of a client's request. Rejects with `RpcFailure` where the answer is a JSON-RPC error. */
export function handleRequest(
  request: ClientRequest,
  context: CallContext,
  services: SessionServices,
): Promise<JsonObject> {
  const { method } = request;
  if (method === 'tools/list') return Promise.resolve({ tools: metaToolDefinitions() });
  const run = () =>
    context.onProgress
      ? withHeartbeat(context, context.onProgress, (beatingContext) => answer(request, beatingContext, services))
      : answer(request, context, services);
  return services.within?.(method, run) ?? run();
}

function answer(request: ClientRequest, context: CallContext, services: SessionServices): Promise<JsonObject> {
  const { method, params, continuation } = request;
  if (method !== 'tools/call') return answerPrimitive(request, context, services);
  return callMetaTool(params, { services, context, protocol: { meta: metaOf(params), continuation } });
}

async function answerPrimitive(
  { method, params, continuation }: ClientRequest,
  context: CallContext,
  services: SessionServices,
): Promise<JsonObject> {
  const part = method === 'resources/read' && ResultStore.locate(params.uri);
  if (part) return readResult(params.uri, services.results.read(part.id, part.offset, part.length));
  if (!PRIMITIVES.has(method)) throw new RpcFailure({ code: METHOD_NOT_FOUND, message: 'Method not found' });
  const raw = await services.primitives(method, { ...params, ...continuation }, context);
  const { soundAnswer } = await import('../../broker/results/sound-answer.ts');
  return soundAnswer(method, unwrap(raw), params.uri);
}

/** The progress token of a request; undefined: it wants no progress. */
export function progressTokenOf(params: unknown): string | number | undefined {
  const meta = isJsonObject(params) ? params._meta : undefined;
  const token = isJsonObject(meta) ? meta.progressToken : undefined;
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}

/**
 * The client's `_meta` as the server gets it: without the progress token, since the gateway reports the progress.
 * Undefined: it is empty.
 */
function metaOf({ _meta }: JsonObject): JsonObject | undefined {
  if (!isJsonObject(_meta)) return undefined;
  const { progressToken: _, ...meta } = _meta;
  return Object.keys(meta).length > 0 ? meta : undefined;
}

function readResult(uri: unknown, { text, ...where }: ResultPart): JsonObject {
  return { contents: [{ uri, mimeType: 'application/json', text, _meta: { 'mcp-gateway/part': where } }] };
}

/** Returns the result. Throws the server's error, with its code and data unchanged. */
function unwrap(answer: Answer): JsonObject {
  if ('result' in answer) return answer.result;
  throw new RpcFailure(answer.error);
}

/**
 * Time without progress after which a heartbeat is sent, in ms: well below the 60 s of OpenCode and the idle timers of
 * Claude Code.
 */
const SILENCE_MS = 12_000;
/**
 * Growth of the progress with each heartbeat: progress must grow, but the server's own next value must still be larger.
 */
const STEP = 1e-9;

/**
 * Calls `run` with a context that passes progress on. While the server is silent, the last progress is sent again as a
 * heartbeat, slightly raised, so that a client that gave a progress token keeps waiting.
 */
async function withHeartbeat<T>(
  context: CallContext,
  send: (progress: Progress) => void,
  run: (context: CallContext) => Promise<T>,
): Promise<T> {
  let last: Progress = { progress: 0 };
  const beat = () => {
    last = { ...last, progress: last.progress + Math.max(STEP, Math.abs(last.progress) * STEP) };
    send(last);
    timer.refresh();
  };
  const timer = setTimeout(beat, SILENCE_MS).unref();
  const onProgress = (progress: Progress) => {
    last = progress;
    timer.refresh();
    send(progress);
  };
  try {
    return await run({ ...context, onProgress });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * JSON-RPC code by which a 2025-era server asks its client to open a URL first. It stays an error: clients act on it,
 * models cannot.
 */
const URL_ELICITATION_REQUIRED = -32_042;

/**
 * Answers `tools/call`: an error of the gateway becomes a result, so that the model reads it; an unknown tool is a
 * JSON-RPC error.
 */
async function callMetaTool(params: JsonObject, call: MetaCall): Promise<ToolResult> {
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
    const result = sound(await tool.run(parseInput(tool, input), call), takesAny);
    return result instanceof Promise ? await result : result;
  } catch (error) {
    const { code, message, data } = upstreamErrorIn(error);
    if (code === URL_ELICITATION_REQUIRED) throw new RpcFailure({ code, message: String(message), data });
    if (!(error instanceof GatewayError)) {
      call.services.log.error('internal error', {
        tool: tool.name,
        error: causeOf(error),
        stack: (error as Error).stack,
      });
    }
    return errorResult(error);
  }
}

function upstreamErrorIn(error: unknown): JsonObject {
  const upstream = error instanceof GatewayError ? error.details.upstream : undefined;
  return isJsonObject(upstream) ? upstream : {};
}
