import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '../config/schema.ts';
import type { ClientIdentity } from '../core/peer.ts';
import type { ServerCatalog } from '../core/server-catalog.ts';
import type { ToolDefinition } from '../core/tool.ts';
import type { EdgeHooks } from '../downstream/gateway-services.ts';
import type { Logger } from '../platform/log.ts';
import type { Guards } from '../policy/guards.ts';
import type { Catalog } from '../search/catalog.ts';
import type { CatalogCache } from '../upstream/catalog-cache.ts';
import type { PrimitiveKind } from '../upstream/resources/lists.ts';
import type { ServerObserver } from '../upstream/server-observer.ts';
import type { SemanticSearch } from './semantic-search.ts';

/**
 * The tools that servers offer to any client: what they list for the connection that all share, and what they list only
 * for clients that can do more (be asked for input, for instance).
 */
class ToolUnion {
  readonly #entries = new Map<string, ServerConfig>();
  readonly #toAll = new Map<string, readonly ToolDefinition[]>();
  readonly #toSome = new Map<string, Map<string, ToolDefinition>>();

  /** Takes what a server lists for every client; returns all of its tools. An entry that has changed is another server. */
  toAll(server: ServerConfig, tools: readonly ToolDefinition[]): readonly ToolDefinition[] {
    if (!isDeepStrictEqual(this.#entries.get(server.key), server)) this.#toSome.delete(server.key);
    this.#entries.set(server.key, server);
    this.#toAll.set(server.key, tools);
    return this.#all(server);
  }

  /** Takes what a server lists for one client; returns all of its tools, undefined where none is new. */
  toOne(server: ServerConfig, tools: readonly ToolDefinition[]): readonly ToolDefinition[] | undefined {
    const common = new Set(this.#toAll.get(server.key)?.map(({ name }) => name));
    const more = tools.filter(({ name }) => !common.has(name));
    if (more.length === 0) return undefined;
    const known = this.#toSome.get(server.key) ?? new Map<string, ToolDefinition>();
    for (const tool of more) known.set(tool.name, tool);
    this.#toSome.set(server.key, known);
    return this.#all(server);
  }

  /** Forgets a server. */
  remove(key: string): void {
    this.#entries.delete(key);
    this.#toAll.delete(key);
    this.#toSome.delete(key);
  }

  #all(server: ServerConfig): readonly ToolDefinition[] {
    const common = this.#toAll.get(server.key) ?? [];
    const names = new Set(common.map(({ name }) => name));
    const more = [...(this.#toSome.get(server.key)?.values() ?? [])].filter(({ name }) => !names.has(name));
    return more.length > 0 ? [...common, ...more] : common;
  }
}

interface CatalogObserverParts {
  readonly log: Logger;
  readonly guards: Guards;
  readonly catalog: Catalog;
  readonly semantics: SemanticSearch;
  readonly catalogCache: CatalogCache;
  /** What a server says of itself, as far as it may be repeated. */
  readonly repeatable: (server: ServerConfig, about: ServerCatalog['about']) => ServerCatalog['about'];
  readonly edge: () => EdgeHooks;
}

/** Observes the connections that all clients share: what can be found is what servers list. */
export class CatalogObserver implements ServerObserver {
  /** Observes connections that belong to one client: servers may list more for it than for all. */
  readonly ofOneClient: ServerObserver = {
    tools: (server, tools) => {
      const all = this.#union.toOne(server, tools);
      if (all) this.#publish(server, all);
    },
  };
  readonly #parts: CatalogObserverParts;
  readonly #union = new ToolUnion();

  constructor(parts: CatalogObserverParts) {
    this.#parts = parts;
  }

  tools(server: ServerConfig, tools: readonly ToolDefinition[]): void {
    this.#publish(server, this.#union.toAll(server, tools));
  }

  read(server: ServerConfig, catalog: ServerCatalog, client: ClientIdentity): void {
    const { catalogCache, repeatable } = this.#parts;
    catalogCache.learn(server, { ...catalog, about: repeatable(server, catalog.about) }, client);
  }

  listChanged({ key }: ServerConfig, list: PrimitiveKind): void {
    this.#parts.edge().listChanged?.(key, list);
  }

  gone({ key }: ServerConfig): void {
    const { catalog, semantics } = this.#parts;
    this.#union.remove(key);
    catalog.removeServer(key);
    semantics.removeServer(key);
  }

  /** Has a server's tools judged by the guards before any of them can be found. */
  #publish(server: ServerConfig, tools: readonly ToolDefinition[]): void {
    const { log, guards, catalog, semantics } = this.#parts;
    const { key } = server;
    guards.listed(key, tools);
    const { duplicates } = catalog.setServer(server, tools);
    for (const tool of duplicates) log.warning('duplicate tool', { server: key, tool });
    semantics.setServer(key);
  }
}
