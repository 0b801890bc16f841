import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type FetchPage, readPages } from '../core/read-pages.ts';
import type { ToolDefinition } from '../core/tool.ts';
import { redactedStart } from './redact.ts';

export interface ToolListing {
  readonly tools: readonly ToolDefinition[];
  /** What was left out and why; one sentence each. */
  readonly problems: readonly string[];
  /** Why tools were left out that have a name, by that name; absent: none was. */
  readonly leftOut?: ReadonlyMap<string, string>;
  /** Why pages are missing, if some are. */
  readonly incomplete?: string;
  /** The server does not say that it has tools. */
  readonly undeclared?: boolean;
  /** The whole list, where pages of it are still waited for. Never rejects. */
  readonly rest?: Promise<ToolListing>;
}

/** Tools of one server after which no further page is read: a server that makes them up as it is asked would fill the memory. */
const ENOUGH_TOOLS = 50_000;
/** Tools of one server at most: as many as can be kept of what is trusted. */
const MAX_TOOLS = 60_000;
/** Levels of a definition: what walks through one by recursion has room for five times that, and no real schema needs it. */
const MAX_DEPTH = 1_000;
/** Characters of a name; the protocol recommends 128. */
const MAX_NAME_CHARS = 1_000;

/** Time for all pages after the first, in ms, before the tools that have come are used without the others. */
const PATIENCE_MS = 5_000;

/** Names kept of tools that were left out. */
const MAX_LEFT_OUT = 100;

/** Problems told at most, each with a name of so many characters. */
const MAX_PROBLEMS = 20;
const MAX_NAME = 120;

interface Reading {
  readonly tools: Map<string, ToolDefinition>;
  readonly problems: Problem[];
  readonly leftOut: Map<string, string>;
  readonly redact: (text: string) => string;
  pages: number;
}

/**
 * Reads every page of `tools/list`. `page` fetches one page, raw. A malformed tool costs that tool only, and a page after
 * the first that cannot be read, itself and what comes after it. A page that repeats what is known ends the reading; an empty
 * one, or one of malformed tools, does not. `redact` blanks secrets in what is told of tools that are left out. Pages that
 * are slow to come delay nobody: `rest` brings them.
 */
