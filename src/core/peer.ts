import type { Signal } from './abort.ts';
import type { JsonObject } from './json.ts';
import type { Answer, Progress } from './rpc.ts';

/** The identity of a client in the words of the protocol, as a server would see it over a direct connection. */
export interface ClientIdentity {
  /** `clientInfo`: name, version and whatever else the client says of itself. Absent: the gateway speaks for itself. */
  readonly info?: JsonObject;
  /** `capabilities` of the client: sampling, elicitation, roots … */
  readonly capabilities: JsonObject;
}

export interface PeerRequestOptions {
  /** Id of the client's request in which it is asked; absent: in none. */
  readonly relatedTo?: unknown;
  /** Aborted when the server takes its question back. */
  readonly signal: Signal;
  /** Progress of the client on answering, if the server asked to be told. */
  readonly onProgress?: (progress: Progress) => void;
}

/** The way back to the client on whose behalf a call is made. */
export interface Peer {
  /** The client session that this is one way back to, where a session has several. */
  readonly origin?: Peer;
  /** It lasts for one request: there is no session for which anything could be remembered. */
  readonly isPassing?: boolean;
  readonly identity: ClientIdentity;
  /** The least severe log level it asked for; absent: it did not ask. */
  readonly logLevel?: string;
  /** True if it takes an `input_required` result (2026-07-28) and comes back with the answers by itself. */
  readonly takesInputRequired: boolean;
  /** A request to the client (sampling, elicitation, roots): resolves with its answer, as received. Never rejects. */
  request(method: string, params: JsonObject, options: PeerRequestOptions): Promise<Answer>;
  /** A notification to the client (log message, list changed, resource updated). */
  notify(method: string, params: JsonObject): void;
}

/** Longest time in ms in which a client of 2026-07-28 comes back with the answers to an `input_required` result. */
export const COME_BACK_MS = 15 * 60_000;

/** The client session to which a way back leads. */
export function originOf(peer: Peer): Peer {
  return peer.origin ?? peer;
}
