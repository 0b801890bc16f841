import { expect, test } from 'vitest';
import type { ToolDefinition, ToolEntry } from '../../../src/core/tool.ts';
import { Catalog } from '../../../src/search/catalog.ts';

const tool = (name: string, rest: { [key: string]: unknown } = {}): ToolDefinition => ({
  name,
  inputSchema: { type: 'object' },
  ...rest,
});
const server = (key: string, ...tags: string[]) => ({ key, tags });
const visible = () => true;
const ids = ({ hits }: { hits: readonly { entry: ToolEntry }[] }) => hits.map(({ entry }) => entry.id);

/** A catalog whose search knows all tools: `setServer` leaves tools for later turns where the machine is slow. */
async function sample(): Promise<Catalog> {
  const catalog = new Catalog();
  catalog.setServer({ key: 'filesystem', tags: ['files', 'local'], description: 'Files on this disk' }, [
    tool('read_file', { title: 'Read File', description: 'Reads the contents of a file.' }),
    tool('write_file', { description: 'Creates a file or overwrites one.' }),
    tool('list_directory', { description: 'Lists what a directory holds, files and folders.' }),
  ]);
  catalog.setServer(server('github', 'code'), [
    tool('create_issue', { description: 'Opens an issue in a repository.' }),
    tool('getFileContents', { annotations: { title: 'Get file contents' }, description: 'From a repository.' }),
    tool('a::b', { description: 'A tool with an odd name.' }),
  ]);
  await catalog.indexed();
  return catalog;
}

test('finds by name first, then by title, description and server, with typing errors and prefixes', async () => {
  const catalog = await sample();
  const find = (query: string) => ids(catalog.search(query, { limit: 10, visible }));
  expect(find('read file')[0]).toBe('filesystem::read_file');
  expect(find('direktory')).toEqual(['filesystem::list_directory']);
  expect(find('repo')).toEqual(expect.arrayContaining(['github::create_issue', 'github::getFileContents']));
  expect(find('contents')[0]).toBe('github::getFileContents');
  expect(find('disk')).toHaveLength(3);
  expect(find('github')).toHaveLength(3);
  expect(find('a::b')[0]).toBe('github::a::b');
  expect(find('zzzzzz')).toEqual([]);
  expect(find('')).toEqual([]);
});

test('counts what fits, returns no more than the limit, and keeps to what is visible', async () => {
  const catalog = await sample();
  const all = catalog.search('file', { limit: 1, visible });
  expect(all.hits).toHaveLength(1);
  expect(all.found).toBeGreaterThan(2);
  const hidden = catalog.search('file', { limit: 10, visible: ({ server }) => server === 'github' });
  expect([hidden.found, ids(hidden)]).toEqual([1, ['github::getFileContents']]);
});

test('replaces and removes the tools of one server only', async () => {
  const catalog = await sample();
  expect(catalog.size).toBe(6);
  catalog.setServer(server('filesystem'), [tool('stat', { description: 'Size and dates.' })]);
  await catalog.indexed();
  expect(catalog.size).toBe(4);
  expect(catalog.get('filesystem::read_file')).toBeUndefined();
  expect(ids(catalog.search('directory', { limit: 10, visible }))).toEqual([]);
  expect(ids(catalog.search('stat', { limit: 10, visible }))[0]).toBe('filesystem::stat');
  expect(catalog.toolsOf('github').map(({ definition }) => definition.name)).toEqual([
    'create_issue',
    'getFileContents',
    'a::b',
  ]);
  catalog.removeServer('github');
  catalog.removeServer('unknown');
  expect(catalog.toolsOf('github')).toEqual([]);
  expect(catalog.size).toBe(1);
  expect(catalog.get('constructor')).toBeUndefined();
});

