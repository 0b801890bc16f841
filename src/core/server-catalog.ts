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

/** Words of a server's tools that say what they are about; see `topicsOf`. */
export interface RememberedTopics {
  /** The most telling first. */
  readonly words: readonly string[];
  /** Mark (`viewMark`) of what decided which tools have a say. */
  readonly mark: string;
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
  /** Absent: not known. */
  readonly topics?: RememberedTopics;
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
  return markOf(capabilities);
}

/**
 * Returns a mark that is equal where the same permission rules decide which tools of a server may be seen; empty
 * without rules. The marks of many servers cost little if `rules` is the same array.
 */
export function viewMark(rules: readonly unknown[], { key, tags }: { key: string; tags: readonly string[] }): string {
  if (rules.length === 0) return '';
  const mark = rulesMarks.get(rules) ?? markOf(rules);
  rulesMarks.set(rules, mark);
  return [mark, key, ...tags].join(' ');
}

const rulesMarks = new WeakMap<readonly unknown[], string>();

function markOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);
}
