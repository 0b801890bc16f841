import { expect, test } from 'vitest';
import { configOfObject } from '../../../../src/config/load.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import { type RememberedCatalog, viewMark } from '../../../../src/core/server-catalog.ts';
import { instructions } from '../../../../src/downstream/protocol/instructions.ts';

interface Server {
  readonly topics?: readonly string[];
  readonly about?: RememberedCatalog['about'];
  readonly entry?: JsonObject;
  readonly mark?: string;
}

/** The instructions for servers of which so much is remembered. */
function told(servers: Readonly<Record<string, Server>>, gateway: JsonObject = {}): string {
  const entries = Object.entries(servers).map(([key, { entry }]) => [
    key,
    { command: ['npx', `${key}-pkg`], ...entry },
  ]);
  const config = configOfObject({ ...Object.fromEntries(entries), $gateway: gateway });
  expect(config.servers.map(({ key }) => key)).toEqual(Object.keys(servers));
  const text = instructions(config, {
    recall: (server) => {
      const { topics, about = {}, mark } = servers[server.key] ?? {};
      const known = topics && { words: topics, mark: mark ?? viewMark(config.settings.permissions, server) };
      return { learntAt: 0, clients: [], about, offers: [], tools: [], ...(known && { topics: known }) };
    },
  });
  expect(text.length).toBeLessThanOrEqual(2_000);
  return text;
}

/** As many servers, named `server-0` and so on unless `name` names them. */
function many(count: number, server: (at: number) => Server, name = (at: number) => `s${at}`): Record<string, Server> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [name(at), server(at)]));
}

const linesOf = (text: string) => text.split('\n').slice(1);

test('each server is told by the best that is known of it [topics.nouns, memory.instructions]', () => {
  const topics = ['boards', 'frames', 'sticky notes', 'connectors'];
  const text = told({
    entry: { topics, about: { title: 'Whiteboards for teams' }, entry: { description: 'Team\n whiteboards' } },
    sentence: { topics, about: { instructions: '# Draws on boards. And more.', title: 'Boards' } },
    titled: { topics, about: { title: 'Whiteboards for whole teams' } },
    nouns: { topics, about: { title: 'Nouns MCP Server' } },
    named: { about: { title: 'miro-mcp' } },
    address: {},
    remote: { entry: { command: undefined as never, url: 'https://boards.example/mcp' } as unknown as JsonObject },
    path: { entry: { command: ['./server'] } },
  });
  expect(linesOf(text)).toEqual([
    '- entry: Team whiteboards',
    '- sentence: Draws on boards.',
    '- titled: Whiteboards for whole teams',
    '- nouns: boards, frames, sticky notes, connectors',
    '- named: miro-mcp',
    '- address: address-pkg',
    '- remote: boards.example',
    '- path',
  ]);
});

test('what the servers are about comes first, tags before topics [tools.categories]', () => {
  const text = told({
    a: { topics: ['issues', 'sprints'] },
    b: { topics: ['mails'], entry: { tags: ['mail\n', 'work'] } },
    c: {},
    d: { topics: ['tables'] },
  });
  expect(text).toMatch(/^Gateway to the tools of other MCP servers: issues, mail, tables\. `search`/);
  expect(told({ a: { topics: ['issues'] } })).toMatch(/^Gateway to the tools of other MCP servers\. `search`/);
  const cut = told(many(30, (at) => ({ topics: [`long topic number ${at}`] })));
  expect(cut).toMatch(/^Gateway to the tools of other MCP servers: (?:long topic number \d+(?:, )?){5,8} …\. `search`/);
});

test('what many servers have in common comes last in their phrases [topics.nouns]', () => {
  const text = told(many(6, (at) => ({ topics: ['users', `thing ${at}`] })));
  expect(linesOf(text)[2]).toBe('- s2: thing 2, users');
});

test('topics learnt under other rules, or of a pinned server, are not told [topics.limits]', () => {
  const rules = [{ tool: 'delete_*', action: 'deny' }];
  const topics = ['secrets'];
  expect(told({ a: { topics } }, { permissions: rules })).toContain('- a: secrets');
  expect(told({ a: { topics, mark: '' } }, { permissions: rules })).toContain('- a: a-pkg');
  expect(told({ a: { topics, mark: 'of other rules' } })).toContain('- a: a-pkg');
  expect(told({ a: { topics } }, { pin: true })).toContain('- a: a-pkg');
  expect(told({ a: { topics, entry: { pin: true } }, b: { topics } })).toContain('- a: a-pkg\n- b: secrets');
});

