import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type ClientIdentity, COME_BACK_MS, type Peer, type PeerRequestOptions } from '../../core/peer.ts';
import { isAtLeast, type ProtocolLogLevel } from '../../core/protocol.ts';
import { type Answer, INTERNAL_ERROR, type Progress } from '../../core/rpc.ts';
import { NOT_NOW } from './client-session.ts';

/** Time that a result with a question waits for further ones, in ms, so that they go out together. */
const TOGETHER_MS = 5;

/** The client's request that is open now: notifications of the work go out with it. */
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
  /** Method and params of the client's first request, without `_meta`. */
  readonly request: JsonObject;
  /** Creates the `requestState` of a round. */
  readonly newState: () => string;
  /** Longest params of a question, in bytes of JSON; a longer one cannot be put to the client. */
  readonly maxQuestionBytes: number;
}

interface Question {
  readonly method: string;
  readonly params: JsonObject;
  readonly answer: (answer: Answer) => void;
}

/**
 * A request of a client of 2026-07-28 to a 2025-era server or a background job, which may ask back while it works. The
 * work runs here, its questions become an `input_required` result, and the client's next request with our
 * `requestState` brings the answers and continues the work.
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
  /** True once the work runs on as a background job, after the request that began it was answered. */
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

  /** The `requestState` that the client brings back with its answers; each round has a new one. */
  get state(): string {
    return this.#state;
  }

  /** True if a request is the first one, sent again with answers. */
  isAbout(request: JsonObject): boolean {
    return isDeepStrictEqual(request, this.#request);
  }

  /** Aborted when the client cancels the open request, or sends none for `COME_BACK_MS`. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Starts the work; `turn` gives its outcome. */
  begin(work: (peer: MultiRoundRequest) => Promise<JsonObject>): void {
    this.#outcome = work(this).finally(() => {
      this.#isOver = true;
    });
    this.#outcome.catch(() => {});
  }

  /** From now on its questions are those of a background job: `job_status` puts them to the client. */
  continueAsJob(): void {
    this.#isJob = true;
  }

  get isJob(): boolean {
    return this.#isJob;
  }

  /**
   * Serves one request of the client: resolves with the result of the work, or as `input_required` once there are
   * questions.
   */
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

  /** Takes the client's answers, by the key of the question; questions without an answer stay open. */
  answer(responses: JsonObject): void {
    for (const [key, result] of Object.entries(responses)) {
      this.#questions.get(key)?.answer({ result: result as JsonObject });
      this.#questions.delete(key);
    }
  }

  /** Resolves with the outcome of the work, or with undefined as soon as there are questions. */
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
      // The client may never fetch the question: the waiting call must not hang for ever.
      this.#expire();
      this.#wake();
    });
  }

  /**
   * Sends a notification with the open request; a log message only if this request asked for its level, as 2026-07-28
   * demands.
   */
  notify(method: string, params: JsonObject): void {
    const wants = this.logLevel !== undefined && isAtLeast(params.level, this.logLevel);
    if (method === 'notifications/message' && !wants) return;
    this.#openRequest?.notify(method, params);
  }

  progress(progress: Progress): void {
    this.#openRequest?.onProgress?.(progress);
  }
}

/** The params without a progress token: a client of 2026-07-28 has no way to report progress on its answer. */
function withoutToken(params: JsonObject): JsonObject {
  if (!isJsonObject(params._meta) || !('progressToken' in params._meta)) return params;
  const { _meta, ...rest } = params;
  const { progressToken: _, ...meta } = _meta as JsonObject;
  return Object.keys(meta).length > 0 ? { ...rest, _meta: meta } : rest;
}
