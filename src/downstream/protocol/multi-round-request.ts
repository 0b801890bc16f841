import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type ClientIdentity, COME_BACK_MS, type Peer, type PeerRequestOptions } from '../../core/peer.ts';
import { isAtLeast, type ProtocolLogLevel } from '../../core/protocol.ts';
import { type Answer, INTERNAL_ERROR, type Progress } from '../../core/rpc.ts';
import { NOT_NOW } from './client-session.ts';

/** Questions of one moment are put together: so long a result waits for more of them, in ms. */
const TOGETHER_MS = 5;

/** The client's request that is open now: messages of the work go out with it. */
export interface OpenRequest {
  readonly signal: AbortSignal;
  readonly notify: (method: string, params: JsonObject) => void;
  readonly onProgress?: (progress: Progress) => void;
}

export interface MultiRoundRequestOptions {
  /** The session of the client. */
  readonly origin: Peer;
  readonly identity: ClientIdentity;
  /** Least severe level of the log messages that this request wants; absent: none. */
  readonly logLevel?: ProtocolLogLevel;
  /** The first request of the client, without what belongs to one sending only. */
  readonly request: JsonObject;
  /** Makes the `requestState` of a round. */
  readonly newState: () => string;
  /** A longer question cannot be put to the client. */
  readonly maxQuestionBytes: number;
}

interface Question {
  readonly method: string;
  readonly params: JsonObject;
  readonly answer: (answer: Answer) => void;
}

/**
 * A request of a 2026-era client to something that asks back the old way (a 2025-era server, a background job): the
 * work goes on here, each question of it becomes an `input_required` result, and the client's next request with our
 * `requestState` brings the answers and takes the work up again.
 */
export class MultiRoundRequest implements Peer {
  readonly takesInputRequired = true;
  readonly identity: ClientIdentity;
  readonly logLevel?: ProtocolLogLevel;
  readonly origin: Peer;

  readonly #abort = new AbortController();
  readonly #request: JsonObject;
  readonly #newState: () => string;
  readonly #maxQuestionBytes: number;
  readonly #questions = new Map<string, Question>();
  /** Set when the work goes on as a background job after the request that began it was answered. */
  #isJob = false;
  #isOver = false;
  #state = '';
  #openRequest: OpenRequest | undefined;
  #outcome: Promise<JsonObject> | undefined;
  #wake: () => void = () => {};
  #expiry: NodeJS.Timeout | undefined;
  #questionCount = 0;

  constructor({ origin, identity, logLevel, request, newState, maxQuestionBytes }: MultiRoundRequestOptions) {
    this.origin = origin;
    this.identity = identity;
    this.#request = request;
    this.#newState = newState;
    this.#maxQuestionBytes = maxQuestionBytes;
    if (logLevel !== undefined) this.logLevel = logLevel;
  }

  /** The `requestState` that the client brings back with its answers: another one for each round. */
  get state(): string {
    return this.#state;
  }

  /** Whether a request is the one that began this, sent again with answers. */
  isAbout(request: JsonObject): boolean {
    return isDeepStrictEqual(request, this.#request);
  }

  /** Aborted when the client cancels the request that is open, or does not come back. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Begins the work; `turn` tells how it goes on. */
  begin(work: (peer: MultiRoundRequest) => Promise<JsonObject>): void {
    this.#outcome = work(this).finally(() => {
      this.#isOver = true;
    });
    this.#outcome.catch(() => {});
  }

  /** From now on the questions are those of a background job, put when the client asks after it. */
  continueAsJob(): void {
    this.#isJob = true;
  }

  get isJob(): boolean {
    return this.#isJob;
  }

  /** One request of the client: resolves with the result of the work, or with the questions that it has by then. */
  async turn(request: OpenRequest, responses: JsonObject = {}): Promise<JsonObject> {
    clearTimeout(this.#expiry);
    this.#openRequest = request;
    const cancel = () => this.#abort.abort(request.signal.reason);
    if (request.signal.aborted) cancel();
    request.signal.addEventListener('abort', cancel, { once: true });
    this.answer(responses);
    try {
      return (await this.#ended()) ?? this.#inputRequired();
    } finally {
      request.signal.removeEventListener('abort', cancel);
      this.#openRequest = undefined;
    }
  }

  /** Answers of the client to questions asked before; what is not answered stays open. */
  answer(responses: JsonObject): void {
    for (const [key, result] of Object.entries(responses)) {
      this.#questions.get(key)?.answer({ result: result as JsonObject });
      this.#questions.delete(key);
    }
  }

  /** The outcome of the work, or nothing as soon as there are questions. */
  async #ended(): Promise<JsonObject | undefined> {
    const asked = new Promise<undefined>((resolve) => {
      this.#wake = () => setTimeout(() => resolve(undefined), TOGETHER_MS);
      if (this.#questions.size > 0) this.#wake();
    });
    return Promise.race([this.#outcome ?? asked, asked]);
  }

  #expire(): void {
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#abort.abort(new Error('the client did not come back')), COME_BACK_MS).unref();
  }

  #inputRequired(): JsonObject {
    this.#expire();
    this.#state = this.#newState();
    const inputRequests = Object.fromEntries(
      [...this.#questions].map(([key, { method, params }]) => [key, { method, params }]),
    );
    return { resultType: 'input_required', inputRequests, requestState: this.#state };
  }

  /** Resolves with the questions as an `input_required` result as soon as there are any. */
  async asked(): Promise<JsonObject> {
    if (this.#questions.size === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = () => setTimeout(resolve, TOGETHER_MS);
      });
    }
    return this.#inputRequired();
  }

  request(method: string, params: JsonObject, { signal }: PeerRequestOptions): Promise<Answer> {
    if (this.#isOver && !this.#isJob) return Promise.resolve(NOT_NOW);
    if (Buffer.byteLength(JSON.stringify(params)) > this.#maxQuestionBytes) {
      const message = 'the question is more than the client takes in one line';
      return Promise.resolve({ error: { code: INTERNAL_ERROR, message } });
    }
    const key = `${method.replace(/\W+/g, '-')}-${++this.#questionCount}`;
    return new Promise((resolve) => {
      const drop = (message: string) => {
        this.#questions.delete(key);
        resolve({ error: { code: INTERNAL_ERROR, message } });
      };
      signal.addEventListener('abort', () => drop('the server took its question back'), { once: true });
      this.#abort.signal.addEventListener('abort', () => drop('the client has gone'), { once: true });
      this.#questions.set(key, { method, params: withoutToken(params), answer: resolve });
      // Should nobody come for it: a parked call must not hang for ever.
      this.#expire();
      this.#wake();
    });
  }

  /** A log message goes out only if this request asked for its level: such is the rule of 2026-07-28. */
  notify(method: string, params: JsonObject): void {
    const wants = this.logLevel !== undefined && isAtLeast(params.level, this.logLevel);
    if (method === 'notifications/message' && !wants) return;
    this.#openRequest?.notify(method, params);
  }

  progress(progress: Progress): void {
    this.#openRequest?.onProgress?.(progress);
  }
}

/** Progress on an answer has no way back here: the server's token would only mislead. */
function withoutToken(params: JsonObject): JsonObject {
  if (!isJsonObject(params._meta) || !('progressToken' in params._meta)) return params;
  const { _meta, ...rest } = params;
  const { progressToken: _, ...meta } = _meta as JsonObject;
  return Object.keys(meta).length > 0 ? { ...rest, _meta: meta } : rest;
}