export function listTools(
  page: FetchPage,
  redact: (text: string) => string,
  patienceMs = PATIENCE_MS,
): Promise<ToolListing> {
  const reading: Reading = { tools: new Map(), problems: [], leftOut: new Map(), pages: 0, redact };
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const whole = readAll(page, reading, () => {
      timer ??= setTimeout(() => resolve({ ...soFar(reading, patienceMs), rest: whole }), patienceMs);
    });
    whole.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

function soFar(reading: Reading, ms: number): ToolListing {
  const incomplete = `page ${reading.pages + 1} has not come within ${ms / 1000} s, and is still waited for`;
  return { ...listingOf(reading), incomplete };
}

function listingOf({ tools, problems, leftOut, redact }: Reading): ToolListing {
  const listed = { tools: [...tools.values()].slice(0, MAX_TOOLS), problems: firstOf(problems, redact) };
  return leftOut.size > 0 ? { ...listed, leftOut: new Map(leftOut) } : listed;
}

async function readAll(page: FetchPage, reading: Reading, onPage: () => void): Promise<ToolListing> {
  const { tools, problems } = reading;
  let previous: readonly unknown[] = [];
  const { pages, end, missing } = await readPages('tools/list', 'tools', page, (listed) => {
    reading.pages++;
    onPage();
    const before = tools.size;
    const isKnown = listed.length > 0 && listed.every((tool) => isDeepStrictEqual(tool, known(tool, tools)));
    // Malformed tools are not kept: a page of them is known by the one before.
    if (isKnown || (listed.length > 0 && isDeepStrictEqual(listed, previous))) return 'nothing new';
    previous = listed;
    const repeatsSome = listed.some((tool) => known(tool, tools) !== undefined);
    for (const each of listed) addTool(each, reading);
    if (tools.size === before && repeatsSome) return 'nothing new';
    return tools.size > ENOUGH_TOOLS ? 'enough' : 'new';
  });
  const stopped = `tools/list was stopped after ${pages} pages and ${tools.size} tools: it does not come to an end`;
  if (end === 'repeating') problems.push({ what: stopped });
  if (tools.size > MAX_TOOLS)
    problems.push({ what: `tools after the first ${MAX_TOOLS} were left out: no server may have more` });
  const incomplete = [end === 'endless' ? stopped : undefined, missing].filter((why) => why !== undefined).join('; ');
  const listing = listingOf(reading);
  return incomplete === '' ? listing : { ...listing, incomplete };
}

/** The definition that a tool is listed with so far, if it is like it; definitions without a schema are kept with one. */
function known(tool: unknown, tools: ReadonlyMap<string, ToolDefinition>): unknown {
  if (!isJsonObject(tool)) return undefined;
  const before = tools.get(String(tool.name));
  return before && isDeepStrictEqual(before, withSchema(tool)) ? tool : before;
}

/** What is wrong with a list, or with the tool of that name. */
interface Problem {
  readonly name?: string;
  readonly what: string;
}

function addTool(tool: unknown, { tools, problems, leftOut }: Reading): void {
  const name = isJsonObject(tool) ? tool.name : undefined;
  if (!isJsonObject(tool) || typeof name !== 'string' || name === '')
    return void problems.push({ what: 'a tool without a name was left out' });
  const definition = withSchema(tool);
  const fault = faultOf(definition, name);
  if (fault !== undefined) {
    problems.push({ name, what: `was left out: ${fault}` });
    if (leftOut.size < MAX_LEFT_OUT && !tools.has(name)) leftOut.set(name, fault);
  } else if (tools.has(name)) problems.push({ name, what: 'is listed twice; the first definition counts' });
  else {
    tools.set(name, definition as ToolDefinition); // no fault: it is one
    leftOut.delete(name);
  }
}

function faultOf(tool: JsonObject, name: string): string | undefined {
  if (!isJsonObject(tool.inputSchema)) return 'its inputSchema is not an object';
  if (name.length > MAX_NAME_CHARS) return `its name has over ${MAX_NAME_CHARS} characters`;
  return isDeeper(tool, MAX_DEPTH) ? `its definition is nested over ${MAX_DEPTH} levels deep` : undefined;
}

/** Other names of a schema of arguments, among those who write tools for models. */
const OTHER_NAMES = ['input_schema', 'parameters'];

/**
 * A definition with an input schema. It is required, and SDK clients refuse a whole list for one that lacks it; but what such a
 * server means is plain: that there are no parameters, or those under another name. PHP writes an empty object as a list.
 */
function withSchema(tool: JsonObject): JsonObject {
  const { inputSchema } = tool;
  const isNone = inputSchema === undefined || inputSchema === null || inputSchema === true;
  if (!isNone && !(Array.isArray(inputSchema) && inputSchema.length === 0)) return tool;
  const other = OTHER_NAMES.map((name) => tool[name]).find(isJsonObject);
  return { ...tool, inputSchema: other ?? { type: 'object' } };
}

/** Ten thousand malformed tools are not ten thousand warnings. */
function firstOf(problems: readonly Problem[], redact: (text: string) => string): readonly string[] {
  const told = problems.slice(0, MAX_PROBLEMS).map(({ name, what }) =>
    // Blanked before it is cut: half a secret is none that can be found.
    name === undefined ? what : `tool "${redactedStart(name, redact, MAX_NAME)}" ${what}`,
  );
  const more = problems.length - MAX_PROBLEMS;
  return more > 0 ? [...told, `and ${more} problems more`] : told;
}

/** Whether a JSON value has objects or lists within each other over more than so many levels; looks no deeper. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
