import { expect, test } from 'vitest';
import type { ToolDefinition } from '../../../src/core/tool.ts';
import { Catalog } from '../../../src/search/catalog.ts';
import { deprecationOf, isDeprecated } from '../../../src/search/deprecation.ts';

const tool = (name: string, description: string, more: object = {}): ToolDefinition => ({
  name,
  description,
  inputSchema: {},
  ...more,
});

test.each([
  ['Deprecated, please use get_markdown instead'],
  ['[DEPRECATED] Gets the page.'],
  ['**Deprecated**: gets the page.'],
  ['\u26a0\ufe0f DEPRECATED - use get_markdown.'],
  ['(Legacy) Gets the page.'],
  ['Legacy: gets the page.'],
  ['Gets the page. DEPRECATED: Use get_markdown instead.'],
  ['Gets the page (deprecated).'],
  ['Deprecated alias for get_markdown'],
  ['Deprecated since 2.0. Gets the page.'],
  ['Gets the page. This tool is deprecated.'],
  ['This legacy endpoint has been superseded by get_markdown.'],
  ['Gets the page. Superseded by get_markdown.'],
  ['Gets the page. No longer maintained.'],
  ['Obsolete. Gets the page.'],
])('deprecated: %j [search.deprecated]', (description) => {
  expect(isDeprecated(tool('get_html', description))).toBe(true);
});

test.each([
  ['list_deprecated_apis', 'Lists deprecated APIs.'],
  ['list_deprecated', 'Lists what is deprecated in a package.'],
  ['check_deprecated_code', 'Checks if code or dependencies might be using deprecated features.'],
  ['lint', 'Deprecated APIs are reported, with what replaces them.'],
  ['set_mode', 'Legacy mode flag of the device.'],
  ['convert', 'Legacy-format documents are converted.'],
  ['check', 'Tells if this function is deprecated.'],
  ['read', 'Reads a file. Use read_many instead for many files.'],
  ['read', 'Reads a file.\n\nArgs:\n  head (deprecated): first lines\n  mode: legacy, or new'],
  ['read', 'Reads a file. `head` is deprecated: use `lines`.'],
  ['loans', 'Loans that are no longer supported by a bank.'],
  ['read', ''],
])('not deprecated: %s, %j [search.deprecated]', (name, description) => {
  expect(isDeprecated(tool(name, description))).toBe(false);
});

test('a member of the definition, the title or the name says it too, and no value does harm [search.deprecated]', () => {
  expect(isDeprecated(tool('a', 'Gets it.', { deprecated: true }))).toBe(true);
  expect(isDeprecated(tool('a', 'Gets it.', { _meta: { deprecated: true } }))).toBe(true);
  expect(isDeprecated(tool('a', 'Gets it.', { title: 'Get it (deprecated)' }))).toBe(true);
  expect(isDeprecated(tool('packages_track_Deprecated', 'Gets it.'))).toBe(true);
  expect(isDeprecated(tool('a', 'Gets it.', { deprecated: false, _meta: null, title: 5 }))).toBe(false);
  for (const text of ['use ', '[([(', 'this is ', '. '])
    expect(isDeprecated(tool('a', `x legacy${text.repeat(300_000)}`, { title: text.repeat(300_000) }))).toBe(false);
});

test('a deprecated tool comes after its successor, which it names if the caller may see it [search.deprecated]', async () => {
  const old = tool('browser_get_html', 'Deprecated, please use browser_get_markdown instead. Gets the html of a page.');
  const next = tool('browser_get_markdown', 'Gets the text of a page.');
  const other = tool('browser_click', 'Clicks.');
  const order = async (tools: readonly ToolDefinition[]) => {
    const catalog = new Catalog();
    catalog.setServer({ key: 's', tags: [] }, tools);
    catalog.setServer({ key: 't', tags: [] }, [other]);
    await catalog.indexed();
    return {
      catalog,
      ids: catalog.search('get html page', { limit: 5, visible: () => true }).hits.map(({ entry }) => entry.id),
    };
  };
  const { catalog, ids } = await order([old, next, other]);
  expect(ids.slice(0, 2)).toEqual(['s::browser_get_markdown', 's::browser_get_html']);
  const entry = catalog.get('s::browser_get_html');
  if (!entry) throw new Error('no entry');
  expect(deprecationOf(entry, (id) => catalog.get(id))).toBe('s::browser_get_markdown');
  expect(deprecationOf(entry, () => undefined)).toBe(true);
  expect((await order([{ ...old, description: 'Gets the html of a page.' }, next])).ids[0]).toBe('s::browser_get_html');
});
