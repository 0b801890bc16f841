import { parseMessage } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { isAnswer, messageProblem, readableAnswer } from '../../mcp/message-problem.ts';

const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

/** Messages that a client sent in one body or frame, or the error that says what is wrong with them. */
export type ReadMessages =
  | { readonly messages: readonly JsonObject[]; readonly isBatch: boolean }
  | { readonly error: JsonObject };

/** Reads a JSON-RPC message, or a batch of them (2025-03-26). */
export function readMessages(text: string): ReadMessages {
  let parsed: unknown;
  try {
    parsed = parseMessage(text);
  } catch {
    return { error: rpcFailure(PARSE_ERROR, 'Parse error: the body is not JSON') };
  }
  const isBatch = Array.isArray(parsed);
  const all: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  if (all.length === 0) return { error: rpcFailure(INVALID_REQUEST, 'Invalid request: an empty batch') };
  for (const each of all) {
    const problem = messageProblem(each);
    if (problem)
      return { error: rpcFailure(INVALID_REQUEST, `Invalid request: ${problem}`, isJsonObject(each) ? each.id : null) };
  }
  const messages = (all as JsonObject[]).map((each) => (isAnswer(each) ? readableAnswer(each) : each));
  return { messages, isBatch };
}

/** A JSON-RPC error; an id that is none is null. */
export function rpcFailure(code: number, message: string, id: unknown = null): JsonObject {
  const known = typeof id === 'string' || typeof id === 'number' ? id : null;
  return { jsonrpc: '2.0', id: known, error: { code, message } };
}

/** Whether a message asks for an answer. */
export function isRequest(message: JsonObject): boolean {
  return message.id !== undefined && !isAnswer(message);
}
