import { expect, test } from 'vitest';
import type { ToolDefinition, ToolEntry } from '../../../src/core/tool.ts';
import { Catalog } from '../../../src/search/catalog.ts';

const tool = (name: string, ...parameters: string[]): ToolDefinition => ({
  name,
  inputSchema: { type: 'object', properties: Object.fromEntries(parameters.map((each) => [each, {}])) },
});
const among =
  (...names: string[]) =>
  ({ definition }: ToolEntry) =>
    names.includes(definition.name);

test('shared parameters are those of the tools that the caller may see [search.shared-parameters]', () => {
  const catalog = new Catalog();
  const seen = ['a', 'b', 'c', 'd'].map((name) => tool(name, 'tenant'));
  const hidden = ['e', 'f', 'g', 'h'].map((name) => tool(name, 'secret'));
  catalog.setServer({ key: 's', tags: [] }, [...seen, ...hidden]);
  const names = (visible: (entry: ToolEntry) => boolean) => [...catalog.sharedAmong(visible)('s')];
  for (let turn = 0; turn < 2; turn++) {
    expect(names(among('a', 'b', 'c', 'd'))).toEqual(['tenant']);
    expect(names(among('e', 'f', 'g', 'h'))).toEqual(['secret']);
    expect(names(() => true)).toEqual([]);
    expect(names(among('a', 'b'))).toEqual([]);
  }
});

test('words that are suggested are as if there were no hidden tools [search.no-hit]', async () => {
  const seen = ['repositary', 'reposytory'].map((name) => tool(name));
  // They resemble the query more, have its word, or are more.
  const hidden = ['repository', 'repositorx', 'repositorz', 'repositorq', 'repositorw', 'repositorv'].map((name) =>
    tool(name),
  );
  const suggested = async (tools: readonly ToolDefinition[]) => {
    const catalog = new Catalog();
    catalog.setServer({ key: 'x', tags: [] }, tools);
    await catalog.indexed();
    return catalog.nearestWords('repository', among('repositary', 'reposytory'));
  };
  expect(await suggested(seen)).toEqual(['repositary', 'reposytory']);
  expect(await suggested([...hidden, ...seen])).toEqual(['repositary', 'reposytory']);
});
