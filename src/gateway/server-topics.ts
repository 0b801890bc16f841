import type { LiveConfig } from '../config/load.ts';
import type { ServerConfig } from '../config/schema.ts';
import { type Caller, LOCAL, type Visibility } from '../core/call.ts';
import { viewMark } from '../core/server-catalog.ts';
import { findCuedRules, instructionsIn } from '../policy/trust/prompt-injection.ts';
import { isPinned } from '../policy/trust/trust.ts';
import type { Catalog } from '../search/catalog.ts';
import { spoken, topicsOf } from '../search/topics.ts';
import type { CatalogCache } from '../upstream/catalog-cache.ts';

interface ServerTopicsParts {
  readonly catalog: Catalog;
  readonly catalogCache: CatalogCache;
  readonly visible: Visibility;
  readonly config: () => LiveConfig;
}

/**
 * Tells what the tools of each server are about, in words of their names, under the same limits as a server's description
 * of itself. The topics are remembered, since a start has no time to find them.
 */
export class ServerTopics {
  readonly #parts: ServerTopicsParts;

  constructor(parts: ServerTopicsParts) {
    this.#parts = parts;
  }

  /** Returns the topics of the tools that a caller may see; none for a pinned server, or one with a suspicious name. */
  of(server: ServerConfig, caller: Caller): readonly string[] {
    const { catalog, visible, config } = this.#parts;
    if (isPinned(server, config().settings)) return [];
    const tools = catalog.toolsOf(server.key).filter((tool) => visible(caller, tool));
    const names = tools.map(({ definition }) => definition.name);
    return givesOrders(names.map(spoken).join('\n')) ? [] : topicsOf(server.key, names);
  }

  /** Remembers the topics of a server whose tools have come from memory, unless they are up to date. */
  refresh(server: ServerConfig): void {
    const { catalog, catalogCache } = this.#parts;
    if (catalogCache.recall(server)?.topics?.mark === this.#mark(server)) return;
    if (catalog.toolsOf(server.key).length > 0) this.learn(server);
  }

  /** Remembers the topics of a server whose tools may have changed. */
  learn(server: ServerConfig): void {
    this.#parts.catalogCache.learnTopics(server, { words: this.of(server, LOCAL), mark: this.#mark(server) });
  }

  #mark(server: ServerConfig): string {
    return viewMark(this.#parts.config().settings.permissions, server);
  }
}

function givesOrders(text: string): boolean {
  const cued = findCuedRules(text);
  return cued !== undefined && instructionsIn(text, cued).length > 0;
}
