import { isJsonObject, type JsonObject } from '../core/json.ts';
import { INTERNAL_ERROR, rpcError } from '../core/rpc.ts';

/** What keeps a message from being a request or a notification of MCP; undefined when nothing does. */
export function messageProblem(message: unknown): string | undefined {
  if (!isJsonObject(message) || message.jsonrpc !== '2.0') return 'not a JSON-RPC 2.0 message';
  if (isAnswer(message)) return undefined;
  const { id, method, params } = message;
  if (typeof method !== 'string') return 'method: expected a string';
  if (id !== undefined && !isName(id)) return 'id: expected a string or a whole number below 2^53';
  if (params === undefined) return undefined;
  if (!isJsonObject(params)) return 'params: expected an object';
  return metaProblem(params._meta);
}

function metaProblem(meta: unknown): string | undefined {
  if (meta === undefined) return undefined;
  if (!isJsonObject(meta)) return 'params._meta: expected an object';
  const { progressToken } = meta;
  if (progressToken === undefined || isName(progressToken)) return undefined;
  return 'params._meta.progressToken: expected a string or a whole number below 2^53';
}

const isName = (value: unknown) => typeof value === 'string' || Number.isSafeInteger(value);

/** Whether the message answers a request of ours, however badly. */
export function isAnswer(message: JsonObject): boolean {
  return message.method === undefined && message.id !== undefined;
}

/** An answer as JSON-RPC has it: one that holds neither a result nor an error is an error, or whoever asked would wait for ever. */
export function readableAnswer({ id, result, error }: JsonObject): JsonObject {
  if (isJsonObject(result) && error === undefined) return { jsonrpc: '2.0', id, result };
  const { code, ...rest } = rpcError(error);
  return { jsonrpc: '2.0', id, error: { code: Number.isSafeInteger(code) ? code : INTERNAL_ERROR, ...rest } };
}
