import { countTokens } from 'gpt-tokenizer';
import { expect, test } from 'vitest';
import { errorOf, textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { local } from '../helpers/servers/fixture.ts';

const tool = (name: string, rest: object = {}) => ({ name, inputSchema: { type: 'object' }, ...rest });

test('a first search waits for the servers and answers compact JSON in one block [search.answer, search.first]', async () => {
  const gateway = await startGateway({ config: { slow: local({ initDelayMs: 500 }), fast: local() } });
  const result = await gateway.call('search', { query: 'add numbers' });
  expect(result.content).toHaveLength(1);
  expect(result).not.toHaveProperty('structuredContent');
  const answer = JSON.parse(textOf(result));
  expect(textOf(result)).toBe(JSON.stringify(answer));
  expect(answer.found).toBeGreaterThanOrEqual(2);
  expect(
    answer.results
      .slice(0, 2)
      .map(({ id }: { id: string }) => id)
      .sort(),
  ).toEqual(['fast::add', 'slow::add']);
  expect(Object.keys(answer.results[0])).toEqual(['id', 'signature', 'description', 'match']);
});

test('where no tool seems to fit, the answer says so and has the nearest [search.match]', async () => {
  const definitions = ['read_file', 'write_file', 'list_folder', 'send_mail', 'list_meetings'].map((name) =>
    tool(name),
  );
  const gateway = await startGateway({ config: { u: local({ sdk: 'raw', tools: [], definitions }) } });
  const query = 'which florist is mailing tulips, roses and peonies';
  const answer = JSON.parse(textOf(await gateway.call('search', { query })));
  expect(answer).toEqual({
    found: 0,
    results: [{ id: 'u::send_mail', signature: expect.any(String), description: '' }],
    hint: expect.stringContaining('no tool seems to fit'),
  });
  expect((await gateway.search('send a mail')).results[0]).toMatchObject({ id: 'u::send_mail', match: 'strong' });
});

test('the number of results is 10 unless asked, and 50 at most [search.limit]', async () => {
  const gateway = await startGateway({ config: { u: local({ toolCount: 70 }) } });
  expect((await gateway.search('generated')).results).toHaveLength(10);
  expect((await gateway.search('generated', { limit: 50 })).results).toHaveLength(50);
  expect((await gateway.search('generated', { limit: 1 })).results).toHaveLength(1);
});

test('filters narrow by server and by tags [search.filters]', async () => {
  const gateway = await startGateway({
    config: { a: local({}, { tags: ['dev', 'x'] }), b: local({}, { tags: ['ops'] }), c: local() },
  });
  const servers = async (filters: object) => {
    const { results } = await gateway.search('echo', { filters });
    return [...new Set(results.map(({ id }) => id.split('::')[0]))].sort();
  };
  expect(await servers({ server: 'b' })).toEqual(['b']);
  expect(await servers({ tags: ['dev'] })).toEqual(['a']);
  expect(await servers({ tags: ['dev', 'ops'] })).toEqual(['a', 'b']);
  expect(await servers({ server: 'c', tags: ['ops'] })).toEqual([]);
  const { results, hint } = await gateway.search('echo', { filters: { server: ['nosuch', 'b'] } });
  expect([results.length > 0, hint]).toEqual([true, 'there is no server "nosuch"']);
});

test('a signature is enough to invoke a simple tool [search.signature]', async () => {
  const inputSchema = {
    type: 'object',
    properties: {
      note: { type: 'string' },
      unit: { enum: ['celsius', 'kelvin'] },
      days: { type: 'integer' },
      towns: { type: 'array', items: { type: 'string' } },
    },
    required: ['towns', 'unit'],
  };
  const gateway = await startGateway({ config: { u: local({ definitions: [tool('forecast', { inputSchema })] }) } });
  const signature = (await gateway.search('forecast')).results[0]?.signature ?? '';
  expect(signature).toMatch(/celsius.*kelvin/);
  expect(signature).toMatch(/note\?/);
  expect(signature).not.toMatch(/towns\?|unit\?/);
  expect(signature.indexOf('unit')).toBeLessThan(signature.indexOf('note'));
  expect(signature.indexOf('towns')).toBeLessThan(signature.indexOf('days'));
});

test('ten results stay under 1,500 tokens whatever upstreams write [search.budget]', async () => {
  const noise = 'Überlänge 数据 \u200b{"x":1} http://example.com/%F0%9F 🙂 ';
  const properties = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`property_number_${index}`, { type: 'string', description: noise }]),
  );
  const definitions = Array.from({ length: 12 }, (_, index) =>
    tool(`shout_${index}`, { description: `Shout. ${noise.repeat(20)}`, inputSchema: { type: 'object', properties } }),
  );
  const gateway = await startGateway({ config: { u: local({ definitions, tools: [] }) } });
  const text = textOf(await gateway.call('search', { query: 'shout' }));
  expect(JSON.parse(text).results, text).toHaveLength(10);
  expect(countTokens(text)).toBeLessThan(1_500);
  expect(JSON.parse(text).results[0].description).toMatch(/…$/);
});

