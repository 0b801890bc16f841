import type { Peer } from '../../core/peer.ts';

/** Which client sessions follow which resources over the shared connections, by the URIs that they use. */
export class Subscribers {
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
