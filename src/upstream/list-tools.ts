import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from '../core/json.ts';
import { isDeeper } from '../core/json-depth.ts';
import { type FetchPage, readPages } from '../core/read-pages.ts';
import type { ToolDefinition } from '../core/tool.ts';
import { redactedStart } from './redact.ts';

export interface ToolListing {
  readonly tools: readonly ToolDefinition[];
  /** What was left out and why; one sentence each. */
  readonly problems: readonly string[];
  /** Why pages are missing, if some are. */
  readonly incomplete?: string;
  /** The server does not say that it has tools. */
  readonly undeclared?: boolean;
}

/** Tools of one server after which no further page is read: a server that makes them up as it is asked would fill the memory. */
const ENOUGH_TOOLS = 50_000;
/** Tools of one server at most: as many as can be kept of what is trusted. */
const MAX_TOOLS = 60_000;
/** Levels of a definition: what walks through one by recursion has room for five times that, and no real schema needs it. */
const MAX_DEPTH = 1_000;
/** Characters of a name; the protocol recommends 128. */
const MAX_NAME_CHARS = 1_000;

/** Problems told at most, each with a name of so many characters. */
const MAX_PROBLEMS = 20;
const MAX_NAME = 120;

/**
 * Reads every page of `tools/list`. `page` fetches one page, raw. A malformed tool costs that tool only, and a page after
 * the first that cannot be read, itself and what comes after it. A page that repeats what is known ends the reading; an empty
 * one, or one of malformed tools, does not. `redact` blanks secrets in what is told of tools that are left out.
 */
export async function listTools(page: FetchPage, redact: (text: string) => string): Promise<ToolListing> {
  const tools = new Map<string, ToolDefinition>();
  const problems: Problem[] = [];
  let previous: readonly unknown[] = [];
  const { pages, end, cause } = await readPages('tools/list', 'tools', page, (listed) => {
    const before = tools.size;
    const isKnown = listed.length > 0 && listed.every((tool) => isDeepStrictEqual(tool, known(tool, tools)));
    // Malformed tools are not kept: a page of them is known by the one before.
    if (isKnown || (listed.length > 0 && isDeepStrictEqual(listed, previous))) return 'nothing new';
    previous = listed;
    const repeatsSome = listed.some((tool) => known(tool, tools) !== undefined);
    for (const each of listed) addTool(each, tools, problems);
    if (tools.size === before && repeatsSome) return 'nothing new';
    return tools.size > ENOUGH_TOOLS ? 'enough' : 'new';
  });
  const stopped = `tools/list was stopped after ${pages} pages and ${tools.size} tools: it does not come to an end`;
  if (end === 'repeating') problems.push({ what: stopped });
  if (tools.size > MAX_TOOLS) {
    for (const name of [...tools.keys()].slice(MAX_TOOLS)) tools.delete(name);
    problems.push({ what: `tools after the first ${MAX_TOOLS} were left out: no server may have more` });
  }
  const listing = { tools: [...tools.values()], problems: firstOf(problems, redact) };
  if (end === 'endless') return { ...listing, incomplete: stopped };
  return end === 'broken' ? { ...listing, incomplete: `page ${pages} could not be read (${cause})` } : listing;
}

function known(tool: unknown, tools: ReadonlyMap<string, ToolDefinition>): unknown {
  return isJsonObject(tool) ? tools.get(String(tool.name)) : undefined;
}

/** What is wrong with a list, or with the tool of that name. */
interface Problem {
  readonly name?: string;
  readonly what: string;
}

function addTool(tool: unknown, tools: Map<string, ToolDefinition>, problems: Problem[]): void {
  const name = isJsonObject(tool) ? tool.name : undefined;
  if (typeof name !== 'string' || name === '')
    return void problems.push({ what: 'a tool without a name was left out' });
  const wrong = (what: string) => void problems.push({ name, what });
  if (!isDefinition(tool)) wrong('was left out: its inputSchema is not an object');
  else if (name.length > MAX_NAME_CHARS) wrong(`was left out: its name has over ${MAX_NAME_CHARS} characters`);
  else if (isDeeper(tool, MAX_DEPTH)) wrong(`was left out: its definition is nested over ${MAX_DEPTH} levels deep`);
  else if (tools.has(name)) wrong('is listed twice; the first definition counts');
  else tools.set(name, tool);
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

function isDefinition(tool: unknown): tool is ToolDefinition {
  return isJsonObject(tool) && isJsonObject(tool.inputSchema);
}
