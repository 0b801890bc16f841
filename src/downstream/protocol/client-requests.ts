import type { Progress } from '../../core/call.ts';
import { causeOf } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { PeerRequestOptions } from '../../core/peer.ts';
import { type Answer, INTERNAL_ERROR, rpcError } from '../../core/rpc.ts';

/**
 * Writes a message to the client; rejects when the client could not take it. `relatedTo` is the id of the client's request
 * that it belongs to, where it belongs to one.
 */
export type SendMessage = (message: JsonObject, relatedTo?: unknown) => Promise<void>;

interface Pending {
  readonly settle: (answer: Answer) => void;
  readonly onProgress?: (progress: Progress) => void;
}

/** Our requests to a client of the 2025 eras that wait for its answer. What it answers passes unread. */
export class ClientRequests {
  readonly #send: SendMessage;
  readonly #pending = new Map<unknown, Pending>();
  #nextId: number;

  /** `firstId`: of our requests, which count up from there. */
  constructor(send: SendMessage, firstId = 0) {
    this.#send = send;
    this.#nextId = firstId;
  }

  /** Resolves with the client's answer, or with an error when the question was taken back or the client has gone. */
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

  /** An answer of the client; one that nobody waits for ends here. */
  answered({ id, result, error }: JsonObject): void {
    this.#pending.get(id)?.settle(isJsonObject(result) ? { result } : { error: rpcError(error) });
  }

  /** `params` of a `notifications/progress` of the client. */
  progressed({ progressToken, ...progress }: JsonObject): void {
    this.#pending.get(progressToken)?.onProgress?.(progress as Progress);
  }

  /** The client has gone: nobody waits any more. */
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
