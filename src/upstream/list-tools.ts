import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type FetchPage, readPages } from '../core/read-pages.ts';
import type { ToolDefinition } from '../core/tool.ts';
import { redactedStart } from './redact.ts';

export interface ToolListing {
  readonly tools: readonly ToolDefinition[];
  /** Sentences on the tools that were left out, and why. */
  readonly problems: readonly string[];
  /** Causes by the name of a tool that was left out. Absent: none was. */
  readonly leftOut?: ReadonlyMap<string, string>;
  /** Cause that pages are missing, if some are. */
  readonly incomplete?: string;
  /** True if the server does not declare that it has tools. */
  readonly undeclared?: boolean;
  /** The whole list, if later pages are still awaited. Never rejects. */
  readonly rest?: Promise<ToolListing>;
}

/**
 * Tools of one server after which no further page is read: a server that generates tools without end would fill the
 * memory.
 */
const ENOUGH_TOOLS = 50_000;
/** Most tools of one server: as many as a trust record can hold. */
const MAX_TOOLS = 60_000;
/** Deepest definition, in levels. Recursive functions have room for five times that, and no real schema needs it. */
const MAX_DEPTH = 1_000;
/** Longest name, in characters; the protocol recommends 128. */
const MAX_NAME_CHARS = 1_000;

/** Time in ms for all pages after the first. After it the tools so far are used without the others. */
const PATIENCE_MS = 5_000;

/** Most names of tools left out that are kept. */
const MAX_LEFT_OUT = 100;

/** Most problems that are reported, and the longest name in each, in characters. */
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
 * Reads every page of `tools/list`. `page` fetches one page, raw. A malformed tool is left out. If a page after the
 * first cannot be read, it and all later ones are left out. A page that repeats known tools ends the reading; an empty
 * page, or one of malformed tools, does not. `redact` blanks secrets in the report on tools left out. Slow pages delay
 * no caller: `rest` brings them.
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
    // Malformed tools are not kept, so a page of them is compared with the previous page.
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

/**
 * Returns the tool itself if it equals its known definition, else the known definition; undefined if none is known.
 * Both are compared with a schema, because definitions without one are stored with one.
 */
function known(tool: unknown, tools: ReadonlyMap<string, ToolDefinition>): unknown {
  if (!isJsonObject(tool)) return undefined;
  const before = tools.get(String(tool.name));
  return before && isDeepStrictEqual(before, withSchema(tool)) ? tool : before;
}

/** A defect of a list, or of the tool `name`. */
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
    tools.set(name, definition as ToolDefinition); // has no fault, so it is a definition
    leftOut.delete(name);
  }
}

function faultOf(tool: JsonObject, name: string): string | undefined {
  if (!isJsonObject(tool.inputSchema)) return 'its inputSchema is not an object';
  if (name.length > MAX_NAME_CHARS) return `its name has over ${MAX_NAME_CHARS} characters`;
  return isDeeper(tool, MAX_DEPTH) ? `its definition is nested over ${MAX_DEPTH} levels deep` : undefined;
}

/** Other names of the input schema that writers of tools use. */
const OTHER_NAMES = ['input_schema', 'parameters'];

/**
 * Adds an input schema to a definition that lacks one. The schema is required, and SDK clients refuse a whole list if
 * one tool lacks it. The meaning is clear: the tool has no parameters, or has them under another name. PHP writes an
 * empty object as a list.
 */
function withSchema(tool: JsonObject): JsonObject {
  const { inputSchema } = tool;
  const isNone = inputSchema === undefined || inputSchema === null || inputSchema === true;
  if (!isNone && !(Array.isArray(inputSchema) && inputSchema.length === 0)) return tool;
  const other = OTHER_NAMES.map((name) => tool[name]).find(isJsonObject);
  return { ...tool, inputSchema: other ?? { type: 'object' } };
}

/**
 * Returns the first 20 problems in words, and the number of the others: ten thousand malformed tools must not become
 * ten thousand warnings.
 */
function firstOf(problems: readonly Problem[], redact: (text: string) => string): readonly string[] {
  const told = problems.slice(0, MAX_PROBLEMS).map(({ name, what }) =>
    // Blanked before it is cut, because half a secret cannot be found.
    name === undefined ? what : `tool "${redactedStart(name, redact, MAX_NAME)}" ${what}`,
  );
  const more = problems.length - MAX_PROBLEMS;
  return more > 0 ? [...told, `and ${more} problems more`] : told;
}

/** True if a JSON value nests objects or lists over more than `levels`; looks no deeper. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
