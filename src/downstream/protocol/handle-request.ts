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

/** A request of a client, in whichever era it came. */
export interface ClientRequest {
  readonly method: string;
  readonly params: JsonObject;
  /** Answers of a 2026-era client for the server that asked in its last result. */
  readonly continuation?: JsonObject | undefined;
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

/** Answers a request of a client. Rejects with `RpcFailure` where the answer is an error. */
export async function handleRequest(
  request: ClientRequest,
  context: CallContext,
  services: SessionServices,
): Promise<JsonObject> {
  const { method } = request;
  if (method === 'tools/list') return { tools: metaToolDefinitions() };
  const run = () => withHeartbeat(context, (beating) => answer(request, beating, services));
  return services.within?.(method, run) ?? run();
}

async function answer(
  { method, params, continuation }: ClientRequest,
  context: CallContext,
  services: SessionServices,
): Promise<JsonObject> {
  if (method === 'tools/call') {
    return callMetaTool(params, { services, context, protocol: { meta: metaOf(params), continuation } });
  }
  const kept = method === 'resources/read' && ResultStore.locate(params.uri);
  if (kept) return readResult(params.uri, services.results.read(kept.id, kept.offset, kept.length));
  if (!PRIMITIVES.has(method)) throw new RpcFailure({ code: METHOD_NOT_FOUND, message: 'Method not found' });
  const raw = await services.primitives(method, { ...params, ...continuation }, context);
  const { soundAnswer } = await import('../../broker/results/sound-answer.ts');
  return soundAnswer(method, unwrap(raw), params.uri);
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
 * Runs with progress passed on and, while the server is silent, a sign of life of its own, so that a client that gave a
 * progress token keeps waiting.
 */
async function withHeartbeat<T>(context: CallContext, run: (context: CallContext) => Promise<T>): Promise<T> {
  const send = context.onProgress;
  if (!send) return run(context);
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

/** JSON-RPC code by which a 2025-era server asks its client to open a URL first: clients act on it, models cannot. */
const URL_ELICITATION_REQUIRED = -32_042;

/** Answers `tools/call`: failures of ours are results, so that the model reads them; an unknown tool is an error. */
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
    return await sound(await tool.run(parseInput(tool, input), call), takesAny);
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
