import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonObject } from '../../core/json.ts';
import type { ToolDefinition } from '../../core/tool.ts';

/**
 * Bytes of JSON per token: 4.5 to 4.8 in definitions of real servers (o200k_base), fewer in scripts other than Latin.
 */
const BYTES_PER_TOKEN = 4.7;
/** Most tools that are measured; of a longer list, evenly spaced ones. */
const MAX_SAMPLE = 500;

/**
 * Estimated tokens of the tools that a host shows its model: name, description and input schema of each, nothing else.
 * The estimate goes by their length, and of more than 500 tools by a sample. It does not use `estimateTokens`, which is
 * an upper bound: the tokens saved must not be overstated.
 */
export function definitionTokens(tools: readonly JsonObject[]): number {
  const step = Math.max(1, Math.ceil(tools.length / MAX_SAMPLE));
  const sample = tools.filter((_, index) => index % step === 0);
  const bytes = sample.reduce((sum, tool) => sum + shownBytes(tool), 0);
  return sample.length === 0 ? 0 : Math.round((bytes * tools.length) / (sample.length * BYTES_PER_TOKEN));
}

/** Estimated tokens of a text, such as instructions. */
export function textTokens(text: string): number {
  return Math.round(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

function shownBytes({ name, description, inputSchema }: JsonObject): number {
  return Buffer.byteLength(JSON.stringify({ name, description, inputSchema }));
}

interface Listing {
  readonly tools: readonly ToolDefinition[];
  /** Tokens of all definitions. Absent: not computed yet. */
  tokens?: number;
}

/** Tools that servers list, and the tokens that their definitions cost. */
export class ListedTools {
  readonly #servers = new Map<string, Listing>();

  /** Replaces the list of a server. */
  replace(server: string, tools: readonly ToolDefinition[]): void {
    this.#servers.set(server, { tools });
  }

  /** Tokens of all definitions of these servers; computed once for each list. */
  async tokens(servers: readonly string[]): Promise<number> {
    let sum = 0;
    for (const listing of servers.flatMap((server) => this.#servers.get(server) ?? [])) {
      // One server per turn of the event loop, so that requests are answered in between.
      if (listing.tokens === undefined) await nextTurn();
      listing.tokens ??= definitionTokens(listing.tools);
      sum += listing.tokens;
    }
    return sum;
  }
}
