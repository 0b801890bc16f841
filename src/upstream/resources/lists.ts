import { decoded } from '../../core/address.ts';
import type { CallContext, Caller } from '../../core/call.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answer } from '../../core/rpc.ts';

/** Properties of one kind of list. */
export interface ListSpec {
  readonly method: string;
  /** Member of the result with the items. */
  readonly member: string;
  /** Required fields of an item, all strings. The first one identifies the item. */
  readonly required: readonly [string, ...string[]];
  readonly kind: PrimitiveKind;
  /** Another name for an item of this server, used if its own is taken. */
  readonly rename: (server: string, name: string) => string;
  /** True if a name is reserved for another server among `keys` than `server`. */
  readonly isReserved: (server: string, name: string, keys: readonly string[]) => boolean;
}

/** The lists into which the items of all servers are merged. */
export const LISTS = {
  resources: {
    method: 'resources/list',
    member: 'resources',
    required: ['uri', 'name'],
    kind: 'resources',
    rename: wrapUri,
    isReserved: isWrappedForOther,
  },
  templates: {
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    required: ['uriTemplate', 'name'],
    kind: 'resources',
    rename: wrapUriTemplate,
    isReserved: isWrappedForOther,
  },
  prompts: {
    method: 'prompts/list',
    member: 'prompts',
    required: ['name'],
    kind: 'prompts',
    rename: (server, name) => `${server}__${name}`,
    isReserved: isPrefixedForOther,
  },
} as const satisfies Record<string, ListSpec>;

/**
 * True if a name has the prefix of another server. Of several keys that fit, the longest counts: `a__b__c` belongs to
 * `a__b` and not to `a`.
 */
function isPrefixedForOther(server: string, name: string, keys: readonly string[]): boolean {
  const fitting = keys.filter((key) => name.startsWith(`${key}__`));
  const [longest] = fitting.sort((a, b) => b.length - a.length);
  return longest !== undefined && longest !== server;
}

export type ListName = keyof typeof LISTS;

/** Cache hints of a list (2026-07-28). */
export interface CacheHints {
  readonly ttlMs?: number;
  readonly cacheScope?: string;
}

/** The list of one server: its items as received. */
export interface ServerList extends CacheHints {
  readonly items: readonly JsonObject[];
}

/** The name of an item: its uri, uriTemplate or name. */
export function nameOf(item: JsonObject, { required: [field] }: ListSpec): string {
  return item[field] as string; // Checked when the item was read.
}

/** Functions of the upstream side that the primitives need. */
export interface PrimitiveSource {
  /** Keys of all configured servers, including those that do not run or are denied. */
  keys(): readonly string[];
  /**
   * Keys of the servers that offer this kind and are connected or have their lists remembered, in configuration order.
   */
  servers(kind: 'resources' | 'prompts' | 'completions'): readonly string[];
  /**
   * Resolves when every server that is exposed to the caller is connected or its list of this name remembered, but about
   * 3 s after its start at the latest.
   */
  settled(list: ListName, caller: Caller): Promise<void>;
  /** Time for all pages of one server's list, in ms; absent: 15 s. */
  readonly listMs?: () => number;
  /** Sends one request to one server; resolves with the raw answer. Rejects with `GatewayError` if there is none. */
  request(server: string, method: string, params: JsonObject, context: CallContext): Promise<Answer>;
  /** Sentences for the model or person that chooses an item of a list. Absent: items are not inspected. */
  readonly remarks?: (item: JsonObject) => readonly string[];
  /** Absent: lists come from connected servers only. */
  readonly memory?: ListMemory;
}

/** Lists of servers, remembered for the time when they do not run. */
interface ListMemory {
  /** A list of a server that is not connected, as last read. Returns the same object each time. */
  recall(server: string, list: ListName): ServerList | undefined;
  /** Remembers the current list of a server. `items` undefined: the list has changed and is unknown. */
  learn(server: string, list: ListName, items: ServerList | undefined): void;
}

/** Kind of primitive that an `expose` setting switches. */
export type PrimitiveKind = 'resources' | 'prompts';

/** Decides whether a caller may know of a server's primitives of this kind. */
export type Exposure = (caller: Caller, server: string, kind: PrimitiveKind) => boolean;

const SCHEME = 'gateway:';
const PREFIX = `${SCHEME}//resources/`;

/** A URI that no other server has: the key of its server, and the original in encoded form. */
export function wrapUri(server: string, uri: string): string {
  return `${prefixOf(server)}${encodeURIComponent(uri)}`;
}

/** A URI template whose expansions no other server has. The original is not encoded, so that it still expands. */
export function wrapUriTemplate(server: string, uriTemplate: string): string {
  return `${prefixOf(server)}${uriTemplate}`;
}

/** True if a URI has the gateway's own scheme, in either case. */
export function isOfGateway(uri: string): boolean {
  return uri.slice(0, SCHEME.length).toLowerCase() === SCHEME;
}

/** True if a URI or template is wrapped for another server than this one. */
function isWrappedForOther(server: string, uri: string): boolean {
  return isOfGateway(uri) && !uri.startsWith(prefixOf(server));
}

/**
 * The original of a URI that was wrapped for this server, encoded or expanded from a template. Undefined for other
 * URIs.
 */
export function unwrapUri(server: string, uri: string): string | undefined {
  const prefix = prefixOf(server);
  if (!uri.startsWith(prefix)) return undefined;
  const rest = uri.slice(prefix.length);
  // An encoded URI contains neither character. One that was expanded from a template contains its scheme.
  return /[:/]/.test(rest) ? rest : decoded(rest);
}

function prefixOf(server: string): string {
  return `${PREFIX}${encodeURIComponent(server)}/`;
}
