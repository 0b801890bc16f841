import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { excerpt } from './connection-errors.ts';
import { parseServerMessage, requestId, UnreadableMessage, unreadableAnswer } from './server-message.ts';

/** The content of one text that a server sent over the network. */
export interface Received {
  /**
   * The messages: one, or those of a batch. For an unreadable text, the error that answers the request whose id it
   * contains, if any.
   */
  readonly messages: readonly JsonObject[];
  /** The cause that the text is unreadable, for the log. Absent: it is readable. */
  readonly problem?: UnreadableMessage;
}

/** Parses a text. `redact` blanks secrets in the excerpt of an unreadable one. */
export function received(text: string, redact: (text: string) => string): Received {
  try {
    const parsed = parseServerMessage(text.replace(/^\uFEFF/, ''));
    return { messages: (Array.isArray(parsed) ? parsed : [parsed]).filter(isMessage) };
  } catch (error) {
    const answer = unreadableAnswer(text, error);
    const problem = new UnreadableMessage(`sent ${(error as Error).message}: ${excerpt(text, redact)}`);
    return { messages: answer ? [answer as unknown as JsonObject] : [], problem };
  }
}

/** True if a message answers a request. */
export function isAnswer(message: JsonObject): boolean {
  if (message.method !== undefined) return false;
  return 'result' in message || 'error' in message || requestId(message.id) !== undefined;
}

/** True for a JSON-RPC message, with or without the `jsonrpc` member. */
function isMessage(value: unknown): value is JsonObject {
  return isJsonObject(value) && (typeof value.method === 'string' || isAnswer(value));
}

/** Returns the id of one of our requests; undefined for other messages. */
export function idOfRequest(message: JSONRPCMessage): number | undefined {
  return 'method' in message && 'id' in message ? requestId(message.id) : undefined;
}

/**
 * True if an SSE event of that name carries a message. Servers send events of other names for their own purposes, such
 * as a ping.
 */
export function isMessageEvent(name: string | undefined): boolean {
  return (name ?? 'message') === 'message';
}
