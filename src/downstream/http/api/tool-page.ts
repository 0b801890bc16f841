import type { Caller } from '../../../core/call.ts';
import { describedTool, type OurMembers } from '../../../core/described-tool.ts';
import { GatewayError } from '../../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { ToolEntry } from '../../../core/tool.ts';
import type { EdgeParts } from '../edge-parts.ts';

/** Which tools, and how many of them. */
export interface ToolQuery {
  readonly server?: readonly string[];
  readonly tag?: readonly string[];
  readonly q?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** Most hits of one search. */
const MAX_HITS = 50;

/**
 * A page of all tools that fit, in the order of the configuration, and which of their servers could not be asked. The first
 * page waits for servers as a search does. Throws when its cursor leads nowhere any more.
 */
export async function toolPage(
  query: ToolQuery,
  caller: Caller,
  { broker, tools }: Pick<EdgeParts, 'broker' | 'tools'>,
): Promise<JsonObject> {
  const unavailable = query.cursor === undefined ? await broker.awaited(concerned(query)) : [];
  const all = tools(caller).filter(fitting(query));
  const from = query.cursor === undefined ? 0 : after(query.cursor, all);
  const shown = all.slice(from, from + query.limit);
  const last = shown.at(-1);
  const next = last && from + shown.length < all.length && { next: encode(last.id) };
  const missing = unavailable.length > 0 && { unavailable };
  const absent = broker.absent(query.server ?? []);
  const hint = absent !== '' && { hint: absent };
  return { tools: shown.map((entry) => shownTool(entry)), found: all.length, ...next, ...missing, ...hint };
}

/** The tools that fit a search best, best first. */
export async function toolHits(
  { q = '', server, tag, limit, cursor }: ToolQuery,
  caller: Caller,
  { broker, tools }: Pick<EdgeParts, 'broker' | 'tools'>,
): Promise<JsonObject> {
  if (cursor !== undefined) throw noCursor('a search has one page, ask for it without cursor');
  const filters = { server, tags: tag };
  const request = { query: q, limit: Math.min(limit, MAX_HITS), ...((server || tag) && { filters }) };
  const { results, ...rest } = await broker.search(request, caller);
  const entries = new Map(tools(caller).map((entry) => [entry.id, entry]));
  const hits = (Array.isArray(results) ? results : []).filter(isJsonObject).flatMap(({ id, score }) => {
    const entry = entries.get(String(id));
    return entry ? [shownTool(entry, { score })] : [];
  });
  const { found, unavailable, hint } = rest;
  return { tools: hits, found, ...(unavailable !== undefined && { unavailable }), ...(hint !== undefined && { hint }) };
}

/** A definition with where the tool lives. */
function shownTool({ id, server, tags, definition }: ToolEntry, more: OurMembers = {}): JsonObject {
  return describedTool({ id, server, tags, ...more }, definition);
}

function concerned({ server }: ToolQuery): (key: string) => boolean {
  return (key) => !server || server.includes(key);
}

function fitting({ server, tag }: ToolQuery): (entry: ToolEntry) => boolean {
  return (entry) =>
    (!server || server.includes(entry.server)) && (!tag || tag.some((each) => entry.tags.includes(each)));
}

/** Where the tool after the one that the cursor names stands. */
function after(cursor: string, all: readonly ToolEntry[]): number {
  const id = Buffer.from(cursor, 'base64url').toString();
  const at = all.findIndex((entry) => entry.id === id);
  if (at < 0) throw noCursor('the tool at which this cursor stood is gone, begin anew without cursor');
  return at + 1;
}

function encode(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function noCursor(detail: string): GatewayError {
  return new GatewayError('INVALID_ARGUMENTS', `query: cursor: ${detail}`, {
    details: { errors: [{ parameter: 'cursor', detail }] },
  });
}