test('servers that could have held the answer are named with their state [search.states]', async () => {
  const config = {
    good: local(),
    broken: local({ exitAtStart: true }),
    stuck: local({ neverInitialize: true }),
    wrong: { type: 'local', command: 'not an array' },
  };
  const gateway = await startGateway({ config });
  const { results: _, ...rest } = await gateway.search('echo');
  const text = JSON.stringify(rest);
  for (const server of ['broken', 'stuck', 'wrong']) expect(text).toContain(`"${server}"`);
  expect(text).toMatch(/misconfigured/);
  expect(text).not.toContain('"good"');
});

test('an empty query lists the servers with their tool counts [search.empty]', async () => {
  const config = { one: local({ tools: ['echo'] }), two: local({ tools: ['echo', 'add'] }) };
  const gateway = await startGateway({ config });
  const answer = await gateway.search('');
  expect(answer.servers).toMatchObject([
    { server: 'one', tools: 1 },
    { server: 'two', tools: 2 },
  ]);
});

test('names weigh more than descriptions; typos and prefixes match [search.ranking]', async () => {
  const definitions = [
    tool('list_pods', { description: 'Shows what runs.' }),
    tool('other', { description: 'Also about pods, at some length, in words.' }),
  ];
  const gateway = await startGateway({ config: { k8s: local({ tools: [], definitions }) } });
  const first = async (query: string) => (await gateway.search(query)).results[0]?.id;
  expect(await first('pods')).toBe('k8s::list_pods');
  expect(await first('podz list')).toBe('k8s::list_pods');
  expect(await first('lis')).toBe('k8s::list_pods');
});

test('describe answers the definition unchanged, its server and availability [describe.unchanged, describe.place]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const described = JSON.stringify(await gateway.describe('u::structured'));
  const own = {
    title: 'Structured weather',
    annotations: { readOnlyHint: true, openWorldHint: false },
    _meta: { 'fixture/kind': 'weather' },
  };
  for (const [key, value] of Object.entries(own)) expect(described).toContain(`"${key}":${JSON.stringify(value)}`);
  expect(described).toContain('"outputSchema":{"type":"object"');
  expect(described).toContain('"server":"u"');
  expect(described).toMatch(/"available":true/);
});

test('describe takes several ids, and names the nearest of an unknown one [describe.many, describe.nearest]', async () => {
  const gateway = await startGateway({ config: { u: local({ toolCount: 12 }) } });
  const both = JSON.stringify(await gateway.describe(['u::echo', 'u::add']));
  expect(both).toContain('Adds two numbers.');
  expect(both).toContain('Returns its arguments as text.');
  const eleven = Array.from({ length: 11 }, (_, index) => `u::generated_${index + 1}`);
  expect(errorOf(await gateway.call('describe', { id: eleven }))).toMatch(/10/);
  const unknown = textOf(await gateway.call('describe', { id: 'u::ecoh' }));
  expect(unknown.match(/u::\w+/g)?.filter((id) => id !== 'u::ecoh')).toHaveLength(3);
  expect(unknown).toContain('u::echo');
});
