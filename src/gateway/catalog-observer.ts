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
import { ToolUnion } from '../upstream/tool-union.ts';
import type { SemanticSearch } from './semantic-search.ts';

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
