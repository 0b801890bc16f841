import { isDeepStrictEqual } from 'node:util';
import { clip } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { isDeeper } from '../core/json-depth.ts';
import { type FetchPage, readPages } from '../core/read-pages.ts';
import type { ToolDefinition } from '../core/tool.ts';

export interface ToolListing {
  readonly tools: readonly ToolDefinition[];
  /** What was left out and why; one sentence each. */
  readonly problems: readonly string[];
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

/** Problems told at most, each with a name of so many characters. */
const MAX_PROBLEMS = 20;
const MAX_NAME = 120;

interface Reading {
  readonly tools: Map<string, ToolDefinition>;
  readonly problems: string[];
  pages: number;
}

/**
 * Reads every page of `tools/list`. `page` fetches one page, raw. A malformed tool costs that tool only, and a page after
 * the first that cannot be read, itself and what comes after it. A page that repeats what is known ends the reading; an empty
 * one, or one of malformed tools, does not. Pages that are slow to come delay nobody: `rest` brings them.
 */
export function listTools(page: FetchPage, patienceMs = PATIENCE_MS): Promise<ToolListing> {
  const reading: Reading = { tools: new Map(), problems: [], pages: 0 };
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const whole = readAll(page, reading, () => {
      timer ??= setTimeout(() => resolve({ ...soFar(reading, patienceMs), rest: whole }), patienceMs);
    });
    whole.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

function soFar({ tools, problems, pages }: Reading, ms: number): ToolListing {
  const incomplete = `page ${pages + 1} has not come within ${ms / 1000} s, and is still waited for`;
  return { tools: [...tools.values()].slice(0, MAX_TOOLS), problems: firstOf(problems), incomplete };
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
    for (const each of listed) addTool(each, tools, problems);
    if (tools.size === before && repeatsSome) return 'nothing new';
    return tools.size > ENOUGH_TOOLS ? 'enough' : 'new';
  });
  const stopped = `tools/list was stopped after ${pages} pages and ${tools.size} tools: it does not come to an end`;
  if (end === 'repeating') problems.push(stopped);
  if (tools.size > MAX_TOOLS) {
    for (const name of [...tools.keys()].slice(MAX_TOOLS)) tools.delete(name);
    problems.push(`tools after the first ${MAX_TOOLS} were left out: no server may have more`);
  }
  const incomplete = [end === 'endless' ? stopped : undefined, missing].filter((why) => why !== undefined).join('; ');
  const listing = { tools: [...tools.values()], problems: firstOf(problems) };
  return incomplete === '' ? listing : { ...listing, incomplete };
}

function known(tool: unknown, tools: ReadonlyMap<string, ToolDefinition>): unknown {
  return isJsonObject(tool) ? tools.get(String(tool.name)) : undefined;
}

function addTool(tool: unknown, tools: Map<string, ToolDefinition>, problems: string[]): void {
  const name = isJsonObject(tool) ? tool.name : undefined;
  if (typeof name !== 'string' || name === '') return void problems.push('a tool without a name was left out');
  const shown = `tool "${clip(name, MAX_NAME)}"`;
  if (!isDefinition(tool)) problems.push(`${shown} was left out: its inputSchema is not an object`);
  else if (name.length > MAX_NAME_CHARS)
    problems.push(`${shown} was left out: its name has over ${MAX_NAME_CHARS} characters`);
  else if (isDeeper(tool, MAX_DEPTH))
    problems.push(`${shown} was left out: its definition is nested over ${MAX_DEPTH} levels deep`);
  else if (tools.has(name)) problems.push(`${shown} is listed twice; the first definition counts`);
  else tools.set(name, tool);
}

/** Ten thousand malformed tools are not ten thousand warnings. */
function firstOf(problems: readonly string[]): readonly string[] {
  const more = problems.length - MAX_PROBLEMS;
  return more > 0 ? [...problems.slice(0, MAX_PROBLEMS), `and ${more} problems more`] : problems;
}

function isDefinition(tool: unknown): tool is ToolDefinition {
  return isJsonObject(tool) && isJsonObject(tool.inputSchema);
}
