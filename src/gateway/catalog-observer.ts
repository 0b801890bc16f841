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
import type { ServerTopics } from './server-topics.ts';

/**
 * The tools that servers offer to any client: those listed for the shared connection, and those listed only for clients
 * that can do more (be asked for input, for instance).
 */
class ToolUnion {
  readonly #entries = new Map<string, ServerConfig>();
  readonly #toAll = new Map<string, readonly ToolDefinition[]>();
  readonly #toSome = new Map<string, Map<string, ToolDefinition>>();

  /**
   * Takes a server's tools for every client and returns all of its tools. A server whose entry has changed counts as
   * another one.
   */
  toAll(server: ServerConfig, tools: readonly ToolDefinition[]): readonly ToolDefinition[] {
    if (!isDeepStrictEqual(this.#entries.get(server.key), server)) this.#toSome.delete(server.key);
    this.#entries.set(server.key, server);
    this.#toAll.set(server.key, tools);
    return this.#all(server);
  }

  /**
   * Takes a server's tools for one client and returns all of its tools; undefined if every client gets these tools
   * anyway.
   */
  toOne(server: ServerConfig, tools: readonly ToolDefinition[]): readonly ToolDefinition[] | undefined {
    const common = new Set(this.#toAll.get(server.key)?.map(({ name }) => name));
    const more = tools.filter(({ name }) => !common.has(name));
    if (more.length === 0) return undefined;
    const known = this.#toSome.get(server.key) ?? new Map<string, ToolDefinition>();
    for (const tool of more) known.set(tool.name, tool);
    this.#toSome.set(server.key, known);
    return this.#all(server);
  }

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
  readonly topics: ServerTopics;
  /** Returns the part of a server's text about itself that may be repeated. */
  readonly repeatable: (server: ServerConfig, about: ServerCatalog['about']) => ServerCatalog['about'];
  readonly edge: () => EdgeHooks;
}

/** Observes the connections that all clients share, and keeps the catalog equal to the servers' lists. */
export class CatalogObserver implements ServerObserver {
  /** Observes connections of one client: a server may list more tools for it than for all. */
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
    this.#parts.topics.refresh(server);
  }

  read(server: ServerConfig, catalog: ServerCatalog, client: ClientIdentity): void {
    const { catalogCache, repeatable, topics } = this.#parts;
    catalogCache.learn(server, { ...catalog, about: repeatable(server, catalog.about) }, client);
    topics.learn(server);
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

  /** Shows a server's tools to the guards before a search can find any of them. */
  #publish(server: ServerConfig, tools: readonly ToolDefinition[]): void {
    const { log, guards, catalog, semantics } = this.#parts;
    const { key } = server;
    guards.listed(key, tools);
    const { duplicates } = catalog.setServer(server, tools);
    for (const tool of duplicates) log.warning('duplicate tool', { server: key, tool });
    semantics.setServer(key);
  }
}
