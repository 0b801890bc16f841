import { Abort, type Signal } from '../../core/abort.ts';
import type { CallContext } from '../../core/call.ts';
import { causeOf } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Peer, PeerRequestOptions } from '../../core/peer.ts';
import { isLogLevel, LOG_LEVELS } from '../../core/protocol.ts';
import {
  type Answer,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  type Progress,
  type RpcError,
  RpcFailure,
  rpcError,
} from '../../core/rpc.ts';
import type { ClientSender } from './client-session.ts';
import { handleRequest, progressTokenOf } from './handle-request.ts';
import type { ClientMessage } from './json-rpc.ts';
import { initializeProblem, initializeResult } from './negotiation.ts';
import type { SessionServices } from './session-services.ts';

/**
 * The gateway as an MCP server to a client of the revisions with a handshake (2024-10-07 to 2025-11-25).
 *
 * Ours instead of the SDK's because it sits in every call: loading the SDK's takes 60 ms of each start and 20 MB, and it
 * parses each message against schemas and rebuilds it. A 2026-era client gets the SDK's, in `modern-server.ts`.
 */
export class HandshakeServer implements ClientSender {
  readonly #services: SessionServices;
  readonly #send: SendMessage;
  readonly #questions: ClientRequests;
  readonly #relates: boolean;
  /** Requests of the client that are being answered, by their id. */
  readonly #running = new Map<unknown, Abort>();

  /** `relates`: messages to the client on behalf of one of its requests go out with that request's id. */
  constructor(services: SessionServices, send: SendMessage, relates = false) {
    this.#services = services;
    this.#relates = relates;
    this.#send = send;
    this.#questions = new ClientRequests(send, services.tracker?.firstQuestionId);
  }

  /** Receives one message of the client. */
  receive({ raw, id, method, params }: ClientMessage): void {
    if (method === undefined) this.#questions.settle(raw);
    else if (id !== undefined) void this.#answer(id, method, params);
    else if (method === 'notifications/cancelled') this.#running.get(params.requestId)?.abort(params.reason);
    else if (method === 'notifications/progress') this.#questions.reportProgress(params);
  }

  request(method: string, params: JsonObject, options: PeerRequestOptions): Promise<Answer> {
    return this.#questions.request(method, params, options);
  }

  notify(method: string, params: JsonObject): void {
    this.#write({ jsonrpc: '2.0', method, params });
  }

  /** Aborts the client's requests and ends ours: the client has gone. */
  close(): void {
    for (const running of this.#running.values()) running.abort('the client has gone');
    this.#questions.close();
  }

  async #answer(id: unknown, method: string, params: JsonObject): Promise<void> {
    const abort = new Abort();
    this.#running.set(id, abort);
    let answer: Answer;
    try {
      answer = { result: await this.#handle(id, method, params, abort) };
    } catch (error) {
      answer = { error: errorOf(error) };
    }
    // Two requests with one id are the client's mistake: both are answered, and only the later one can be cancelled.
    if (this.#running.get(id) === abort) this.#running.delete(id);
    if (!abort.aborted) this.#write({ jsonrpc: '2.0', id, ...answer });
  }

  #write(message: JsonObject, relatedTo?: unknown): void {
    this.#send(message, relatedTo).catch((error: unknown) =>
      this.#services.log.debug('not sent', { error: causeOf(error) }),
    );
  }

  #handle(id: unknown, method: string, params: JsonObject, signal: Signal): JsonObject | Promise<JsonObject> {
    if (method === 'ping') return {};
    if (method === 'initialize') return this.#initialize(params);
    if (method === 'logging/setLevel') {
      const set = () => this.#setLevel(params);
      return this.#services.within?.(method, set) ?? set();
    }
    const progressToken = progressTokenOf(params);
    const { caller, session, tracker } = this.#services;
    const context: CallContext = {
      caller,
      signal,
      tracking: tracker?.track(id),
      peer: this.#relates ? this.#peerFor(id) : session,
      ...(progressToken !== undefined && {
        onProgress: (progress: JsonObject) =>
          this.#write({ jsonrpc: '2.0', method: 'notifications/progress', params: { ...progress, progressToken } }, id),
      }),
    };
    return handleRequest({ method, params }, context, this.#services);
  }

