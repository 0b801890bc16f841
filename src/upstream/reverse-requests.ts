import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Signal } from '../core/abort.ts';
import type { CallContext } from '../core/call.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type ClientIdentity, originOf, type Peer, type PeerRequestOptions } from '../core/peer.ts';
import { type Answer, INTERNAL_ERROR, METHOD_NOT_FOUND, type RpcError } from '../core/rpc.ts';
import type { Deadline } from './deadline.ts';
import type { PoolOwner } from './pool-owner.ts';

/** A forwarded request that is still running. */
export interface ActiveRequest {
  readonly context: CallContext;
  readonly deadline: Deadline;
}

/** Capability that a client must have declared to be asked, by method. Other methods need none. */
const NEEDED: Readonly<Record<string, string>> = {
  'sampling/createMessage': 'sampling',
  'elicitation/create': 'elicitation',
  'roots/list': 'roots',
};

/**
 * Returns the client that a server's request is for: that of the call that caused it. In the 2025 eras a request does
 * not name its call. On a connection of one client session, the latest call is the likeliest. On a shared connection
 * the answer is `several` if more than one client is calling, because no client may see the content of another one's
 * call.
 */
export function clientToAsk(
  active: ReadonlySet<ActiveRequest>,
  { peer: own, isShared }: PoolOwner,
): Peer | 'several' | undefined {
  const peers = [...active].map(({ context }) => context.peer);
  if (isShared && new Set(peers.map((each) => each && originOf(each))).size > 1) return 'several';
  return peers.findLast((each) => each) ?? own;
}

/**
 * Sends a server's request to the client that `clientToAsk` returned. The deadlines of `active` stand still meanwhile.
 */
export async function askClient(
  peer: ReturnType<typeof clientToAsk>,
  active: ReadonlySet<ActiveRequest>,
  [method, params, options]: [string, JsonObject, PeerRequestOptions],
): Promise<Answer> {
  if (peer === 'several') return failure(`several clients are calling: cannot tell whom ${method} is for`);
  if (!peer || !able(peer, method)) {
    return { error: { code: METHOD_NOT_FOUND, message: `Method not found: the client does not offer ${method}` } };
  }
  // All deadlines are paused, because the call that caused the request is not known.
  const waiting = [...active];
  for (const { deadline } of waiting) deadline.pause();
  try {
    return await peer.request(method, params, options);
  } finally {
    for (const { deadline } of waiting) deadline.resume();
  }
}

/** True if a client has declared that it can answer that method. */
export function able({ identity }: Peer, method: string): boolean {
  const needed = Object.hasOwn(NEEDED, method) ? NEEDED[method] : undefined;
  return needed === undefined || identity.capabilities[needed] !== undefined;
}

/** The folders that an entry names as its server's roots. The server gets these for every client. */
export class OwnRoots {
  readonly #paths: readonly string[];

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** Returns the client's identity with the `roots` capability added. */
  declared(client: ClientIdentity): ClientIdentity {
    return { ...client, capabilities: { ...client.capabilities, roots: {} } };
  }

  /** Wraps a peer so that `roots/list` is answered with these folders. */
  before(peer: Peer): Peer {
    return {
      origin: peer.origin ?? peer,
      ...(peer.isPassing && { isPassing: true }),
      identity: this.declared(peer.identity),
      ...(peer.logLevel !== undefined && { logLevel: peer.logLevel }),
      takesInputRequired: peer.takesInputRequired,
      request: (method, params, options) =>
        method === 'roots/list' ? Promise.resolve(this.answer()) : peer.request(method, params, options),
      notify: (method, params) => peer.notify(method, params),
    };
  }

  answer(): Answer {
    return { result: { roots: this.#paths.map((path) => ({ uri: pathToFileURL(path).href, name: basename(path) })) } };
  }
}

/** Most rounds of questions for one request; the SDK stops at 10. */
const MAX_ROUNDS = 32;

/**
 * Answers the questions of a 2026-era request for a client of an older era: each question of an `input_required` result
 * goes to the client as a request of its era, and the request is sent again with the answers.
 */
export async function answerInputs(
  send: (continuation: JsonObject) => Promise<Answer>,
  first: Answer,
  peer: Peer | undefined,
  signal: Signal,
): Promise<Answer> {
  let answer = first;
  for (let round = 0; isInputRequired(answer); round++) {
    if (peer?.takesInputRequired) return answer;
    if (round === MAX_ROUNDS) return failure(`the server asked for input more than ${MAX_ROUNDS} times`);
    const { inputRequests, requestState } = answer.result;
    const responses = await askAll(isJsonObject(inputRequests) ? inputRequests : {}, peer, signal);
    if ('error' in responses) return responses;
    answer = await send({
      ...(Object.keys(responses.result).length > 0 && { inputResponses: responses.result }),
      ...(requestState !== undefined && { requestState }),
    });
  }
  return answer;
}

function isInputRequired(answer: Answer): answer is { result: JsonObject } {
  return 'result' in answer && answer.result.resultType === 'input_required';
}

/**
 * Sends all questions at once. Resolves with the client's answers under the keys of the questions, or with the first
 * error.
 */
async function askAll(inputRequests: JsonObject, peer: Peer | undefined, signal: Signal): Promise<Answer> {
  const asked = Object.entries(inputRequests).map(async ([key, request]) => {
    const { method, params } = isJsonObject(request) ? request : ({} as JsonObject);
    if (typeof method !== 'string') return [key, failure(`input request "${key}" names no method`)] as const;
    if (!peer) return [key, failure(`there is no client to ask for ${method}`)] as const;
    return [key, await peer.request(method, isJsonObject(params) ? params : {}, { signal })] as const;
  });
  const answers = await Promise.all(asked);
  const refused = answers.find(([, answer]) => 'error' in answer)?.[1];
  if (refused && 'error' in refused) return refused;
  return { result: Object.fromEntries(answers.map(([key, answer]) => [key, 'result' in answer && answer.result])) };
}

function failure(message: string): { error: RpcError } {
  return { error: { code: INTERNAL_ERROR, message } };
}
