import { isJsonObject } from '../core/json.ts';
import type { ClientIdentity } from '../core/peer.ts';
import type { Answer } from '../core/rpc.ts';

/** A session with a server of any era. */
export interface Session {
  /** True if it speaks 2026-07-28 or later. */
  readonly modern: boolean;
  /** The agreed protocol revision. */
  readonly version: string | undefined;
  /** The server's capabilities, unchecked. */
  readonly capabilities: unknown;
  /** The server's name and title for itself. */
  readonly server: { readonly name?: string; readonly title?: string } | undefined;
  readonly instructions: string | undefined;
  /** Subscribes to changes. Only needed for 2026-07-28, which sends them to subscribers only. */
  listen(filter: object): Promise<{ close(): Promise<void> }>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** The client for which the connection is made; sent to the server. */
  readonly identity: ClientIdentity;
  /** Longest time for the handshake, in ms. */
  readonly timeoutMs: number;
  readonly onclose: () => void;
  readonly onerror: (error: Error) => void;
  /** Called with a sentence for the log about a harmless fault of the server. */
  readonly onremark: (remark: string) => void;
}

/** How to begin a session: `probe` asks the server for its era; the others use a known one. */
export type Negotiation = 'handshake' | 'probe' | 'modern';

/** Returns the server's name and title, if they are strings. */
export function namesIn(info: unknown): Session['server'] {
  if (!isJsonObject(info)) return undefined;
  const { name, title } = info;
  return { ...(typeof name === 'string' && { name }), ...(typeof title === 'string' && { title }) };
}

/** Requests of the 2025 eras for which 2026-07-28 has `subscriptions/listen`. */
export function isSubscription(method: string): boolean {
  return method === 'resources/subscribe' || method === 'resources/unsubscribe';
}

/**
 * True if the capabilities contain the one at `path`: `tools`, `resources.subscribe`. Some servers write a list of
 * names, or `true`, in place of an object, and some write null for a missing capability.
 */
export function declares(capabilities: unknown, path: string): boolean {
  if (Array.isArray(capabilities)) return capabilities.includes(path);
  const found = path.split('.').reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), capabilities);
  return found !== undefined && found !== null && found !== false;
}

/**
 * The subscription of a 2026-era connection: to changes of every list for which the server announces them, and to the
 * subscribed resources.
 */
export class Listening {
  readonly #session: () => Session | undefined;
  /** URIs of resources that clients of older eras subscribed to. */
  readonly #resources = new Set<string>();
  #subscription: { close(): Promise<void> } | undefined;

  constructor(session: () => Session | undefined) {
    this.#session = session;
  }

  /** Adds these resources to the subscription, which is made anew. */
  async listen(resources: readonly string[]): Promise<void> {
    for (const uri of resources) this.#resources.add(uri);
    const session = this.#session();
    const tells = (path: string) => declares(session?.capabilities, path);
    const filter = {
      ...(tells('tools.listChanged') && { toolsListChanged: true }),
      ...(tells('prompts.listChanged') && { promptsListChanged: true }),
      ...(tells('resources.listChanged') && { resourcesListChanged: true }),
      ...(this.#resources.size > 0 && { resourceSubscriptions: [...this.#resources] }),
    };
    if (Object.keys(filter).length === 0) return;
    const before = this.#subscription;
    this.#subscription = await session?.listen(filter);
    await before?.close();
  }

  /** Answers an older client's request for one resource by changing the connection's subscription. */
  async subscribe(method: string, uri: string): Promise<Answer> {
    if (method === 'resources/unsubscribe') this.#resources.delete(uri);
    await this.listen(method === 'resources/subscribe' ? [uri] : []);
    return { result: {} };
  }
}