  /** The client as the peer of one request: questions and notifications go out with that request's id. */
  #peerFor(relatedTo: unknown): Peer {
    const { session } = this.#services;
    return {
      origin: session,
      takesInputRequired: false,
      get identity() {
        return session.identity;
      },
      get logLevel() {
        return session.logLevel;
      },
      request: (method, params, options) => this.#questions.request(method, params, { ...options, relatedTo }),
      notify: (method, params) => this.#write({ jsonrpc: '2.0', method, params }, relatedTo),
    };
  }

  #initialize(params: JsonObject): JsonObject {
    const problem = initializeProblem(params);
    if (problem) throw new RpcFailure({ code: INVALID_PARAMS, message: `Invalid initialize: ${problem}` });
    return initializeResult(params, this.#services.instructions);
  }

  /** The session has learnt the level already; the answer waits until the servers have it. */
  async #setLevel({ level }: JsonObject): Promise<JsonObject> {
    if (!isLogLevel(level)) {
      throw new RpcFailure({
        code: INVALID_PARAMS,
        message: `Invalid level: expected one of ${LOG_LEVELS.join(', ')}`,
      });
    }
    await this.#services.session.levelTaken;
    return {};
  }
}

function errorOf(error: unknown): RpcError {
  return error instanceof RpcFailure ? error.error : { code: INTERNAL_ERROR, message: causeOf(error) };
}

/**
 * Writes a message to the client; rejects when the client could not take it. `relatedTo`: id of the client's request to
 * which the message belongs; absent: to none.
 */
type SendMessage = (message: JsonObject, relatedTo?: unknown) => Promise<void>;

interface Pending {
  readonly settle: (answer: Answer) => void;
  readonly onProgress?: (progress: Progress) => void;
}

/** Our requests to a client with a handshake that wait for its answer. Results are passed on unvalidated. */
class ClientRequests {
  readonly #send: SendMessage;
  readonly #pending = new Map<unknown, Pending>();
  #nextId: number;

  /** `firstId`: id of our first request; the next ones count up from it. */
  constructor(send: SendMessage, firstId = 0) {
    this.#send = send;
    this.#nextId = firstId;
  }

  /**
   * Resolves with the client's answer, or with an error when the signal has aborted, the request could not be sent, or
   * the client has gone.
   */
  request(method: string, params: JsonObject, { signal, onProgress, relatedTo }: PeerRequestOptions): Promise<Answer> {
    const id = this.#nextId++;
    return new Promise<Answer>((resolve) => {
      const settle = (answer: Answer) => {
        this.#pending.delete(id);
        signal.removeEventListener('abort', takeBack);
        resolve(answer);
      };
      const takeBack = () => {
        settle(failure('the server took its question back'));
        const cancelled = { requestId: id, reason: String(signal.reason) };
        this.#send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: cancelled }, relatedTo).catch(() => {});
      };
      if (signal.aborted) return settle(failure('the server took its question back'));
      this.#pending.set(id, { settle, ...(onProgress && { onProgress }) });
      signal.addEventListener('abort', takeBack, { once: true });
      const asked = onProgress ? withToken(params, id) : params;
      this.#send({ jsonrpc: '2.0', id, method, params: asked }, relatedTo).catch((error: unknown) =>
        settle(failure(causeOf(error))),
      );
    });
  }

  /** Settles the request that this message answers; an answer to no open request is ignored. */
  settle({ id, result, error }: JsonObject): void {
    this.#pending.get(id)?.settle(isJsonObject(result) ? { result } : { error: rpcError(error) });
  }

  /** Passes on the progress in `params` of a `notifications/progress` of the client. */
  reportProgress({ progressToken, ...progress }: JsonObject): void {
    this.#pending.get(progressToken)?.onProgress?.(progress as Progress);
  }

  /** Settles all open requests with an error: the client has gone. */
  close(): void {
    for (const { settle } of [...this.#pending.values()]) settle(failure('the client has gone'));
  }
}

function withToken(params: JsonObject, progressToken: number): JsonObject {
  return { ...params, _meta: { ...(isJsonObject(params._meta) && params._meta), progressToken } };
}

function failure(message: string): Answer {
  return { error: { code: INTERNAL_ERROR, message } };
}
