import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '../config/schema.ts';
import type { ToolDefinition } from '../core/tool.ts';

/**
 * The tools that servers offer to any client: what they list for the connection that all share, and what they list only
 * for clients that can do more (be asked for input, for instance).
 */
export class ToolUnion {
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
