import { decoded } from '../../core/address.ts';
import type { CallContext, Caller } from '../../core/call.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answer } from '../../core/rpc.ts';

/** Where one list differs from another. */
export interface ListSpec {
  readonly method: string;
  /** Member of the result that holds the items. */
  readonly member: string;
  /** Fields without which an item is malformed, all strings; the first one is what it is called by. */
  readonly required: readonly [string, ...string[]];
  readonly kind: PrimitiveKind;
  /** Another name for an item of that server, where its own is taken. */
  readonly rename: (server: string, name: string) => string;
  /** Whether a name is kept for another server of these keys than the one that uses it. */
  readonly isReserved: (server: string, name: string, keys: readonly string[]) => boolean;
}

/** The lists that all servers' items are merged into. */
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

/** Of several keys that a name begins with, the longest is meant: `a__b__c` is of `a__b` rather than of `a`. */
function isPrefixedForOther(server: string, name: string, keys: readonly string[]): boolean {
  const fitting = keys.filter((key) => name.startsWith(`${key}__`));
  const [longest] = fitting.sort((a, b) => b.length - a.length);
  return longest !== undefined && longest !== server;
}

export type ListName = keyof typeof LISTS;

/** What a list says about keeping it (2026-07-28). */
export interface CacheHints {
  readonly ttlMs?: number;
  readonly cacheScope?: string;
}

/** What one server lists: its items as received. */
export interface ServerList extends CacheHints {
  readonly items: readonly JsonObject[];
}

/** What an item is called by: its uri, uriTemplate or name. */
export function nameOf(item: JsonObject, { required: [field] }: ListSpec): string {
  return item[field] as string; // Checked when the item was read.
}

/** What the primitives need of the upstream side. */
export interface PrimitiveSource {
  /** Keys of all servers of the configuration, also of those that do not run or are denied. */
  keys(): readonly string[];
  /** Keys of the servers that offer that kind and are connected, or whose lists are remembered, in configuration order. */
  servers(kind: 'resources' | 'prompts' | 'completions'): readonly string[];
  /**
   * Resolves when every server that the caller may know of is connected, or its list of that name remembered, or about 3 s
   * have passed since its start.
   */
  settled(list: ListName, caller: Caller): Promise<void>;
  /** Time for all pages of one server's list, in ms; absent: 15 s. */
  readonly listMs?: () => number;
  /** One request to one server; the answer raw. Rejects with `GatewayError` when there is none. */
  request(server: string, method: string, params: JsonObject, context: CallContext): Promise<Answer>;
  /** What whoever chooses an item of a list should know about it, in sentences. Absent: nothing is looked for. */
  readonly remarks?: (item: JsonObject) => readonly string[];
  /** Absent: servers are asked, and only those that are connected. */
  readonly memory?: ListMemory;
}

/** What servers list, remembered for when they do not run. */
interface ListMemory {
  /** A list of a server that is not connected, as it was when last read; the same object each time. */
  recall(server: string, list: ListName): ServerList | undefined;
  /** What a server lists now; undefined: it has changed since it was read. */
  learn(server: string, list: ListName, items: ServerList | undefined): void;
}

/** What an `expose` switch switches. */
export type PrimitiveKind = 'resources' | 'prompts';

/** Decides whether a caller may know of what a server has of that kind. */
export type Exposure = (caller: Caller, server: string, kind: PrimitiveKind) => boolean;

const SCHEME = 'gateway:';
const PREFIX = `${SCHEME}//resources/`;

/** A URI that no other server has: the original is encoded behind the key of its server. */
export function wrapUri(server: string, uri: string): string {
  return `${prefixOf(server)}${encodeURIComponent(uri)}`;
}

/** A URI template whose expansions no other server has: the original stands as it is, so that it still expands. */
export function wrapUriTemplate(server: string, uriTemplate: string): string {
  return `${prefixOf(server)}${uriTemplate}`;
}

/** Whether a URI is such as only the gateway makes: the scheme of a URI is the same in capitals. */
export function isOfGateway(uri: string): boolean {
  return uri.slice(0, SCHEME.length).toLowerCase() === SCHEME;
}

/** Whether a URI or template is such as only the gateway makes, and for another server than this one. */
function isWrappedForOther(server: string, uri: string): boolean {
  return isOfGateway(uri) && !uri.startsWith(prefixOf(server));
}

/** The original of a URI wrapped for that server, encoded or expanded from a template; undefined if it is no such URI. */
export function unwrapUri(server: string, uri: string): string | undefined {
  const prefix = prefixOf(server);
  if (!uri.startsWith(prefix)) return undefined;
  const rest = uri.slice(prefix.length);
  // An encoded URI holds neither character; one that was expanded from a template has its scheme.
  return /[:/]/.test(rest) ? rest : decoded(rest);
}

function prefixOf(server: string): string {
  return `${PREFIX}${encodeURIComponent(server)}/`;
}
