import type { Signal } from './abort.ts';
import type { JsonObject } from './json.ts';
import type { Answer, Progress } from './rpc.ts';

/** The identity of a client in the words of the protocol, as a server would see it over a direct connection. */
export interface ClientIdentity {
  /** `clientInfo`: name, version and all else that the client says of itself. Absent: the gateway speaks for itself. */
  readonly info?: JsonObject;
  /** `capabilities` of the client: sampling, elicitation, roots … */
  readonly capabilities: JsonObject;
}

export interface PeerRequestOptions {
  /** Id of the client's request during which the server asks; absent: the server asks outside any request. */
  readonly relatedTo?: unknown;
  /** Aborts when the server takes its question back. */
  readonly signal: Signal;
  /** Called for the client's progress on answering; absent: the server did not ask for progress. */
  readonly onProgress?: (progress: Progress) => void;
}

/** The way back to the client on whose behalf a call is made. */
export interface Peer {
  /** The client session to which this way back belongs, if that session has several. */
  readonly origin?: Peer;
  /** True if it lasts for one request: no session exists for which the gateway could remember anything. */
  readonly isPassing?: boolean;
  readonly identity: ClientIdentity;
  /** The least severe log level that the client asked for; absent: it did not ask. */
  readonly logLevel?: string;
  /** True if the client takes an `input_required` result (2026-07-28) and comes back with the answers by itself. */
  readonly takesInputRequired: boolean;
  /**
   * Sends a request (sampling, elicitation, roots) to the client and resolves with its answer, as received. Never
   * rejects.
   */
  request(method: string, params: JsonObject, options: PeerRequestOptions): Promise<Answer>;
  /** Sends a notification (log message, list changed, resource updated) to the client. */
  notify(method: string, params: JsonObject): void;
}

/** Longest time in ms in which a client of 2026-07-28 comes back with the answers to an `input_required` result. */
export const COME_BACK_MS = 15 * 60_000;

/** Returns the client session to which a way back leads. */
export function originOf(peer: Peer): Peer {
  return peer.origin ?? peer;
}
