import { createHash } from 'node:crypto';
import type { JsonObject } from './json.ts';
import type { ClientIdentity } from './peer.ts';
import type { ToolDefinition } from './tool.ts';

/** What a server is and offers, in its own words. */
export interface ServerCatalog {
  readonly about: { readonly title?: string; readonly instructions?: string };
  /** Which of `resources`, `prompts` and `completions` it offers. */
  readonly offers: readonly string[];
  readonly tools: readonly ToolDefinition[];
}

/** What a server was and offered when it was last asked. */
export interface RememberedCatalog extends ServerCatalog {
  /** Epoch ms. */
  readonly learntAt: number;
  /** Marks of the clients to which it offered this. */
  readonly clients: readonly string[];
  /** What it asked of clients that shared a connection to it, as far as that decides who may; absent: nothing. */
  readonly asks?: readonly string[];
}

/** A list of resources, templates or prompts as it was when last read, and what it said about keeping it. */
export interface RememberedList {
  readonly items: readonly JsonObject[];
  readonly ttlMs?: number;
  readonly cacheScope?: string;
}

/** Equal for clients that can do the same: servers may offer other tools to a client that can do other things. */
export function clientMark({ capabilities }: ClientIdentity): string {
  return createHash('sha256').update(JSON.stringify(capabilities)).digest('base64url').slice(0, 16);
}
