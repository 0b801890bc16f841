import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ToolDefinition, toolId } from '../../src/core/tool.ts';

/** A tool of a labelled set; `id` is what queries name it by. */
export interface LabelledTool extends ToolDefinition {
  readonly id: string;
  readonly server: string;
}

/** A query and the tools that answer it: one of each group is to be found. */
export interface LabelledQuery {
  readonly id: string;
  readonly set: string;
  readonly query: string;
  readonly groups: readonly (readonly string[])[];
  /** Graded relevance by id, for nDCG only. */
  readonly rel?: Readonly<Record<string, number>>;
  /** The query without the server's name, where that was added to it. */
  readonly raw?: string;
}

/** One folder of labelled data. */
export interface LabelledData {
  readonly name: string;
  readonly tools: readonly LabelledTool[];
  readonly queries: readonly LabelledQuery[];
}

type RawQuery = Omit<LabelledQuery, 'groups'> & { readonly gold: readonly string[]; readonly groups?: string[][] };

/** Reads `tools.jsonl` and `queries.jsonl` of the named folders, those that exist. */
export function readData(folder: string, names: readonly string[]): LabelledData[] {
  return names
    .filter((name) => existsSync(join(folder, name, 'tools.jsonl')))
    .map((name) => ({
      name,
      tools: listable(readLines<LabelledTool>(join(folder, name, 'tools.jsonl'))),
      queries: readLines<RawQuery>(join(folder, name, 'queries.jsonl')).map(grouped),
    }));
}

/**
 * Returns the first tool of each name of a server. A server of MCP has one tool of a name, and the catalog keeps the
 * first; `bfcl` has up to ten. All that is compared must search the same tools.
 */
export function listable(tools: readonly LabelledTool[]): LabelledTool[] {
  const first = new Map<string, LabelledTool>();
  for (const tool of tools) {
    const id = toolId(tool.server, tool.name);
    if (!first.has(id)) first.set(id, tool);
  }
  return [...first.values()];
}

function grouped({ gold, groups, ...query }: RawQuery): LabelledQuery {
  return { ...query, groups: groups ?? gold.map((id) => [id]) };
}

function readLines<T>(path: string): T[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as T); // the format is what the folder's own README says
}
