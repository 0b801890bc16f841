import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ToolDefinition } from '../../core/tool.ts';
import { definitionTokens } from './definition-tokens.ts';

interface Listing {
  readonly tools: readonly ToolDefinition[];
  /** Absent: not worked out yet. */
  tokens?: number;
}

/** What servers list, and what it costs. */
export class ListedTools {
  readonly #servers = new Map<string, Listing>();

  /** A server lists these tools now. */
  replace(server: string, tools: readonly ToolDefinition[]): void {
    this.#servers.set(server, { tools });
  }

  /** Tokens of all definitions of these servers; worked out once for each listing. */
  async tokens(servers: readonly string[]): Promise<number> {
    let sum = 0;
    for (const listing of servers.flatMap((server) => this.#servers.get(server) ?? [])) {
      // A server at a time: what is asked meanwhile has its turn.
      if (listing.tokens === undefined) await nextTurn();
      listing.tokens ??= definitionTokens(listing.tools);
      sum += listing.tokens;
    }
    return sum;
  }
}
