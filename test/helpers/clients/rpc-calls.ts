import type { JsonObject } from '../../../src/core/json.ts';
import type { Message, RawPeer } from './raw-peer.ts';

/** A request under way: its id, and its whole answer, which never comes for one that was cancelled. */
export interface RpcCall {
  readonly id: string;
  readonly answer: Promise<Message>;
}

/**
 * Requests over a peer by the ten thousand: answers are found by id at once, and no message is kept, so the peer's own
 * `request` and `waitFor` see none beside it.
 */
export class RpcCalls {
  readonly #peer: RawPeer;
  readonly #pending = new Map<unknown, { settle: (answer: Message) => void; fail: (error: Error) => void }>();
  readonly #progress = new Map<unknown, (params: JsonObject) => void>();
  #lastId = 0;

  constructor(peer: RawPeer) {
    this.#peer = peer;
    peer.onMessage((message) => this.#take(message));
    peer.onClosed(() => this.#close());
  }

  /** Requests that wait for their answer. */
  get pending(): number {
    return this.#pending.size;
  }

  start(method: string, params: JsonObject, onProgress?: (params: JsonObject) => void): RpcCall {
    const id = `call ${++this.#lastId}`;
    const answer = new Promise<Message>((settle, fail) => this.#pending.set(id, { settle, fail }));
    if (onProgress) this.#progress.set(id, onProgress);
    const meta = onProgress && { _meta: { progressToken: id } };
    this.#peer.send({ id, method, params: { ...params, ...meta } });
    return { id, answer };
  }

  /** Calls a tool and resolves with its result. Rejects for a JSON-RPC error. */
  async call(name: string, args: JsonObject): Promise<JsonObject> {
    const { result, error } = await this.start('tools/call', { name, arguments: args }).answer;
    if (!result) throw new Error(`${name}: ${JSON.stringify(error)}`);
    return result;
  }

  invoke(id: string, args: JsonObject = {}): Promise<JsonObject> {
    return this.call('invoke', { id, args });
  }

  /** Gives a request up; its answer is awaited no longer. */
  cancel({ id }: RpcCall, reason: string): void {
    this.#forget(id);
    this.#peer.notify('notifications/cancelled', { requestId: id, reason });
  }

  #take({ id, method, params = {}, ...rest }: Message): void {
    this.#peer.messages.length = 0;
    if (method === 'notifications/progress') this.#progress.get(params.progressToken)?.(params);
    if (method !== undefined) return;
    const settle = this.#pending.get(id)?.settle;
    this.#forget(id);
    settle?.({ id, ...rest } as Message);
  }

  #forget(id: unknown): void {
    this.#pending.delete(id);
    this.#progress.delete(id);
  }

  #close(): void {
    for (const { fail } of this.#pending.values()) fail(new Error('The gateway closed its output'));
    this.#pending.clear();
  }
}
