import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { Abort, type Signal } from '../core/abort.ts';
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { PeerRequestOptions } from '../core/peer.ts';
import { type Answer, type Progress, type RpcError, rpcError } from '../core/rpc.ts';
import { ConnectionLost, httpStatus, mayHaveArrived } from './connection-errors.ts';
import { redactedError } from './redact.ts';
import type { SignalTransport } from './send-options.ts';
import { FIRST_ID, requestId } from './server-message.ts';

/** Handlers for messages that the server sends unasked; set by the owner of the connection. */
export interface PassthroughHandlers {
  /** Handles a request of the server to the client (sampling, elicitation, roots). Must not reject. */
  readonly onRequest: (method: string, params: JsonObject, options: PeerRequestOptions) => Promise<Answer>;
  /** Called with each notification that does not belong to a forwarded request. */
  readonly onNotification: (method: string, params: JsonObject) => void;
}

export interface ForwardOptions {
  /**
   * Aborted to cancel the request: the server gets a cancellation, and the promise rejects with the signal's reason.
   */
  readonly signal: Signal;
  readonly onProgress?: (progress: Progress) => void;
  /** Progress is delivered until this is aborted, instead of until the answer: the work continues as a task. */
  readonly progressUntil?: Signal;
  /** Members of `_meta` that replace those of the connection's envelope (2026-07-28: the caller's own identity). */
  readonly envelope?: JsonObject;
  /** HTTP headers of this request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** True if the server is not told of a cancellation, because it may not know the method yet. */
  readonly isTentative?: boolean;
  /** Called with the id of the request, by which a server may refer to it. */
  readonly onId?: (id: number) => void;
}

/** A transport that may know the cause of its end. */
type ExplainedTransport = SignalTransport & { readonly endCause?: string };

const GIVEN_UP = 'the request was given up';

/** A request that has not been answered. */
interface Pending {
  readonly method: string;
  readonly settle: (answer: Answer | Error) => void;
}

/**
 * Requests over a transport, in both directions. Results of an upstream are neither parsed against a schema nor
 * rebuilt. Progress is delivered in wire order, before the result, even if both arrive in one chunk.
 */
export class PassthroughTransport {
  /** Called with every message that is neither an answer to a forwarded request nor a question for the client. */
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  /** Returns the members that `_meta` of each request must have on a 2026-era connection; `undefined` on older ones. */
  envelope: () => JsonObject | undefined = () => undefined;

  readonly #inner: SignalTransport;
  readonly #handlers: PassthroughHandlers;
  readonly #redact: (text: string) => string;
  readonly #pending = new Map<unknown, Pending>();
  /** Progress listeners by token, which is the id of the request. */
  readonly #listening = new Map<unknown, (progress: Progress) => void>();
  /** Requests of the server that the client is answering, by their id. */
  readonly #serving = new Map<unknown, Abort>();
  #nextId = FIRST_ID;
  /** Id of the first request after a notification that the server may not have taken yet; 0: none. */
  #notifiedBefore = 0;
  #closed: string | undefined;

  /** `redact` blanks secrets in errors of the server, because people and models see them. Results pass unread. */
  constructor(inner: ExplainedTransport, handlers: PassthroughHandlers, redact: (text: string) => string) {
    this.#inner = inner;
    this.#redact = redact;
    this.#handlers = handlers;
    // Set before anything connects, so that no message is missed between two handlers.
    inner.onmessage = (message) => {
      if (!this.#take(message)) this.onmessage?.(message);
    };
    inner.onerror = (error) => this.onerror?.(error);
    inner.onclose = () => this.lose(inner.endCause ?? 'the connection was closed');
  }

  /** True once the connection has ended. */
  get isLost(): boolean {
    return this.#closed !== undefined;
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version);
  }

