import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { excerpt } from './connection-errors.ts';
import { parseServerMessage, requestId, UnreadableMessage, unreadableAnswer } from './server-message.ts';

/** What a server sent over the network in one text. */
export interface Received {
  /** One message, or a batch; of what cannot be read the error that answers its request, if it names one of ours. */
  readonly messages: readonly JsonObject[];
  /** The cause that it cannot be read, for the log; absent: it can be read. */
  readonly problem?: UnreadableMessage;
}

/** `redact` blanks secrets in the excerpt of what cannot be read. */
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

/** True if it is any message of JSON-RPC, with its version or without. */
function isMessage(value: unknown): value is JsonObject {
  return isJsonObject(value) && (typeof value.method === 'string' || isAnswer(value));
}

/** The id of a request of ours; undefined: the message is none. */
export function idOfRequest(message: JSONRPCMessage): number | undefined {
  return 'method' in message && 'id' in message ? requestId(message.id) : undefined;
}

/** True if an event of that name is to be a message; others are somebody's own, such as a ping. */
export function isMessageEvent(name: string | undefined): boolean {
  return (name ?? 'message') === 'message';
}
