import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { parseMessage } from '../core/exact-json.ts';
import { beyondBounds, idIn, type JsonBounds } from '../core/json-bounds.ts';
import { INTERNAL_ERROR } from '../core/rpc.ts';
import { parseNotNumbers } from './not-numbers.ts';
import { requestId } from './request-ids.ts';

/**
 * Far deeper than what can be passed on, so that a deep tool costs itself and not its list; and far below what takes long.
 * Members in any number, as results are large; but each new name costs all that run in this process: 200,000 half a second.
 */
const SERVERS_JSON: JsonBounds = { depth: 100_000, names: 200_000 };

/** Something a server wrote cannot be read: it is no sign that the connection is lost. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

/** What a server wrote, parsed. Throws `UnreadableMessage`, which says in words why it cannot be. */
export function parseServerMessage(text: string): unknown {
  const beyond = beyondBounds(text, SERVERS_JSON);
  if (beyond) throw new UnreadableMessage(`JSON ${beyond}`);
  try {
    return parseMessage(text);
  } catch (error) {
    const parsed = parseNotNumbers(text);
    if (parsed === undefined) throw new UnreadableMessage('what is not JSON', { cause: error });
    return parsed;
  }
}

/** An error in place of an answer that cannot be read, so that its call ends; undefined where it names no request of ours. */
export function unreadableAnswer(text: string, error: unknown): (JSONRPCMessage & { readonly id: number }) | undefined {
  const id = requestId(idIn(text));
  if (id === undefined) return undefined;
  const why = error instanceof Error ? error.message : String(error);
  return { jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message: `the server answered ${why}` } };
}
