import { expect, test } from 'vitest';
import type { ToolDefinition } from '../../../src/core/tool.ts';
import { Catalog } from '../../../src/search/catalog.ts';
import labelledQueries from '../../bench/labelled/queries.json' with { type: 'json' };
import labelledTools from '../../bench/labelled/tools.json' with { type: 'json' };
import { mean, score } from '../../bench/measure.ts';
import { withTypo } from '../../bench/perturb.ts';

type Labelled = ToolDefinition & { readonly server: string };

const tools = labelledTools as unknown as readonly Labelled[]; // schemas differ from tool to tool
const servers = [...new Set(tools.map(({ server }) => server))];
const visible = () => true;

async function catalogOf(keys: readonly string[]): Promise<Catalog> {
  const catalog = new Catalog();
  for (const key of keys) {
    const own = tools.filter(({ server }) => server === key);
    catalog.setServer({ key, tags: [] }, own);
  }
  await catalog.indexed();
  return catalog;
}

const found = (catalog: Catalog, query: string) =>
  catalog.search(query, { limit: 10, visible }).hits.map(({ entry }) => entry.id);

function measured(catalog: Catalog, change: (query: string, at: number) => string = (query) => query) {
  const rows = labelledQueries.map(({ query, tool }, at) =>
    score({ id: query, set: 'own', query, groups: [[tool]] }, found(catalog, change(query, at))),
  );
  const [first = 0, , five = 0, , reciprocal = 0] = mean(rows).map((figure) => Math.round(figure * 1000) / 10);
  return { first, five, reciprocal };
}

test('the right tool is found, and mostly first [ranking.floor, ranking.scripts]', async () => {
  const { first, five, reciprocal } = measured(await catalogOf(servers));
  expect(five).toBeGreaterThanOrEqual(97);
  expect(first).toBeGreaterThanOrEqual(88);
  expect(reciprocal).toBeGreaterThanOrEqual(92);
});

test('a slip of the hand costs little [ranking.typo]', async () => {
  const catalog = await catalogOf(servers);
  expect(measured(catalog, withTypo).five).toBeGreaterThanOrEqual(measured(catalog).five - 4);
});

test('the same tools and query give the same order, however the tools came [ranking.deterministic]', async () => {
  const catalog = await catalogOf(servers);
  const other = await catalogOf(servers.toReversed());
  for (const key of servers) other.removeServer(key);
  for (const key of servers)
    other.setServer(
      { key, tags: [] },
      tools.filter(({ server }) => server === key),
    );
  await other.indexed();
  for (const { query } of labelledQueries) expect(found(other, query)).toEqual(found(catalog, query));
});

const tool = (name: string, description = ''): ToolDefinition => ({
  name,
  description,
  inputSchema: { type: 'object' },
});

test('a word is found in other forms, by other words, by its beginning and within a server’s name [ranking.words]', async () => {
  const catalog = new Catalog();
  catalog.setServer({ key: 'mediawiki', tags: [] }, [tool('page_revisions', 'History of edits.')]);
  catalog.setServer({ key: 'git', tags: [] }, [tool('delete_repository'), tool('listIssues'), tool('diff')]);
  await catalog.indexed();
  expect(found(catalog, 'deleting repositories')[0]).toBe('git::delete_repository');
  expect(found(catalog, 'remove a repo')[0]).toBe('git::delete_repository');
  expect(found(catalog, 'reposit')).toEqual(['git::delete_repository']);
  expect(found(catalog, 'tickets')[0]).toBe('git::listIssues');
  expect(found(catalog, 'list_issue')[0]).toBe('git::listIssues');
  expect(found(catalog, 'wiki')).toEqual(['mediawiki::page_revisions']);
});

/** Tools of one server each, so that each is found by its own words, among some that have nothing to do with it. */
async function catalogWith(...tools: readonly ToolDefinition[]): Promise<Catalog> {
  const catalog = new Catalog();
  const others = ['weather_today', 'play_song', 'book_flight', 'translate_text'].map((name) => tool(name, 'Another.'));
  catalog.setServer({ key: 'others', tags: [] }, others);
  for (const [at, one] of tools.entries()) catalog.setServer({ key: `s${at}`, tags: [] }, [one]);
  await catalog.indexed();
  return catalog;
}