  /** Fails all requests in flight and calls `onclose`, once. */
  lose(cause: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = cause;
    for (const { settle } of [...this.#pending.values()]) settle(new ConnectionLost(cause, true));
    this.#pending.clear();
    this.#listening.clear();
    for (const serving of this.#serving.values()) serving.abort(cause);
    this.onclose?.();
  }

  /**
   * Sends a request and resolves with the upstream's own answer. Rejects with `ConnectionLost` or the signal's reason.
   */
  forward(method: string, params: JsonObject, options: ForwardOptions): Promise<Answer> {
    if (options.signal.aborted) return Promise.reject(options.signal.reason);
    if (this.#closed !== undefined) return Promise.reject(new ConnectionLost(this.#closed, false));
    const id = this.#nextId++;
    const stream = this.#inner.hasPerRequestStream ? new Abort() : undefined;
    return new Promise<Answer>((resolve, reject) => {
      const settle = (answer: Answer | Error) => {
        this.#pending.delete(id);
        if (!options.progressUntil) this.#listening.delete(id);
        options.signal.removeEventListener('abort', giveUp);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      const giveUp = () => {
        settle(options.signal.reason instanceof Error ? options.signal.reason : new Error('cancelled'));
        if (options.isTentative) stream?.abort(GIVEN_UP);
        else void this.#cancel(id, options.signal.reason, stream);
      };
      this.#pending.set(id, { method, settle });
      options.onId?.(id);
      this.#listen(id, options);
      options.signal.addEventListener('abort', giveUp, { once: true });
      this.#inner
        .send(this.#request(id, method, params, options), {
          requestSignal: stream,
          headers: options.headers,
          onRequestStreamEnd: () => {
            if (this.#pending.has(id)) settle(new ConnectionLost('the response stream ended without an answer', true));
          },
        })
        .catch((error: unknown) => {
          if (this.#pending.has(id)) settle(unsent(error));
        });
    });
  }

  #listen(id: number, { onProgress, progressUntil }: ForwardOptions): void {
    if (!onProgress || progressUntil?.aborted) return;
    this.#listening.set(id, onProgress);
    progressUntil?.addEventListener('abort', () => this.#listening.delete(id), { once: true });
  }

  #request(id: number, method: string, params: JsonObject, options: ForwardOptions): JSONRPCMessage {
    const wantsProgress = options.onProgress !== undefined;
    const envelope = this.envelope() && { ...this.envelope(), ...options.envelope };
    if (!envelope && !wantsProgress) return { jsonrpc: '2.0', id, method, params };
    const own = isJsonObject(params._meta) ? params._meta : {};
    const meta = { ...own, ...(wantsProgress && { progressToken: id }), ...envelope };
    return { jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } };
  }

  /** Cancels a request. On a 2026-era HTTP connection, closing the request's stream cancels it. */
  async #cancel(requestId: number, reason: unknown, stream: Abort | undefined): Promise<void> {
    const isSaidByClosing = stream && this.envelope();
    if (!isSaidByClosing) await this.notify('notifications/cancelled', { requestId, reason: textOf(reason) });
    // Otherwise a server that never answers would keep its stream, and our socket, forever.
    stream?.abort(GIVEN_UP);
  }

  /** Sends a notification. A failure is reported by `onerror`. */
  notify(method: string, params: JsonObject): Promise<void> {
    return this.tell(method, params).catch((error: Error) => this.onerror?.(error));
  }

  /** Sends a notification. Rejects if it is refused or cannot be sent. */
  tell(method: string, params: JsonObject): Promise<void> {
    const envelope = this.envelope();
    this.#notifiedBefore = this.#nextId;
    return this.#inner.send({
      jsonrpc: '2.0',
      method,
      params: envelope ? { ...params, _meta: { ...envelope } } : params,
    });
  }

  /**
   * Returns true if the message was handled here: it concerns a forwarded request, or asks the client. All others are
   * for the session.
   */
  #take(message: unknown): boolean {
    if (!isJsonObject(message)) return false;
    const { id, method } = message;
    if (method === undefined) return this.#takeAnswer(message);
    if (typeof method !== 'string') return false;
    const params = withoutNulls(isJsonObject(message.params) ? message.params : {});
    if (id !== undefined) return this.#takeRequest(id, method, params);
    if (method === 'notifications/progress') return this.#takeProgress(params);
    if (method === 'notifications/cancelled' && this.#serving.has(params.requestId)) {
      this.#serving.get(params.requestId)?.abort(params.reason ?? 'cancelled by the server');
      return true;
    }
    this.#handlers.onNotification(method, params);
    // The session sees it too, because its subscriptions depend on notifications.
    return false;
  }

