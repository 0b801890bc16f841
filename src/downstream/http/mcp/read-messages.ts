import { parseMessage } from '../../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import { beyondBounds, idIn, STRANGERS_JSON } from '../../../core/json-bounds.ts';
import { isAnswer, messageProblem, normalizeMessage } from '../../protocol/json-rpc.ts';

const PARSE_ERROR = -32_700;
export const INVALID_REQUEST = -32_600;

/** The messages of one body or frame, or the JSON-RPC error that refuses them. */
export type ReadMessages =
  | { readonly messages: readonly JsonObject[]; readonly isBatch: boolean }
  | { readonly error: JsonObject };

/** Reads a JSON-RPC message, or a batch of any size. */
export function readMessages(text: string): ReadMessages {
  const beyond = beyondBounds(text, STRANGERS_JSON);
  if (beyond) return { error: rpcFailure(PARSE_ERROR, `Parse error: ${beyond}`, idIn(text)) };
  let parsed: unknown;
  try {
    parsed = parseMessage(text);
  } catch {
    return { error: rpcFailure(PARSE_ERROR, 'Parse error: the body is not JSON') };
  }
  const isBatch = Array.isArray(parsed);
  const all: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  for (const each of all) {
    const problem = messageProblem(each);
    if (problem) return { error: invalid(problem, isJsonObject(each) ? each.id : null) };
  }
  return { messages: (all as JsonObject[]).map(normalizeMessage), isBatch };
}

function invalid(problem: string, id: unknown): JsonObject {
  return rpcFailure(INVALID_REQUEST, `Invalid request: ${problem}`, id);
}

/** A JSON-RPC error. An `id` that is neither text nor number becomes null. */
export function rpcFailure(code: number, message: string, id: unknown = null): JsonObject {
  const known = typeof id === 'string' || typeof id === 'number' ? id : null;
  return { jsonrpc: '2.0', id: known, error: { code, message } };
}

/** True for a message that needs an answer. */
export function isRequest(message: JsonObject): boolean {
  return message.id !== undefined && !isAnswer(message);
}
