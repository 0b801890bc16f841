import type { Broker } from '../../broker/broker.ts';
import type { ResultStore } from '../../broker/results/result-store.ts';
import type { CallContext, Caller, RequestTracking } from '../../core/call.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answer } from '../../core/rpc.ts';
import type { Logger } from '../../platform/log.ts';
import type { ClientSession } from './client-session.ts';
import type { MultiRoundRequests } from './multi-round-requests.ts';

/** Resources, prompts and completion of all servers: answers their methods, raw. */
export type HandlePrimitive = (method: string, params: JsonObject, context: CallContext) => Promise<Answer>;

/** Follows a client's requests, so that another gateway can take them up should this one die. */
export interface RequestTracker {
  /** The id of our first question to the client. */
  readonly firstQuestionId: number;
  /** The tracking of the request of that id. */
  track(requestId: unknown): RequestTracking;
}

/** What the gateway is made of, as far as one client's requests need it. */
export interface SessionServices {
  readonly broker: Broker;
  readonly primitives: HandlePrimitive;
  readonly caller: Caller;
  readonly session: ClientSession;
  readonly multiRound: MultiRoundRequests;
  readonly results: ResultStore;
  /** Longest line that the client takes, in bytes. */
  readonly maxLineBytes: number;
  /** How long `invoke` waits before it hands over to a job, where the model does not say; absent: to the end. */
  readonly invokeWaitMs: () => number | undefined;
  /**
   * Answers a request of that method, or refuses it where as many are being answered for this client as may be. Absent: there
   * is no bound, as there is one client.
   */
  readonly within?: (method: string, answer: () => Promise<JsonObject>) => Promise<JsonObject>;
  /** Resolves when it is known what servers offer to this client, or after a while; absent: to all the same. */
  readonly discovered?: () => Promise<void>;
  /** Absent: what this gateway does not answer stays without an answer. */
  readonly tracker?: RequestTracker;
  readonly instructions: string;
  readonly log: Logger;
}
