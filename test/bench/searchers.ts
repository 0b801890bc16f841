import MiniSearch from 'minisearch';
import { Catalog } from '../../src/search/catalog.ts';
import { RANKING, type Ranking } from '../../src/search/ranking-parameters.ts';
import type { LabelledTool } from './data.ts';

/** Ids of a query's best tools, best first. */
export type Searcher = (query: string) => string[] | Promise<string[]>;

/** A way to search a set of tools. */
export type Technique = (tools: readonly LabelledTool[]) => Promise<Searcher>;

const LIMIT = 10;
const visible = () => true;

/** The catalog as it is, with other numbers for the ranking where they are given. */
export function ours(changes: Partial<Ranking> = {}): Technique {
  return async (tools) => {
    const catalog = await catalogOf(tools, { ...RANKING, ...changes });
    return (query) => catalog.search(query, { limit: LIMIT, visible }).hits.map(({ entry }) => entry.id);
  };
}

/** A catalog that knows the tools. */
export async function catalogOf(tools: readonly LabelledTool[], ranking = RANKING): Promise<Catalog> {
  const catalog = new Catalog(ranking);
  for (const key of new Set(tools.map(({ server }) => server))) {
    const own = tools.filter(({ server }) => server === key);
    catalog.setServer({ key, tags: [] }, own);
    await catalog.indexed();
  }
  return catalog;
}

/** The configuration of the project that this one succeeds: name 3×, title 2×, description and server 1×, fuzzy 0.2, prefix. */
export const original: Technique = async (tools) => {
  const index = new MiniSearch({
    fields: ['name', 'title', 'description', 'server'],
    searchOptions: { boost: { name: 3, title: 2 }, fuzzy: 0.2, prefix: true },
  });
  index.addAll(tools.map(({ id, name, title, description, server }) => ({ id, name, title, description, server })));
  return (query) =>
    index
      .search(query)
      .slice(0, LIMIT)
      .map(({ id }) => id as string);
};

/** One text of name, description and schema, words without case, BM25 as MiniSearch has it. */
export const plainBm25: Technique = async (tools) => {
  const index = new MiniSearch({ fields: ['text'], searchOptions: { bm25: { k: 1.2, b: 0.75, d: 0 } } });
  index.addAll(
    tools.map((tool) => ({
      id: tool.id,
      text: [tool.server, tool.name, tool.title, tool.description, JSON.stringify(tool.inputSchema)]
        .join(' ')
        .replace(/([a-z])([A-Z])/g, '$1 $2')
        .replace(/[^\p{L}\p{N}]+/gu, ' '),
    })),
  );
  return (query) =>
    index
      .search(query)
      .slice(0, LIMIT)
      .map(({ id }) => id as string);
};
