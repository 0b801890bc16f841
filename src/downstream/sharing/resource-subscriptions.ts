import type { CallContext } from '../../core/call.ts';
import { causeOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Peer } from '../../core/peer.ts';
import type { Answer } from '../../core/rpc.ts';
import type { Logger } from '../../platform/log.ts';
import type { Primitives } from '../../upstream/resources/primitives.ts';

interface FollowingParts {
  /** Resources, prompts and completion over the shared connections. */
  readonly shared: Primitives;
  /** Those that a session is to use: its own where it has connections of its own. */
  readonly primitivesOf: (session: Peer) => Primitives;
  /** Whether a session has a connection of its own to that server. */
  readonly isApart: (server: string | undefined, session: Peer) => boolean;
  readonly hasSession: (session: Peer) => boolean;
  readonly log: Logger;
}

/** Who follows which resources over the connections that are shared: a server knows of one follower only. */
export class ResourceSubscriptions {
  readonly #parts: FollowingParts;
  readonly #subscribers = new Subscribers();

  constructor(parts: FollowingParts) {
    this.#parts = parts;
  }

  /** Answers a session's request about resources, prompts or completion. */
  async primitive(session: Peer, method: string, params: JsonObject, context: CallContext): Promise<Answer> {
    const { shared, primitivesOf, isApart } = this.#parts;
    const primitives = primitivesOf(session);
    const { uri } = params;
    const hasOwn = () => isApart(primitives.followedOn(uri), session);
    if (method === 'resources/unsubscribe' && typeof uri === 'string') {
      if (this.#subscribers.remove(uri, session)) return shared.handle(method, params, ofGateway());
      // Others follow it over the same connection.
      if (this.#subscribers.of(uri).length > 0 && !hasOwn()) return { result: {} };
    }
    const answer = await primitives.handle(method, params, context);
    if (method === 'resources/subscribe' && typeof uri === 'string' && 'result' in answer && !hasOwn()) {
      // What is followed over a shared connection is renewed together.
      if (primitives !== shared) await shared.handle(method, params, ofGateway());
      this.#subscribers.add(uri, session);
    }
    return answer;
  }

  /** A client of 2026-07-28 listens to these resources. */
  follow(session: Peer, uris: readonly string[]): void {
    for (const uri of uris) {
      this.#follow(session, uri).catch((error: unknown) =>
        this.#parts.log.debug('not subscribed', { uri, error: causeOf(error) }),
      );
    }
  }

  /** Those who are to hear of a change of that resource. */
  followersOf(uri: unknown): readonly Peer[] {
    return this.#subscribers.of(uri);
  }

  /** A session has ended, or a request that listened: what nobody else follows is unsubscribed. */
  leave(session: Peer): void {
    for (const uri of this.#subscribers.urisOf(session)) {
      if (this.#subscribers.remove(uri, session))
        void this.#parts.shared.handle('resources/unsubscribe', { uri }, ofGateway()).catch(() => {});
    }
  }

  async #follow(session: Peer, uri: string): Promise<void> {
    if (this.#parts.hasSession(session)) {
      await this.primitive(session, 'resources/subscribe', { uri }, ofGateway(session));
      return;
    }
    // One without a session hears what the shared connections tell, whatever it can be asked.
    const answer = await this.#parts.shared.handle('resources/subscribe', { uri }, ofGateway());
    if ('result' in answer) this.#subscribers.add(uri, session);
  }
}

/** A request that no call of a client is behind. */
function ofGateway(peer?: Peer): CallContext {
  return { caller: { id: 'gateway', roles: [] }, signal: new AbortController().signal, ...(peer && { peer }) };
}

/** Which client sessions follow which resources over the shared connections, by the URIs that they use. */
class Subscribers {
  readonly #sessions = new Map<string, Set<Peer>>();

  add(uri: string, session: Peer): void {
    const others = this.#sessions.get(uri);
    if (others) others.add(session);
    else this.#sessions.set(uri, new Set([session]));
  }

  /** Whether nobody follows it any more. */
  remove(uri: string, session: Peer): boolean {
    const sessions = this.#sessions.get(uri);
    if (!sessions?.delete(session) || sessions.size > 0) return false;
    this.#sessions.delete(uri);
    return true;
  }

  of(uri: unknown): readonly Peer[] {
    return typeof uri === 'string' ? [...(this.#sessions.get(uri) ?? [])] : [];
  }

  /** What a session follows. */
  urisOf(session: Peer): string[] {
    return [...this.#sessions].flatMap(([uri, sessions]) => (sessions.has(session) ? [uri] : []));
  }
}
