import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { INTERNAL_ERROR, rpcError } from '../../core/rpc.ts';

/** What keeps a message from being a request or a notification of MCP; undefined when nothing does. */
export function messageProblem(message: unknown): string | undefined {
  if (!isJsonObject(message) || message.jsonrpc !== '2.0') return 'not a JSON-RPC 2.0 message';
  if (isAnswer(message)) return undefined;
  const { id, method, params } = message;
  if (typeof method !== 'string') return 'method: expected a string';
  if (id !== undefined && !isName(id)) return 'id: expected a string or a whole number below 2^53';
  if (params === undefined || params === null) return undefined;
  if (!isJsonObject(params)) return 'params: expected an object';
  return metaProblem(params._meta) ?? listenProblem(params);
}

/** Resources that one message may ask to hear of: each is a request to a server. */
const MAX_FOLLOWED = 500;

function listenProblem({ notifications }: JsonObject): string | undefined {
  const followed = isJsonObject(notifications) ? notifications.resourceSubscriptions : undefined;
  if (!Array.isArray(followed) || followed.length <= MAX_FOLLOWED) return undefined;
  return `params.notifications.resourceSubscriptions: ${followed.length} of them; one request may have ${MAX_FOLLOWED}`;
}

function metaProblem(meta: unknown): string | undefined {
  if (meta === undefined || meta === null) return undefined;
  if (!isJsonObject(meta)) return 'params._meta: expected an object';
  const { progressToken } = meta;
  if (progressToken === undefined || progressToken === null || isName(progressToken)) return undefined;
  return 'params._meta.progressToken: expected a string or a whole number below 2^53';
}

const isName = (value: unknown) => typeof value === 'string' || Number.isSafeInteger(value);

/** Whether the message answers a request of ours, however badly. */
export function isAnswer(message: JsonObject): boolean {
  return message.method === undefined && message.id !== undefined;
}

/** A message that `messageProblem` found nothing wrong with, as the gateway reads it. */
export function readable(message: JsonObject): JsonObject {
  return isAnswer(message) ? readableAnswer(message) : withoutNulls(message);
}

/** Members of `params` that some clients write as null where they mean nothing. */
const OPTIONAL = ['_meta', 'arguments', 'cursor'] as const;

/** What is optional and null is absent. */
function withoutNulls(message: JsonObject): JsonObject {
  const { params } = message;
  if (params === undefined) return message;
  if (!isJsonObject(params)) return { ...message, params: undefined };
  const meta = params._meta;
  const hasNull = isJsonObject(meta) && meta.progressToken === null;
  if (!hasNull && OPTIONAL.every((name) => params[name] !== null)) return message;
  const own: JsonObject = { ...params, ...(hasNull && { _meta: withoutToken(meta) }) };
  for (const name of OPTIONAL) if (own[name] === null) delete own[name];
  return { ...message, params: own };
}

function withoutToken({ progressToken: _, ...meta }: JsonObject): JsonObject {
  return meta;
}

/** An answer as JSON-RPC has it: one that holds neither a result nor an error is an error, or whoever asked would wait for ever. */
function readableAnswer({ id, result, error }: JsonObject): JsonObject {
  if (isJsonObject(result) && error === undefined) return { jsonrpc: '2.0', id, result };
  const { code, ...rest } = rpcError(error);
  return { jsonrpc: '2.0', id, error: { code: Number.isSafeInteger(code) ? code : INTERNAL_ERROR, ...rest } };
}