test('where there is less room, phrases become shorter before servers are grouped [tools.crowded]', () => {
  const server = (at: number) => ({
    topics: [`apples ${at}`, `pears ${at}`, `plums ${at}`, `cherries ${at}`, `grapes ${at}`],
  });
  expect(linesOf(told(many(10, server)))[3]).toBe('- s3: apples 3, pears 3, plums 3, cherries 3, grapes 3');
  const lines = linesOf(told(many(35, server)));
  expect(lines).toHaveLength(35);
  expect(lines[3]).toBe('- s3: apples 3, pears 3, plums 3');
});

test('where lines do not fit, servers are grouped by tag, then by topic, then by name, and none is left out [tools.crowded]', () => {
  const description = 'Says at length what it is good for.';
  const servers = {
    ...many(
      30,
      () => ({ entry: { description, tags: ['all', 'databases'] } }),
      (at) => `db${at}`,
    ),
    ...many(
      32,
      () => ({ entry: { description, tags: ['all', 'mail'] } }),
      (at) => `mail${at}`,
    ),
    ...many(
      20,
      (at) => ({ topics: [`own ${at}`, at % 2 ? 'issue' : 'issues'] }),
      (at) => `tracker${at}`,
    ),
    ...many(
      5,
      () => ({}),
      (at) => `azure-${at}`,
    ),
    lonely: { topics: ['telescopes'] },
  };
  const text = told(servers);
  expect(text).toMatch(/servers: mail, databases, issues, telescopes\. /);
  const lines = linesOf(text);
  expect(lines.map((line) => line.replace(/:.*/, ''))).toEqual([
    '- mail',
    '- databases',
    '- issues',
    '- azure',
    '- lonely',
  ]);
  expect(lines.at(-1)).toBe('- lonely: telescopes');
  for (const key of Object.keys(servers)) expect(text).toMatch(new RegExp(`\\b${key}\\b`));
});

test('servers that share nothing are named, with a topic while there is room [tools.crowded]', () => {
  const some = told(
    many(60, (at) => ({
      topics: [`different${at}`, `and more words ${at}`],
      about: { instructions: 'Some words of its own.' },
    })),
  );
  expect(some).toContain('- others: s0 (different0), s1 (different1)');
  const more = told(many(130, (at) => ({ topics: [`different${at}`] })));
  expect(more).not.toContain('(different0)');
  for (let at = 0; at < 130; at++) expect(more).toMatch(new RegExp(`\\bs${at}\\b`));
});

test('400 servers are counted by group, and it is said that not all names fit [tools.crowded]', () => {
  const kinds = ['issues', 'mails', 'tables', 'boards', 'files'];
  const text = told(
    many(
      400,
      (at) => ({ topics: at < 350 ? [kinds[at % 5] ?? ''] : [] }),
      (at) => `some-server-${at}`,
    ),
  );
  expect(text).toMatch(/servers: issues, mails, tables, boards, files\. /);
  for (const kind of kinds) expect(text).toMatch(new RegExp(`\n- ${kind} \\(70\\): some-server-\\d+, .*, …\n`));
  expect(text).toMatch(/\n- some \(50\): some-server-350, .*…\n/);
  expect(text).toMatch(/\nNot all names fit: search with an empty query lists all 400 servers\.$/);
  expect(text.length).toBeGreaterThan(1_800);
});

test('names as long as they may be, and hundreds of small groups, stay within the limit [tools.crowded]', () => {
  const long = told(
    many(
      40,
      () => ({ topics: ['issues'] }),
      (at) => `${'n'.repeat(190)}${at}`,
    ),
  );
  expect(long).toMatch(/\n- issues \(40\): n/);
  const small = told(
    many(
      400,
      (at) => ({ topics: [`topic ${Math.floor(at / 2)}`] }),
      (at) => `a-rather-long-name-${at}`,
    ),
  );
  expect(small).toMatch(/\n- others \(\d+\): a-rather/);
  const tags = told(many(400, (at) => ({ entry: { tags: ['t'.repeat(500) + (at % 40)] } })));
  expect(tags).toContain('Not all names fit');
});
