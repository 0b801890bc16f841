import { createHash } from 'node:crypto';
import type { JsonObject } from './json.ts';
import type { ClientIdentity } from './peer.ts';
import type { ToolDefinition } from './tool.ts';

/** A server's description of itself and of its offers, in its own words. */
export interface ServerCatalog {
  readonly about: { readonly title?: string; readonly instructions?: string };
  /** Which of `resources`, `prompts` and `completions` it offers. */
  readonly offers: readonly string[];
  readonly tools: readonly ToolDefinition[];
  /** Why tools are missing in the list, if some are. */
  readonly incomplete?: string;
  /** It does not declare that it has tools; it was asked for them all the same. */
  readonly undeclared?: boolean;
}

/** What is to be said of a server's list of tools, where it is not what the protocol has in mind. */
export function listRemark({ incomplete, undeclared, tools }: ServerCatalog): string | undefined {
  if (incomplete !== undefined) return `its list of tools is incomplete: ${incomplete}`;
  if (!undeclared) return undefined;
  const asked = tools.length > 0 ? 'it was asked for its list all the same' : 'and lists none';
  return `it does not declare the capability "tools"${tools.length > 0 ? '; ' : ', '}${asked}`;
}

/** A server's description and offers when it was last asked. */
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