test('keeps definitions as they are, and the first of two tools with one id', () => {
  const catalog = new Catalog();
  const first = tool('x', { description: 'first', _meta: { a: 1 } });
  expect(catalog.setServer(server('s', 't'), [first, tool('y'), tool('x', { description: 'second' })])).toEqual({
    duplicates: ['x'],
  });
  expect(catalog.get('s::x')).toEqual({ id: 's::x', server: 's', tags: ['t'], definition: first });
  expect(catalog.get('s::x')?.definition).toBe(first);
  catalog.setServer(server('s::x'), [tool('y')]);
  expect(catalog.setServer(server('s'), [tool('x::y')])).toEqual({ duplicates: ['x::y'] });
  catalog.removeServer('s');
  expect(catalog.get('s::x::y')?.server).toBe('s::x');
});

test('the order is the same whatever the order of registration', async () => {
  const names = ['delta', 'alpha', 'charlie', 'bravo'];
  const order = async (keys: readonly string[]) => {
    const catalog = new Catalog();
    for (const key of keys) catalog.setServer(server(key), [tool('same', { description: 'the same words' })]);
    await catalog.indexed();
    return ids(catalog.search('same words', { limit: 10, visible }));
  };
  expect(await order(names)).toEqual(['alpha::same', 'bravo::same', 'charlie::same', 'delta::same']);
  expect(await order(names.toReversed())).toEqual(await order(names));
});

test('odd definitions and queries do no harm', async () => {
  const catalog = await sample();
  catalog.setServer(server('__proto__', 'constructor'), [
    tool('__proto__', { description: 'hasOwnProperty' }),
    tool('constructor', { title: 5, description: null, annotations: [] }),
    tool('', { description: { text: 'x' }, annotations: { title: {} } }),
    tool('工具', { description: '读取文件的内容' }),
    tool('long', { description: 'soup'.repeat(300_000) }),
    { name: 'no schema' } as unknown as ToolDefinition,
  ]);
  await catalog.indexed();
  const find = (query: string) => ids(catalog.search(query, { limit: 50, visible }));
  expect(find('文件')).toEqual(['__proto__::工具']);
  expect(find('constructor')).toContain('__proto__::constructor');
  for (const query of ['__proto__', 'toString', 'valueOf', '\0', '\ud800', '*', '"', '((', '😀']) find(query);
  expect(find('file '.repeat(300_000))[0]).toMatch(/file/i);
  expect(find('x'.repeat(1_000_000))).toEqual([]);
  catalog.removeServer('__proto__');
  expect(catalog.size).toBe(6);
  expect(find('文件')).toEqual([]);
});

test('names the nearest visible ids', async () => {
  const catalog = await sample();
  expect(catalog.nearestIds('filesystem::reed_file', visible)[0]).toBe('filesystem::read_file');
  expect(catalog.nearestIds('fs::write_file', visible)[0]).toBe('filesystem::write_file');
  expect(catalog.nearestIds('CREATE_ISSUE', visible)[0]).toBe('github::create_issue');
  expect(catalog.nearestIds('github_create_issue', visible)[0]).toBe('github::create_issue');
  expect(catalog.nearestIds('filesystem.read_file', visible)).toHaveLength(3);
  expect(catalog.nearestIds('filesystem::read_file', visible, 1)).toEqual(['filesystem::read_file']);
  expect(catalog.nearestIds('read_file', ({ server }) => server === 'github')).not.toContain('filesystem::read_file');
  expect(catalog.nearestIds('', visible)).toEqual([]);
  expect(new Catalog().nearestIds('x', visible)).toEqual([]);
});

test('stays usable with ten thousand tools and queries and ids of a megabyte', async () => {
  const catalog = new Catalog();
  for (let key = 0; key < 20; key++) {
    const tools = Array.from({ length: 500 }, (_, at) =>
      tool(`do_thing_${at}`, { description: `Does thing ${at} of service ${key} for customers and orders.` }),
    );
    catalog.setServer(server(`server${key}`), tools);
  }
  expect(catalog.size).toBe(10_000);
  expect(catalog.nearestIds('server7::do_thing_12x', visible)[0]).toBe('server7::do_thing_12');
  expect(catalog.nearestIds('do'.repeat(500_000), visible)).toHaveLength(3);
  await catalog.indexed();
  expect(catalog.search('customer orders '.repeat(60_000), { limit: 10, visible }).hits).toHaveLength(10);
});
