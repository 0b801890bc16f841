import { createHash } from 'node:crypto';
import type { JsonObject } from './json.ts';
import type { ClientIdentity } from './peer.ts';
import type { ToolDefinition } from './tool.ts';

/** A server's description of itself and of its offers, in its own words. */
export interface ServerCatalog {
  readonly about: { readonly title?: string; readonly instructions?: string };
  /** Kinds that the server offers, of `resources`, `prompts` and `completions`. */
  readonly offers: readonly string[];
  readonly tools: readonly ToolDefinition[];
  /** The reason why tools are missing in the list; absent: none is missing. */
  readonly incomplete?: string;
  /** True if the server does not declare the capability `tools`; the gateway asked it for its tools all the same. */
  readonly undeclared?: boolean;
}

/** Returns a remark about a server's list of tools that is incomplete or undeclared; otherwise undefined. */
export function listRemark({ incomplete, undeclared, tools }: ServerCatalog): string | undefined {
  if (incomplete !== undefined) return `its list of tools is incomplete: ${incomplete}`;
  if (!undeclared) return undefined;
  const asked = tools.length > 0 ? 'it was asked for its list all the same' : 'and lists none';
  return `it does not declare the capability "tools"${tools.length > 0 ? '; ' : ', '}${asked}`;
}

/** A server's description and offers when it was last asked. */
export interface RememberedCatalog extends ServerCatalog {
  /** Epoch ms of that time. */
  readonly learntAt: number;
  /** Marks (`clientMark`) of the clients to which the server offered this. */
  readonly clients: readonly string[];
  /**
   * Methods of requests that the server sent to clients; they decide who may share a connection to it. Absent: none.
   */
  readonly asks?: readonly string[];
}

/** A list of resources, templates or prompts as it was when last read, with what the server said about caching it. */
export interface RememberedList {
  readonly items: readonly JsonObject[];
  readonly ttlMs?: number;
  readonly cacheScope?: string;
}

/**
 * Returns a mark that is equal for clients with the same capabilities: a server may offer other tools to a client with
 * others.
 */
export function clientMark({ capabilities }: ClientIdentity): string {
  return createHash('sha256').update(JSON.stringify(capabilities)).digest('base64url').slice(0, 16);
}