  #takeProgress({ progressToken, ...progress }: JsonObject): boolean {
    const id = requestId(progressToken);
    if (id !== undefined) this.#listening.get(id)?.(progress as Progress);
    // Late progress of an ended call is dropped here.
    return id !== undefined;
  }

  /**
   * Handles a request of the server. Only the 2025 eras have them. The session answers `ping`, and drops requests of a
   * 2026-era server.
   */
  #takeRequest(id: unknown, method: string, params: JsonObject): boolean {
    if (method === 'ping' || this.envelope()) return false;
    void this.#serve(id as string | number, method, params);
    return true;
  }

  async #serve(id: string | number, method: string, params: JsonObject): Promise<void> {
    const serving = new Abort();
    this.#serving.set(id, serving);
    const token = isJsonObject(params._meta) ? params._meta.progressToken : undefined;
    const tell = (progress: Progress) => this.notify('notifications/progress', { ...progress, progressToken: token });
    const options = { signal: serving, ...(token !== undefined && { onProgress: tell }) };
    const answer = await this.#handlers.onRequest(method, params, options);
    this.#serving.delete(id);
    // A cancelled question, or one of a lost connection, gets no answer.
    if (serving.aborted) return;
    this.answer(id, answer);
  }

  /** Answers a request of the server. */
  answer(id: string | number, answer: Answer): void {
    this.#inner
      .send({ jsonrpc: '2.0', id, ...answer } as JSONRPCMessage)
      .catch((error: Error) => this.onerror?.(error));
  }

  #takeAnswer(message: JsonObject): boolean {
    const id = requestId(message.id);
    if (id === undefined) return this.#takeStray(message);
    if (this.#notifiedBefore > 0 && id >= this.#notifiedBefore) this.#notifiedBefore = 0;
    // An answer to a cancelled request, or a second answer, is dropped here.
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (pending) this.#settle(pending, message);
    return true;
  }

  #settle({ method, settle }: Pending, { result, error }: JsonObject): void {
    if (isJsonObject(result)) settle({ result });
    else if (error) settle({ error: this.#errorOf(error) });
    else void import('./odd-result.ts').then(({ oddResult }) => settle(oddResult(method, result, this.#redact)));
  }

  #errorOf(error: unknown): RpcError {
    return redactedError(rpcError(error), this.#redact);
  }

  /**
   * Handles an error without an id, or with the id null: a server answers so if it could not read the request. It
   * counts for the only request in flight, unless it may be for a notification that was sent before.
   */
  #takeStray({ id, error }: JsonObject): boolean {
    const isForNobody =
      (id === undefined || id === null) && (isJsonObject(error) || (typeof error === 'string' && error !== ''));
    if (!isForNobody || this.#notifiedBefore > 0 || this.#pending.size !== 1) return false;
    for (const { settle } of this.#pending.values()) settle({ error: this.#errorOf(error) });
    return true;
  }
}

/**
 * Optional members of messages that a server sends unasked. Some servers write null for an absent one, which no client
 * accepts.
 */
const OPTIONAL = [
  ...['_meta', 'logger', 'total', 'message', 'title', 'reason', 'statusMessage'],
  ...['systemPrompt', 'temperature', 'includeContext', 'stopSequences', 'metadata', 'modelPreferences', 'tools'],
];

function withoutNulls(params: JsonObject): JsonObject {
  const nulls = OPTIONAL.filter((key) => params[key] === null);
  if (nulls.length === 0) return params;
  const sound = { ...params };
  for (const key of nulls) delete sound[key];
  return sound;
}

/** Makes the error for a request that was not sent or was refused. */
function unsent(error: unknown): Error {
  if (error instanceof ConnectionLost) return error;
  // Thrown by `JSON.stringify`, before anything was written.
  if (!(error instanceof RangeError)) {
    const what = httpStatus(error) === undefined ? 'could not be sent' : 'was refused';
    return new ConnectionLost(`the request ${what}`, mayHaveArrived(error), error);
  }
  return new GatewayError('INVALID_ARGUMENTS', 'the arguments are nested too deep to be written as JSON; flatten them');
}

/** Returns the reason of a cancellation: the caller's own words if it gave any. */
function textOf(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  return typeof reason.cause === 'string' ? reason.cause : reason.message;
}
