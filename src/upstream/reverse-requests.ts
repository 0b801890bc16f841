import type { CallContext } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { Peer, PeerRequestOptions } from '../core/peer.ts';
import { type Answer, METHOD_NOT_FOUND } from '../core/rpc.ts';
import type { Deadline } from './deadline.ts';

/** A forwarded request that is still running. */
export interface ActiveRequest {
  readonly context: CallContext;
  readonly deadline: Deadline;
}

/** What a client must have declared to be asked; other methods are put to it as they are. */
const NEEDED: Readonly<Record<string, string>> = {
  'sampling/createMessage': 'sampling',
  'elicitation/create': 'elicitation',
  'roots/list': 'roots',
};

/**
 * Puts a server's request to the client of the call that caused it. A connection of the 2025 eras does not say which
 * that was, but every connection belongs to one client session: any call of it leads there; the latest is the likeliest.
 */
export async function putToClient(
  active: ReadonlySet<ActiveRequest>,
  session: Peer | undefined,
  [method, params, options]: [string, JsonObject, PeerRequestOptions],
): Promise<Answer> {
  const peer = [...active].findLast(({ context }) => context.peer)?.context.peer ?? session;
  if (!peer || !able(peer, method)) {
    return { error: { code: METHOD_NOT_FOUND, message: `Method not found: the client does not offer ${method}` } };
  }
  // Whichever call it was: while the client thinks, no call of this connection is late.
  const waiting = [...active];
  for (const { deadline } of waiting) deadline.pause();
  try {
    return await peer.request(method, params, options);
  } finally {
    for (const { deadline } of waiting) deadline.resume();
  }
}

function able({ identity }: Peer, method: string): boolean {
  const needed = Object.hasOwn(NEEDED, method) ? NEEDED[method] : undefined;
  return needed === undefined || identity.capabilities[needed] !== undefined;
}
