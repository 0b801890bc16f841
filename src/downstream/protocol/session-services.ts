import type { Broker } from '../../broker/broker.ts';
import type { ResultStore } from '../../broker/results/result-store.ts';
import type { CallContext, Caller, RequestTracking } from '../../core/call.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answer } from '../../core/rpc.ts';
import type { Logger } from '../../platform/log.ts';
import type { ClientSession } from './client-session.ts';
import type { MultiRoundRequests } from './multi-round-requests.ts';

/** Answers a method for resources, prompts or completion, over all servers. */
export type HandlePrimitive = (method: string, params: JsonObject, context: CallContext) => Promise<Answer>;

/** Tracks a client's requests, so that another daemon can continue them should this one die. */
export interface RequestTracker {
  /** Id of our first request to the client. */
  readonly firstQuestionId: number;
  /** Returns the tracking of the client's request with that id. */
  track(requestId: unknown): RequestTracking;
}

/** The parts of the gateway that answer one client's requests. */
export interface SessionServices {
  readonly broker: Broker;
  readonly primitives: HandlePrimitive;
  readonly caller: Caller;
  readonly session: ClientSession;
  readonly multiRound: MultiRoundRequests;
  readonly results: ResultStore;
  /** Longest line that the client takes, in bytes. */
  readonly maxLineBytes: number;
  /**
   * Time in ms that `invoke` waits for its call before the call becomes a job, where the model gives none; undefined:
   * until the end.
   */
  readonly invokeWaitMs: () => number | undefined;
  /**
   * Runs `answer` for a request of that method, or rejects while as many run for this caller as may. Absent: there is
   * no bound, as there is one client.
   */
  readonly within?: (method: string, answer: () => Promise<JsonObject>) => Promise<JsonObject>;
  /**
   * Resolves when the tools for this kind of client are known, or the wait for them has ended; absent: servers offer
   * all clients the same.
   */
  readonly discovered?: () => Promise<void>;
  /** Absent: requests are not tracked and end with this process. */
  readonly tracker?: RequestTracker;
  readonly instructions: string;
  readonly log: Logger;
}
