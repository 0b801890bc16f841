import type { Unavailable } from '../../../broker/broker.ts';
import type { Caller } from '../../../core/call.ts';
import { clip, GatewayError } from '../../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import { describedTool, type OurMembers, type ToolEntry, toolId } from '../../../core/tool.ts';
import type { EdgeParts } from '../request/edge-parts.ts';

/** Filters, search text and page of `GET /tools`. */
interface ToolQuery {
  readonly server?: readonly string[];
  readonly tag?: readonly string[];
  readonly q?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** Maximum hits of one search. */
const MAX_HITS = 50;

/**
 * One page of the tools that pass the filters, in the order of the configuration, and the servers that could not be
 * asked. The first page waits for servers as a search does. Throws if the tool that `cursor` names is gone.
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

/** The tools that match a search, best first. */
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
  const hits = (Array.isArray(results) ? results : []).filter(isJsonObject).flatMap(({ id, match }) => {
    const entry = entries.get(String(id));
    return entry ? [shownTool(entry, match === undefined ? {} : { match })] : [];
  });
  const { found, unavailable, hint } = rest;
  return { tools: hits, found, ...(unavailable !== undefined && { unavailable }), ...(hint !== undefined && { hint }) };
}

/** The definition of a tool, with its id, server and tags. */
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

/** Index of the first tool of the page that a cursor asks for: the cursor names the last tool of the page before. */
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

/** The names by which a request asks for a tool. */
interface Named {
  readonly tool: string;
  readonly server?: string;
}

/** Maximum candidates in a message. The details hold all of them. */
const MAX_NAMED = 10;

/**
 * Id of the tool that a request names, by a name and a server, by an id (any name with "::"), or by a bare name. A bare
 * name waits for servers as a search does. Throws `AMBIGUOUS_TOOL` if several servers have a tool of that name, or if a
 * server that cannot be asked may have one.
 */
export async function namedTool(
  named: Named,
  caller: Caller,
  parts: Pick<EdgeParts, 'tools' | 'refused' | 'broker'>,
): Promise<string> {
  try {
    if (named.server !== undefined) return idWithin(named.tool, named.server);
    return named.tool.includes('::') ? named.tool : await idOfName(named.tool, caller, parts);
  } catch (error) {
    if (error instanceof GatewayError) parts.refused(caller, named.tool, error);
    throw error;
  }
}

/** The request names the server. The broker finds out if that server has such a tool. */
function idWithin(tool: string, server: string): string {
  return tool.startsWith(toolId(server, '')) ? tool : toolId(server, tool);
}

async function idOfName(
  tool: string,
  caller: Caller,
  { tools, broker }: Pick<EdgeParts, 'tools' | 'broker'>,
): Promise<string> {
  const unknown = await broker.awaited(() => true);
  const known = tools(caller);
  const named = known.filter(({ definition }) => definition.name === tool);
  if (named.length > 1) throw ambiguous(tool, named);
  // The tools of a server that was listed before are known, also if it cannot be asked now.
  const silent = unknown.filter((one) => !known.some((entry) => entry.server === one.server));
  if (silent.length > 0) throw undecided(tool, named, silent);
  return named[0]?.id ?? tool;
}

/** The error for a bare name while a server that may have a tool of that name cannot be asked. */
function undecided(tool: string, named: readonly ToolEntry[], silent: readonly Unavailable[]): GatewayError {
  const candidates = named.map(({ id }) => id);
  const states = silent.slice(0, MAX_NAMED).map(({ server, state }) => `"${clip(server)}" is ${state}`);
  const advice =
    candidates[0] === undefined ? 'an id or a server beside the name' : `the id, such as "${candidates[0]}"`;
  const message = `which tool "${clip(tool, 120)}" means cannot be told now: ${states.join(', ')} and may have one of that name; give ${advice}`;
  return new GatewayError('AMBIGUOUS_TOOL', message, { details: { candidates, unavailable: silent } });
}

function ambiguous(tool: string, named: readonly ToolEntry[]): GatewayError {
  const candidates = named.map(({ id }) => id);
  const shown = candidates.slice(0, MAX_NAMED).map((id) => `"${clip(id)}"`);
  const more = candidates.length > MAX_NAMED ? ` and ${candidates.length - MAX_NAMED} more` : '';
  const message = `${candidates.length} servers have a tool "${clip(tool, 120)}": ${shown.join(', ')}${more}; give one of these ids, or server beside the name`;
  return new GatewayError('AMBIGUOUS_TOOL', message, { details: { candidates } });
}
