import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonObject } from '../../core/json.ts';
import type { ToolDefinition } from '../../core/tool.ts';

/** Bytes of JSON to a token: 4.5 to 4.8 in definitions of real servers (o200k_base), less in other scripts than Latin. */
const BYTES_PER_TOKEN = 4.7;
/** Tools that are looked at, at most. */
const MAX_SAMPLE = 500;

/**
 * Tokens of what a host shows its model of tools: name, description and input schema of each, and nothing else. Estimated by
 * their length, of more than 500 by a sample of them. Not by `estimateTokens`, which is never below what a text can cost:
 * what is saved must not be told too high.
 */
export function definitionTokens(tools: readonly JsonObject[]): number {
  const step = Math.max(1, Math.ceil(tools.length / MAX_SAMPLE));
  const sample = tools.filter((_, index) => index % step === 0);
  const bytes = sample.reduce((sum, tool) => sum + shownBytes(tool), 0);
  return sample.length === 0 ? 0 : Math.round((bytes * tools.length) / (sample.length * BYTES_PER_TOKEN));
}

/** The same of a text, such as instructions. */
export function textTokens(text: string): number {
  return Math.round(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

function shownBytes({ name, description, inputSchema }: JsonObject): number {
  return Buffer.byteLength(JSON.stringify({ name, description, inputSchema }));
}

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