test.each([
  ['list PRs', 'get_pr', 'Reads a PR.'],
  ['prs', 'list_pr', ''],
  ['all IDs', 'resolve', 'Resolves an ID.'],
  ['check url', 'check', 'Checks URLs.'],
  ['which APIs are there', 'api_inventory', ''],
  ['GPUs', 'nodes', 'Nodes with a GPU.'],
  ['open MR', 'create_merge_request', ''],
  ['merge requests', 'open_mr', ''],
  ['send msg', 'post_message', ''],
  ['delete message', 'msg_remove', ''],
  ['resize img', 'image_scale', ''],
  ['imgs', 'image_scale', ''],
  ['run js', 'evaluate_javascript', ''],
  ['execute javascript', 'js_eval', ''],
  ['install pkg', 'package_add', ''],
  ['db tables', 'database_schema', ''],
  ['update config', 'cfg_set', ''],
])(
  '“%s” finds %s %s: abbreviations, their plurals and their words [ranking.abbreviations]',
  async (query, name, description) => {
    expect(found(await catalogWith(tool(name, description)), query)[0]).toBe(`s0::${name}`);
  },
);

test.each([
  ['stacktrace', 'get_stack_trace'],
  ['stack trace', 'stacktrace_of'],
  ['stack traces', 'stacktrace_of'],
  ['filesystem', 'file_system_info'],
  ['file system', 'filesystem_info'],
  ['file-system', 'filesystem_info'],
  ['pullrequest', 'pull_request_read'],
  ['pull requests', 'pullrequest_read'],
  ['unsubscribe', 'un_subscribe_contact'],
  ['unsubscribe somebody', 'contact_subscription'],
  ['web site', 'website_open'],
  ['website', 'web_site_open'],
  ['log in', 'login_user'],
  ['set up', 'setup_project'],
  ['back up', 'backup_create'],
  ['check out a branch', 'checkout'],
  ['timezone', 'time_zone_convert'],
  ['spread sheet', 'spreadsheet_read'],
  ['screenshot', 'take_screen_shot'],
  ['data base', 'database_query'],
  ['undeploy', 'deploy'],
  ['resubmit', 'submit_form'],
  ['envvar', 'delete_environment_variable'],
  ['envvars', 'delete_environment_variable'],
  ['sign in', 'auth_login'],
  ['data base', 'db_query'],
  ['configfile', 'configuration_file'],
  ['java script', 'js_eval'],
])('“%s” finds %s: written together or apart [ranking.compounds]', async (query, name) => {
  expect(found(await catalogWith(tool(name)), query)[0]).toBe(`s0::${name}`);
});

test('a word that the tools have is not taken apart [ranking.compounds]', async () => {
  const catalog = await catalogWith(tool('notebook_open'), tool('note_write'), tool('book_order'));
  expect(found(catalog, 'notebook')).toEqual(['s0::notebook_open']);
});

test('somebody’s data in a query does not lead it astray [ranking.literals]', async () => {
  const catalog = new Catalog();
  catalog.setServer({ key: 's', tags: [] }, [
    tool('send_mail', 'Sends a mail.'),
    tool('hello_world', 'Prints hello world, example com.'),
    tool('invoice_2026', 'Invoice of June 2026.'),
  ]);
  await catalog.indexed();
  for (const query of [
    'send mail "hello world"',
    'mail hello.world@example.com',
    'send a mail about invoice-2026-06',
  ]) {
    expect(found(catalog, query)[0]).toBe('s::send_mail');
  }
  expect(found(catalog, '"hello world"')[0]).toBe('s::hello_world');
});

test('indexing gives way, and a search meanwhile covers what is indexed [ranking.slices]', async () => {
  const catalog = new Catalog();
  const many = Array.from({ length: 3000 }, (_, at) =>
    tool(`thing_${at}`, 'Does one thing of many with words in a row.'),
  );
  catalog.setServer({ key: 'many', tags: [] }, many);
  expect(catalog.size).toBe(3000);
  expect(catalog.get('many::thing_2999')).toBeDefined();
  const before = catalog.search('thing', { limit: 5000, visible }).hits.length;
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(3000);
  let turns = 0;
  const count = () => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await catalog.indexed();
  clearImmediate(timer);
  expect(turns).toBeGreaterThan(1);
  expect(catalog.search('thing', { limit: 5000, visible }).hits).toHaveLength(3000);
});

test('a server that comes or goes while another is indexed leaves it alone [ranking.one-server]', async () => {
  const catalog = new Catalog();
  const many = (word: string) => Array.from({ length: 500 }, (_, at) => tool(`${word}_${at}`, 'One of many.'));
  catalog.setServer({ key: 'a', tags: [] }, many('apple'));
  catalog.setServer({ key: 'b', tags: [] }, many('pear'));
  catalog.setServer({ key: 'a', tags: [] }, many('plum'));
  catalog.removeServer('b');
  expect(catalog.search('pear', { limit: 10, visible }).hits).toEqual([]);
  catalog.setServer({ key: 'b', tags: [] }, many('cherry'));
  await catalog.indexed();
  const counts = ['apple', 'pear', 'plum', 'cherry'].map(
    (word) => catalog.search(word, { limit: 1000, visible }).hits.length,
  );
  expect(counts).toEqual([0, 0, 500, 500]);
});
