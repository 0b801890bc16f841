import type { CallContext } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import { originOf, type Peer, type PeerRequestOptions } from '../core/peer.ts';
import { type Answer, INTERNAL_ERROR, METHOD_NOT_FOUND } from '../core/rpc.ts';
import type { Deadline } from './deadline.ts';

/** A forwarded request that is still running. */
export interface ActiveRequest {
  readonly context: CallContext;
  readonly deadline: Deadline;
}

/** Whom a server's requests are put to where no request caused them, and who hears of each. */
export interface Asked {
  readonly peer?: Peer;
  readonly isShared: boolean;
  readonly onAsked: (method: string, peer: Peer | undefined) => void;
}

/** What a client must have declared to be asked; other methods are put to it as they are. */
const NEEDED: Readonly<Record<string, string>> = {
  'sampling/createMessage': 'sampling',
  'elicitation/create': 'elicitation',
  'roots/list': 'roots',
};

/**
 * Puts a server's request to the client of the call that caused it. A connection of the 2025 eras does not say which
 * that was. Where it belongs to one client session, any call leads there; the latest is the likeliest. Where several
 * share it, only the one client that is calling can be asked: nobody is shown what another one's call is about.
 */
export async function putToClient(
  active: ReadonlySet<ActiveRequest>,
  { peer: own, isShared, onAsked }: Asked,
  [method, params, options]: [string, JsonObject, PeerRequestOptions],
): Promise<Answer> {
  const peers = [...active].map(({ context }) => context.peer);
  if (isShared && new Set(peers.map((each) => each && originOf(each))).size > 1) {
    onAsked(method, undefined);
    return {
      error: { code: INTERNAL_ERROR, message: `several clients are calling: cannot tell whom ${method} is for` },
    };
  }
  const peer = peers.findLast((each) => each) ?? own;
  if (peer) onAsked(method, peer);
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

/** Whether a client has said that it can be asked that. */
export function able({ identity }: Peer, method: string): boolean {
  const needed = Object.hasOwn(NEEDED, method) ? NEEDED[method] : undefined;
  return needed === undefined || identity.capabilities[needed] !== undefined;
}
