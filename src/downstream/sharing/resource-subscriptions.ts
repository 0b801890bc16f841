import { withTimeout } from '../../core/abort.ts';
import type { CallContext, Caller } from '../../core/call.ts';
import { causeOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Peer } from '../../core/peer.ts';
import type { Answer } from '../../core/rpc.ts';
import type { Logger } from '../../platform/log.ts';
import type { Primitives } from '../../upstream/resources/primitives.ts';

/** A client session that subscribes to resources, or one request of it that listens (`subscriptions/listen`). */
export interface Subscriber {
  readonly session: Peer;
  readonly caller: Caller;
}

interface SubscriptionsParts {
  /** Resources, prompts and completion over the shared connections. */
  readonly shared: Primitives;
  /** Returns the primitives of a session: its own where it has connections of its own, else the shared ones. */
  readonly primitivesOf: (session: Peer) => Primitives;
  /** Returns true if the session has a connection of its own to that server. */
  readonly isApart: (server: string | undefined, session: Peer) => boolean;
  readonly log: Logger;
}

/** Longest wait for the answer to an unsubscribe, in ms; no client waits for it. */
const UNSUBSCRIBE_MS = 5_000;

/**
 * Counts the subscribers of each resource over connections that clients share: the server knows of one subscriber only.
 */
export class ResourceSubscriptions {
  readonly #parts: SubscriptionsParts;
  readonly #subscribers = new Subscribers();

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
  }

  /** Answers a request about resources, prompts or completion. */
  handle(subscriber: Subscriber, method: string, params: JsonObject, context: CallContext): Promise<Answer> {
    const { uri } = params;
    if (typeof uri === 'string') {
      if (method === 'resources/subscribe') return this.#subscribe(subscriber, { ...params, uri }, context);
      if (method === 'resources/unsubscribe') return this.#unsubscribe(subscriber, { ...params, uri }, context);
    }
    return this.#parts.primitivesOf(subscriber.session).handle(method, params, context);
  }

  /** Subscribes to these resources until the signal of `context` aborts: the request that listens has ended. */
  listen(listener: Subscriber, uris: readonly string[], context: CallContext): void {
    if (context.signal.aborted) return;
    context.signal.addEventListener('abort', () => this.leave(listener), { once: true });
    for (const uri of uris) {
      this.#subscribe(listener, { uri }, context).catch((error: unknown) =>
        this.#parts.log.debug('not subscribed', { uri, error: causeOf(error) }),
      );
    }
  }

  /**
   * Sends an update of a resource to its subscribers, once to each session. `paramsFor` has the URI that a caller uses.
   */
  tell(method: string, paramsFor: (caller: Caller) => JsonObject | undefined): void {
    const updates = new Map<Peer, JsonObject>();
    for (const [{ session, caller }, uris] of this.#subscribers.all()) {
      const params = paramsFor(caller);
      if (typeof params?.uri === 'string' && uris.has(params.uri)) updates.set(session, params);
    }
    for (const [session, params] of updates) session.notify(method, params);
  }

  /**
   * Ends the subscriptions of a session, or of a request, that has ended. The server is told where it was the last
   * subscriber.
   */
  leave(subscriber: Subscriber): void {
    for (const uri of this.#subscribers.urisOf(subscriber)) this.#drop(subscriber, uri);
  }

  async #subscribe(
    subscriber: Subscriber,
    params: JsonObject & { readonly uri: string },
    context: CallContext,
  ): Promise<Answer> {
    const { shared, primitivesOf, isApart } = this.#parts;
    const { uri } = params;
    const primitives = primitivesOf(subscriber.session);
    const answer = await primitives.handle('resources/subscribe', params, context);
    if (!('result' in answer) || isApart(primitives.subscribedAt(uri), subscriber.session)) return answer;
    // The shared primitives must know it too, because they renew the subscriptions over shared connections.
    if (primitives !== shared) await shared.handle('resources/subscribe', params, overShared(context));
    this.#subscribers.add(uri, subscriber);
    // The subscriber left while the server answered: nothing else would end this subscription.
    if (context.signal.aborted) this.#drop(subscriber, uri);
    return answer;
  }

  async #unsubscribe(
    subscriber: Subscriber,
    params: JsonObject & { readonly uri: string },
    context: CallContext,
  ): Promise<Answer> {
    const { shared, primitivesOf, isApart } = this.#parts;
    const { uri } = params;
    if (this.#subscribers.remove(uri, subscriber))
      return shared.handle('resources/unsubscribe', params, overShared(context));
    const primitives = primitivesOf(subscriber.session);
    // Others are subscribed over the same connection.
    if (this.#subscribers.has(uri) && !isApart(primitives.subscribedAt(uri), subscriber.session)) return { result: {} };
    return primitives.handle('resources/unsubscribe', params, context);
  }

  #drop(subscriber: Subscriber, uri: string): void {
    if (!this.#subscribers.remove(uri, subscriber)) return;
    const { caller } = subscriber;
    const unsubscribe = (signal: AbortSignal) =>
      this.#parts.shared.handle('resources/unsubscribe', { uri }, { caller, signal });
    withTimeout(UNSUBSCRIBE_MS, unsubscribe).catch((error: unknown) =>
      this.#parts.log.debug('not unsubscribed', { uri, error: causeOf(error) }),
    );
  }
}

/** The context of the same caller and signal over the shared connections, which belong to no client in particular. */
function overShared({ caller, signal }: CallContext): CallContext {
  return { caller, signal };
}

/** Subscribers and the URIs that they use. */
class Subscribers {
  readonly #uris = new Map<Subscriber, Set<string>>();
  /** Number of subscribers for each URI. */
  readonly #counts = new Map<string, number>();

  add(uri: string, subscriber: Subscriber): void {
    const uris = this.#uris.get(subscriber) ?? new Set();
    this.#uris.set(subscriber, uris);
    if (uris.has(uri)) return;
    uris.add(uri);
    this.#counts.set(uri, (this.#counts.get(uri) ?? 0) + 1);
  }

  /** Returns true if it was the last subscriber of that URI. */
  remove(uri: string, subscriber: Subscriber): boolean {
    const uris = this.#uris.get(subscriber);
    if (!uris?.delete(uri)) return false;
    if (uris.size === 0) this.#uris.delete(subscriber);
    const left = (this.#counts.get(uri) ?? 1) - 1;
    if (left > 0) this.#counts.set(uri, left);
    else this.#counts.delete(uri);
    return left === 0;
  }

  has(uri: string): boolean {
    return this.#counts.has(uri);
  }

  urisOf(subscriber: Subscriber): readonly string[] {
    return [...(this.#uris.get(subscriber) ?? [])];
  }

  all(): Iterable<readonly [Subscriber, ReadonlySet<string>]> {
    return this.#uris;
  }
}
