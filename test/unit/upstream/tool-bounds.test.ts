import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { listTools as listToolsOf } from '../../../src/upstream/list-tools.ts';

const listTools = (page: Parameters<typeof listToolsOf>[0]) => listToolsOf(page, (text) => text);
const tool = (name: string, more: JsonObject = {}): JsonObject => ({ name, inputSchema: {}, ...more });
const list = (...tools: readonly JsonObject[]) => listTools(async () => ({ tools }));
const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

test('a tool that is nested too deep is left out, named, wherever in its definition that is [pinned.capped]', async () => {
  const { tools, problems } = await list(
    tool('fine', { inputSchema: { enum: nested(98) } }),
    tool('deep', { inputSchema: { enum: nested(999) } }),
    tool('very', { inputSchema: { enum: nested(9_000) } }),
    tool('meta', { _meta: { a: nested(999) } }),
  );
  expect(tools.map(({ name }) => name)).toEqual(['fine']);
  expect(problems).toEqual(
    ['deep', 'very', 'meta'].map(
      (name) => `tool "${name}" was left out: its definition is nested over 1000 levels deep`,
    ),
  );
});

test('a tool with a name that is too long is left out [pinned.capped]', async () => {
  const { tools, problems } = await list(tool('a'.repeat(1_000)), tool('b'.repeat(1_001)));
  expect(tools).toHaveLength(1);
  expect(problems).toEqual([expect.stringMatching(/^tool "b+…" was left out: its name has over 1000 characters$/)]);
});

test('tools beyond those that a server may have are left out, in one page or many [pinned.capped]', async () => {
  const many = Array.from({ length: 60_002 }, (_, at) => tool(`t${at}`));
  const said = ['tools after the first 60000 were left out: no server may have more'];
  const one = await list(...many);
  expect([one.tools.length, one.tools.at(-1)?.name, one.problems]).toEqual([60_000, 't59999', said]);
  const pages = await listTools(async ({ cursor }) => {
    const from = Number(cursor ?? 0);
    return { tools: many.slice(from, from + 49_000), nextCursor: String(from + 49_000) };
  });
  expect([pages.tools.length, pages.problems]).toEqual([60_000, said]);
  expect((await list(...many.slice(0, 60_000))).problems).toEqual([]);
});
