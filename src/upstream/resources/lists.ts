import type { JsonObject } from '../../core/json.ts';
import type { PrimitiveKind } from './primitive-source.ts';
import { isWrappedForOther, wrapUri, wrapUriTemplate } from './wrapped-uri.ts';

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
