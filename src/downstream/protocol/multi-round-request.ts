import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ClientIdentity, Peer, PeerRequestOptions } from '../../core/peer.ts';
import { severityOf } from '../../core/protocol.ts';
import { type Answer, INTERNAL_ERROR, METHOD_NOT_FOUND, type Progress } from '../../core/rpc.ts';
import { STATE_PREFIX } from './multi-round-requests.ts';

/** How long a request waits for a client that was asked something and has not come back, in ms. */
const PARKED_MS = 15 * 60_000;
/** Questions of one moment are put together: so long a result waits for more of them, in ms. */
const TOGETHER_MS = 5;

/** Where the messages of a conversation go while one of the client's requests is open. */
export interface OpenRequest {
  readonly signal: AbortSignal;
  readonly notify: (method: string, params: JsonObject) => void;
  readonly onProgress?: (progress: Progress) => void;
}

export interface MultiRoundRequestOptions {
  /** The session in which it is held. */
  readonly origin: Peer;
  readonly identity: ClientIdentity;
  /** Least severe level of the log messages that this request wants; absent: none. */
  readonly logLevel?: string;
  /** The request that begins it, without what belongs to one sending only. */
  readonly request: JsonObject;
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
 * `requestState` brings the answers and takes the conversation up again.
 */
export class MultiRoundRequest implements Peer {
  readonly takesInputRequired = true;
  readonly identity: ClientIdentity;
  readonly logLevel?: string;
  readonly origin: Peer;

  readonly #abort = new AbortController();
  readonly #request: JsonObject;
  readonly #maxQuestionBytes: number;
  readonly #questions = new Map<string, Question>();
  /** Set when the work goes on as a background job after the request that began it was answered. */
  #job = false;
  #over = false;
  #state = '';
  #attachment: OpenRequest | undefined;
  #outcome: Promise<JsonObject> | undefined;
  #wake: () => void = () => {};
  #expiry: NodeJS.Timeout | undefined;
  #asked = 0;

  constructor({ origin, identity, logLevel, request, maxQuestionBytes }: MultiRoundRequestOptions) {
    this.origin = origin;
    this.identity = identity;
    this.#request = request;
    this.#maxQuestionBytes = maxQuestionBytes;
    if (logLevel !== undefined) this.logLevel = logLevel;
  }

  /** What the client brings back with its answers: another one for each round. */
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
  begin(work: (conversation: MultiRoundRequest) => Promise<JsonObject>): void {
    this.#outcome = work(this).finally(() => {
      this.#over = true;
    });
    this.#outcome.catch(() => {});
  }

  /** From now on the questions are those of a background job, put when the client asks after it. */
  continueAsJob(): void {
    this.#job = true;
  }

  get isJob(): boolean {
    return this.#job;
  }

  /** One request of the client: resolves with the result of the work, or with the questions that it has by then. */
  async turn(attachment: OpenRequest, responses: JsonObject = {}): Promise<JsonObject> {
    clearTimeout(this.#expiry);
    this.#attachment = attachment;
    const cancel = () => this.#abort.abort(attachment.signal.reason);
    if (attachment.signal.aborted) cancel();
    attachment.signal.addEventListener('abort', cancel, { once: true });
    this.answer(responses);
    try {
      return (await this.#ended()) ?? this.#inputRequired();
    } finally {
      attachment.signal.removeEventListener('abort', cancel);
      this.#attachment = undefined;
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
    this.#expiry = setTimeout(() => this.#abort.abort(new Error('the client did not come back')), PARKED_MS).unref();
  }

  #inputRequired(): JsonObject {
    this.#expire();
    this.#state = `${STATE_PREFIX}${randomUUID()}`;
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
    if (this.#over && !this.#job) {
      const message = 'the client can be asked during a call only';
      return Promise.resolve({ error: { code: METHOD_NOT_FOUND, message } });
    }
    if (Buffer.byteLength(JSON.stringify(params)) > this.#maxQuestionBytes) {
      const message = 'the question is more than the client takes in one line';
      return Promise.resolve({ error: { code: INTERNAL_ERROR, message } });
    }
    const key = `${method.replace(/\W+/g, '-')}-${++this.#asked}`;
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
    if (method === 'notifications/message' && !reaches(params.level, this.logLevel)) return;
    this.#attachment?.notify(method, params);
  }

  progress(progress: Progress): void {
    this.#attachment?.onProgress?.(progress);
  }
}

/** Progress on an answer has no way back here: the server's token would only mislead. */
function withoutToken(params: JsonObject): JsonObject {
  if (!isJsonObject(params._meta) || !('progressToken' in params._meta)) return params;
  const { _meta, ...rest } = params;
  const { progressToken: _, ...meta } = _meta as JsonObject;
  return Object.keys(meta).length > 0 ? { ...rest, _meta: meta } : rest;
}

function reaches(level: unknown, wanted: string | undefined): boolean {
  return wanted !== undefined && severityOf(level) >= severityOf(wanted);
}
