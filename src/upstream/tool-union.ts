import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '../config/schema.ts';
import type { ToolDefinition } from '../core/tool.ts';

/** Called with all tools of a server whenever they have changed. */
export type PublishTools = (server: ServerConfig, tools: readonly ToolDefinition[]) => void;

/**
 * The tools that servers offer to any client: what they list for the connection that all share, and what they list only
 * for clients that can do more (be asked for input, for instance).
 */
export class ToolUnion {
  readonly #publish: PublishTools;
  readonly #entries = new Map<string, ServerConfig>();
  readonly #toAll = new Map<string, readonly ToolDefinition[]>();
  readonly #toSome = new Map<string, Map<string, ToolDefinition>>();

  constructor(publish: PublishTools) {
    this.#publish = publish;
  }

  /** What a server lists for every client. An entry that has changed is another server. */
  toAll(server: ServerConfig, tools: readonly ToolDefinition[]): void {
    if (!isDeepStrictEqual(this.#entries.get(server.key), server)) this.#toSome.delete(server.key);
    this.#entries.set(server.key, server);
    this.#toAll.set(server.key, tools);
    this.#tell(server);
  }

  /** What a server lists for one client; the others may have got less. */
  toOne(server: ServerConfig, tools: readonly ToolDefinition[]): void {
    const common = new Set(this.#toAll.get(server.key)?.map(({ name }) => name));
    const more = tools.filter(({ name }) => !common.has(name));
    if (more.length === 0) return;
    const known = this.#toSome.get(server.key) ?? new Map<string, ToolDefinition>();
    for (const tool of more) known.set(tool.name, tool);
    this.#toSome.set(server.key, known);
    this.#tell(server);
  }

  /** Forgets a server. */
  remove(key: string): void {
    this.#entries.delete(key);
    this.#toAll.delete(key);
    this.#toSome.delete(key);
  }

  #tell(server: ServerConfig): void {
    const common = this.#toAll.get(server.key) ?? [];
    const names = new Set(common.map(({ name }) => name));
    const more = [...(this.#toSome.get(server.key)?.values() ?? [])].filter(({ name }) => !names.has(name));
    this.#publish(server, more.length > 0 ? [...common, ...more] : common);
  }
}
