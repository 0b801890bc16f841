import type { Target } from './merge-lists.ts';

/** Subscriptions that are renewed after a reconnect at most; the oldest is dropped first. */
const MAX_SUBSCRIPTIONS = 1_000;

/** The resources that clients follow, by the URIs that they use. */
export class Subscriptions {
  readonly #targets = new Map<string, Target>();

  add(uri: string, target: Target): void {
    this.#targets.delete(uri);
    this.#targets.set(uri, target);
    const [oldest] = this.#targets.keys();
    if (this.#targets.size > MAX_SUBSCRIPTIONS && oldest !== undefined) this.#targets.delete(oldest);
  }

  /** Forgets a subscription and tells whose it was. */
  take(uri: string): Target | undefined {
    const target = this.#targets.get(uri);
    this.#targets.delete(uri);
    return target;
  }

  /** The URIs followed on a server, in its own words. */
  of(server: string): string[] {
    const own = [...this.#targets.values()].filter((target) => target.server === server);
    return [...new Set(own.map(({ original }) => original))];
  }

  /** The server that has the resource which clients follow under that URI. */
  serverOf(uri: unknown): string | undefined {
    return typeof uri === 'string' ? this.#targets.get(uri)?.server : undefined;
  }

  /** The URI under which clients follow a server's resource. */
  nameFor(server: string, original: string): string | undefined {
    const found = [...this.#targets].find(([, target]) => target.server === server && target.original === original);
    return found?.[0];
  }
}
