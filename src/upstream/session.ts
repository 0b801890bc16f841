import { isJsonObject } from '../core/json.ts';
import type { ClientIdentity } from '../core/peer.ts';
import type { Answer } from '../core/rpc.ts';

/** A session with a server, in whichever era it speaks: what was agreed on, and what depends on the era. */
export interface Session {
  /** True if it speaks 2026-07-28 or later. */
  readonly modern: boolean;
  /** The revision agreed on. */
  readonly version: string | undefined;
  /** What the server offers, as it said. */
  readonly capabilities: unknown;
  /** Name and version that the server gives itself. */
  readonly server: { readonly name?: string; readonly title?: string } | undefined;
  readonly instructions: string | undefined;
  /** Listens to changes, where they are told to those who listen only (2026-07-28). */
  listen(filter: object): Promise<{ close(): Promise<void> }>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Whose connection this is: told to the server. */
  readonly identity: ClientIdentity;
  /** Longest time for the handshake, in ms. */
  readonly timeoutMs: number;
  readonly onclose: () => void;
  readonly onerror: (error: Error) => void;
  /** Something that the server does wrong without harm: a sentence for the log. */
  readonly onremark: (remark: string) => void;
}

/** How the era of a server is found out: `probe` asks it, the others know. */
export type Negotiation = 'handshake' | 'probe' | 'modern';

/** The names that a server gives itself, as far as they are texts. */
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
 * True if capabilities hold one, by its path: `tools`, `resources.subscribe`. Some servers write a list of names, or
 * `true`, where an object belongs; null is what others write for nothing.
 */
export function declares(capabilities: unknown, path: string): boolean {
  if (Array.isArray(capabilities)) return capabilities.includes(path);
  const found = path.split('.').reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), capabilities);
  return found !== undefined && found !== null && found !== false;
}

/** What a 2026-era connection listens to: changes of every list that the server tells of, and of the resources subscribed to. */
export class Listening {
  readonly #session: () => Session | undefined;
  /** URIs of resources that clients of older eras subscribed to. */
  readonly #resources = new Set<string>();
  #subscription: { close(): Promise<void> } | undefined;

  constructor(session: () => Session | undefined) {
    this.#session = session;
  }

  /** Listens to these resources too. */
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

  /** What an older client asks for one resource is part of what this connection listens to. */
  async subscribe(method: string, uri: string): Promise<Answer> {
    if (method === 'resources/unsubscribe') this.#resources.delete(uri);
    await this.listen(method === 'resources/subscribe' ? [uri] : []);
    return { result: {} };
  }
}
