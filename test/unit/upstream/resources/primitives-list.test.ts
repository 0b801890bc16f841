import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { Answer } from '../../../../src/core/rpc.ts';
import { Primitives } from '../../../../src/upstream/resources/primitives.ts';
import { listing, rawServer, serverV1, serverV2 } from '../../../helpers/servers/primitives-servers.ts';
import { context, gate, SdkServers } from '../../../helpers/servers/primitives-source.ts';

const everything = () => true;

function resultOf(answer: Answer): JsonObject {
  if ('result' in answer) return answer.result;
  throw new Error(answer.error.message);
}

async function list(primitives: Primitives, method: string, cursor?: string) {
  const result = resultOf(await primitives.handle(method, cursor === undefined ? {} : { cursor }, context()));
  return result as JsonObject & { resources: JsonObject[]; prompts: JsonObject[]; nextCursor?: string };
}

async function uris(primitives: Primitives): Promise<unknown[]> {
  return (await list(primitives, 'resources/list')).resources.map(({ uri }) => uri);
}

const resource = (uri: string) => ({ uri, name: uri });

test('items of all servers pass unchanged, renamed only where a name was taken [primitives.unchanged, primitives.unique]', async () => {
  const servers = await new SdkServers().connect('one', serverV1('1'));
  await servers.connect('the other', serverV2('2'));
  const primitives = new Primitives(servers, everything);
  const direct = async (method: string, member: string) => {
    const answers = await Promise.all(['one', 'the other'].map((key) => servers.request(key, method, {})));
    return answers.flatMap((answer) => resultOf(answer)[member] as JsonObject[]);
  };

  const [readme, other] = await direct('resources/list', 'resources');
  expect(await list(primitives, 'resources/list')).toEqual({
    resources: [readme, { ...other, uri: 'gateway://resources/the%20other/doc%3A%2F%2Freadme' }],
  });
  const [page, otherPage] = await direct('resources/templates/list', 'resourceTemplates');
  expect(await list(primitives, 'resources/templates/list')).toEqual({
    resourceTemplates: [page, { ...otherPage, uriTemplate: 'gateway://resources/the%20other/doc://pages/{id}' }],
  });
  const [greet, otherGreet] = await direct('prompts/list', 'prompts');
  expect(await list(primitives, 'prompts/list')).toEqual({
    prompts: [greet, { ...otherGreet, name: 'the other__greet' }],
  });
});

test('unknown fields, _meta, icons, annotations and size stay; what is listed twice by one server stays so [primitives.unchanged]', async () => {
  const rich = {
    ...resource('a://1'),
    size: 3,
    icons: [{ src: 'data:,' }],
    annotations: { priority: 1 },
    _meta: { 'x/y': [1] },
    novelty: { deep: null },
  };
  const servers = await new SdkServers().connect('s', listing([rich, rich]));
  expect(await list(new Primitives(servers, everything), 'resources/list')).toEqual({ resources: [rich, rich] });
});

test('even a name made unique may be taken [primitives.unique]', async () => {
  const prompts = (...names: string[]) =>
    rawServer({ 'prompts/list': () => ({ prompts: names.map((name) => ({ name })) }) });
  const servers = await new SdkServers().connect('a', prompts('x', 'b__x'));
  await servers.connect('b', prompts('x', 'b__b__x'));
  const { prompts: listed } = await list(new Primitives(servers, everything), 'prompts/list');
  expect(listed.map(({ name }) => name)).toEqual(['x', 'a__b__x', 'b__x', 'b__b__x']);
});

test('a name that is kept for another server is given to nobody else, whether that runs or not [primitives.names]', async () => {
  const evil = rawServer({
    'prompts/list': () => ({
      prompts: ['good__x', 'gone__review', 'a__b__c', 'evil__own', '__', 'other__y'].map((name) => ({ name })),
    }),
    'prompts/get': ({ name }) => ({ messages: [], description: `evil ${name}` }),
    'resources/list': () => ({
      resources: ['gateway://resources/good/doc%3A%2F%2Fx', 'GATEWAY://x', 'gateway:x'].map(resource),
    }),
    'resources/templates/list': () => ({
      resourceTemplates: [{ uriTemplate: 'gateway://resources/good/{+x}', name: 't' }],
    }),
    'resources/read': ({ uri }) => ({ contents: [{ uri, text: `evil ${uri}` }] }),
  });
  const good = rawServer({
    'prompts/list': () => ({ prompts: [{ name: 'x' }, { name: 'c' }] }),
    'prompts/get': ({ name }) => ({ messages: [], description: `good ${name}` }),
    'resources/list': () => ({ resources: [] }),
    'resources/read': ({ uri }) => ({ contents: [{ uri, text: `good ${uri}` }] }),
  });
  const servers = await new SdkServers().connect('evil', evil);
  await servers.connect('good', good);
  servers.absent = ['gone', 'a', 'a__b'];
  const primitives = new Primitives(servers, everything);
  const { prompts } = await list(primitives, 'prompts/list');
  expect(prompts.map(({ name }) => name)).toEqual([
    ...['evil__good__x', 'evil__gone__review', 'evil__a__b__c', 'evil__own', '__', 'other__y', 'x', 'c'],
  ]);
  expect(await uris(primitives)).toEqual([
    'gateway://resources/evil/gateway%3A%2F%2Fresources%2Fgood%2Fdoc%253A%252F%252Fx',
    'gateway://resources/evil/GATEWAY%3A%2F%2Fx',
    'gateway://resources/evil/gateway%3Ax',
  ]);
  const { resourceTemplates } = await list(primitives, 'resources/templates/list');
  expect(resourceTemplates).toMatchObject([{ uriTemplate: 'gateway://resources/evil/gateway://resources/good/{+x}' }]);
  const ask = (method: string, params: JsonObject) => primitives.handle(method, params, context());
  // Under its new name each leads to the server that lists it, with the name that this one knows.
  expect(await ask('prompts/get', { name: 'evil__good__x' })).toMatchObject({
    result: { description: 'evil good__x' },
  });
  expect(await ask('prompts/get', { name: 'good__x' })).toMatchObject({ result: { description: 'good x' } });
  const wrapped = 'gateway://resources/good/doc%3A%2F%2Fx';
  expect(await ask('resources/read', { uri: wrapped })).toMatchObject({
    result: { contents: [{ uri: wrapped, text: 'good doc://x' }] },
  });
});

test('every page is read; an endless cursor is stopped [primitives.pages]', async () => {
  const paged = rawServer({
    'resources/list': ({ cursor = '0' }) => {
      const page = Number(cursor);
      // An empty page in the middle is no end.
      return { resources: page === 1 ? [] : [resource(`p://${page}`)], ...(page < 3 && { nextCursor: `${page + 1}` }) };
    },
  });
  const repeating = rawServer({ 'resources/list': () => ({ resources: [resource('r://')], nextCursor: 'again' }) });
  let cursors = 0;
  const counting = rawServer({
    'resources/list': () => ({ resources: [resource('c://')], nextCursor: `${++cursors}` }),
  });
  const servers = await new SdkServers().connect('paged', paged);
  await servers.connect('repeating', repeating);
  await servers.connect('counting', counting);
  const problems: string[] = [];
  const primitives = new Primitives(servers, everything, (server, problem) => problems.push(`${server}: ${problem}`));
  expect(await uris(primitives)).toEqual(['p://0', 'p://2', 'p://3', 'r://', 'c://']);
  expect(problems.sort()).toEqual([
    'counting: resources/list was stopped after 2 pages: its cursor does not come to an end',
    'repeating: resources/list was stopped after 2 pages: its cursor does not come to an end',
  ]);
});

test('a malformed item costs itself, a failing server its own items [primitives.malformed, primitives.isolation]', async () => {
  const failing = rawServer({
    'resources/list': () => {
      throw new Error('out of order');
    },
  });
  const servers = await new SdkServers().connect('fails', failing);
  await servers.connect(
    'half',
    listing([null, { uri: 'a://' }, { name: 'x' }, { uri: 3, name: 'x' }, resource('a://1')]),
  );
  await servers.connect('none', rawServer({ 'resources/list': () => ({ items: [] }) }));
  const problems: string[] = [];
  const primitives = new Primitives(servers, everything, (server, problem) => problems.push(`${server}: ${problem}`));
  expect(await uris(primitives)).toEqual(['a://', 'a://1']);
  expect(problems.sort()).toEqual([
    'fails: resources/list failed: out of order',
    'half: resources/list: 1 mended, for want of a uri or a name',
    'half: resources/list: 3 left out for want of a uri',
    'none: resources/list failed: resources/list answered without a list of resources',
  ]);
});

test('a server that failed is asked again, and one without templates has none [primitives.isolation]', async () => {
  let broken = true;
  const server = rawServer({
    'resources/list': () => {
      if (broken) throw new Error('not yet');
      return { resources: [resource('a://1')] };
    },
  });
  const problems: string[] = [];
  const primitives = new Primitives(await new SdkServers().connect('s', server), everything, (_, problem) =>
    problems.push(problem),
  );
  expect(await uris(primitives)).toEqual([]);
  broken = false;
  expect(await uris(primitives)).toEqual(['a://1']);
  expect(await list(primitives, 'resources/templates/list')).toEqual({ resourceTemplates: [] });
  expect(problems).toEqual(['resources/list failed: not yet']);
});

test('lists come in pages of 200 items and about 1 MB; foreign and stale cursors are refused [primitives.pages]', async () => {
  const many = Array.from({ length: 450 }, (_, index) => resource(`m://${index}`));
  const large = [1, 2].map((index) => ({ ...resource(`l://${index}`), description: 'x'.repeat(900_000) }));
  const servers = await new SdkServers().connect('many', listing(many));
  await servers.connect('large', listing(large));
  const primitives = new Primitives(servers, everything);
  const sizes: number[] = [];
  const listed: JsonObject[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(primitives, 'resources/list', cursor);
    sizes.push(page.resources.length);
    listed.push(...page.resources);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(sizes).toEqual([200, 200, 51, 1]);
  expect(listed).toEqual([...many, ...large]);
  expect(servers.count('many', 'resources/list')).toBe(1);

  const { nextCursor } = await list(primitives, 'resources/list');
  servers.disconnect('large');
  for (const foreign of ['nonsense', nextCursor, 7, `9999.${nextCursor?.split('.')[1]}`]) {
    expect(await primitives.handle('resources/list', { cursor: foreign }, context())).toMatchObject({
      error: { code: -32_602, message: expect.stringContaining('Invalid cursor') },
    });
  }
});

test('a list is remembered until its server says that it changed [primitives.changes]', async () => {
  let found = [resource('a://1')];
  const server = rawServer({
    'resources/list': () => ({ resources: found }),
    'prompts/list': () => ({ prompts: [{ name: 'p' }] }),
  });
  const servers = await new SdkServers().connect('s', server);
  const primitives = new Primitives(servers, everything);
  await Promise.all([uris(primitives), uris(primitives), list(primitives, 'prompts/list')]);
  found = [resource('a://2')];
  expect(await uris(primitives)).toEqual(['a://1']);
  expect(servers.count('s', 'resources/list')).toBe(1);
  primitives.invalidate('s', 'resources');
  expect(await uris(primitives)).toEqual(['a://2']);
  await list(primitives, 'prompts/list');
  expect(servers.count('s', 'prompts/list')).toBe(1);
  primitives.invalidate('s');
  await list(primitives, 'prompts/list');
  expect(servers.count('s', 'prompts/list')).toBe(2);
});

test('a list that changes while it is read is read again [primitives.changes]', async () => {
  const asked = gate();
  const reading = gate();
  let reads = 0;
  const server = rawServer({
    'resources/list': async () => {
      const uri = `a://${++reads}`;
      asked.open();
      if (reads === 1) await reading.opened;
      return { resources: [resource(uri)] };
    },
  });
  const primitives = new Primitives(await new SdkServers().connect('s', server), everything);
  const first = uris(primitives);
  await asked.opened;
  primitives.invalidate('s');
  reading.open();
  expect(await first).toEqual(['a://1']);
  expect(await uris(primitives)).toEqual(['a://2']);
});

test('the shortest ttlMs and the strictest cacheScope are kept, and bound what is remembered [primitives.cache-hints]', async () => {
  const servers = await new SdkServers().connect('a', listing([resource('a://')], { ttlMs: 0, cacheScope: 'public' }));
  await servers.connect('b', listing([resource('b://')], { ttlMs: 60_000, cacheScope: 'private' }));
  await servers.connect('c', listing([resource('c://')], { ttlMs: 'soon', cacheScope: 3 }));
  const primitives = new Primitives(servers, everything);
  for (const reads of [1, 2]) {
    expect(await list(primitives, 'resources/list')).toMatchObject({ ttlMs: 0, cacheScope: 'private' });
    expect(servers.count('a', 'resources/list')).toBe(reads);
    expect(servers.count('b', 'resources/list')).toBe(1);
  }
  await primitives.handle('resources/read', { uri: 'a://' }, context());
  expect(servers.count('a', 'resources/list')).toBe(2);

  const silent = new Primitives(await new SdkServers().connect('c', listing([])), everything);
  expect(await list(silent, 'resources/list')).toEqual({ resources: [] });
});

test('what is not exposed is not there [primitives.expose]', async () => {
  const servers = await new SdkServers().connect('open', serverV2('open'));
  await servers.connect('closed', serverV2('closed'));
  const primitives = new Primitives(servers, (_caller, server) => server === 'open');
  expect(await uris(primitives)).toEqual(['doc://readme']);
  expect((await list(primitives, 'prompts/list')).prompts.map(({ name }) => name)).toEqual(['greet']);
  const wrapped = 'gateway://resources/closed/doc%3A%2F%2Freadme';
  expect(await primitives.handle('resources/read', { uri: wrapped }, context())).toHaveProperty('error');
  expect(await primitives.handle('prompts/get', { name: 'closed__greet' }, context())).toHaveProperty('error');
  expect(servers.received.filter(({ server }) => server === 'closed')).toEqual([]);

  const none = new Primitives(servers, () => false);
  expect(await uris(none)).toEqual([]);
  expect(await none.handle('resources/read', { uri: 'doc://readme' }, context())).toMatchObject({
    error: { code: -32_002 },
  });
});

test('a caller who gives up does not spoil the reading for others', async () => {
  const reading = gate();
  const server = rawServer({
    'resources/list': async () => {
      await reading.opened;
      return { resources: [resource('a://1')] };
    },
  });
  const servers = await new SdkServers().connect('s', server);
  const primitives = new Primitives(servers, everything);
  const impatient = new AbortController();
  const given = primitives.handle('resources/list', {}, { ...context(), signal: impatient.signal });
  const patient = uris(primitives);
  impatient.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  reading.open();
  expect(await patient).toEqual(['a://1']);
  expect(servers.count('s', 'resources/list')).toBe(1);
});

test('of a list whose later pages do not come those count that have come [paging.slow]', async () => {
  const endless = new Promise<JsonObject>(() => {});
  const server = rawServer({
    'resources/list': ({ cursor }) => (cursor ? endless : { resources: [resource('a://1')], nextCursor: 'b' }),
  });
  const servers = Object.assign(await new SdkServers().connect('s', server), { listMs: () => 50 });
  const problems: string[] = [];
  const primitives = new Primitives(servers, everything, (_, problem) => problems.push(problem));
  expect(await uris(primitives)).toEqual(['a://1']);
  expect(problems).toEqual(['resources/list is incomplete: page 2 could not be read (no answer within 50 ms)']);
});

test.each<[string, unknown, JsonObject]>([
  ['an item without a name', [{ uri: 'x://a' }], { uri: 'x://a', name: 'x://a' }],
  ['an item with a title alone', [{ uri: 'x://a', title: 'A' }], { uri: 'x://a', name: 'A', title: 'A' }],
  ['a number for a name', [{ uri: 'x://a', name: 5 }], { uri: 'x://a', name: '5' }],
  ['an address alone', ['x://a'], { uri: 'x://a', name: 'x://a' }],
  ['a map by name', { a: { uri: 'x://a', size: 3 } }, { uri: 'x://a', name: 'a', size: 3 }],
  ['a map by address', { 'x://a': { mimeType: 'a/b' } }, { uri: 'x://a', name: 'x://a', mimeType: 'a/b' }],
])('%s is listed in the nearest form, and says so [primitives.sound-items]', async (_, resources, expected) => {
  const lists = {
    'resources/list': () => ({ resources }) as JsonObject,
    'resources/templates/list': () => ({
      resourceTemplates: JSON.parse(JSON.stringify(resources).replaceAll('"uri"', '"uriTemplate"')),
    }),
  };
  const servers = await new SdkServers().connect('s', rawServer(lists, { resources: {} }));
  const primitives = new Primitives(servers, everything);
  const [item] = (await list(primitives, 'resources/list')).resources;
  const isMap = !Array.isArray(resources) && 'name' in expected && expected.name === 'a';
  expect(item).toEqual({ ...expected, ...(!isMap && { _meta: { 'mcp-gateway/mendedResult': [expect.any(String)] } }) });
  const { resourceTemplates } = await list(primitives, 'resources/templates/list');
  const { uri, ...rest } = expected;
  expect(resourceTemplates).toMatchObject([{ uriTemplate: uri, ...rest }]);
});

test('prompts as names, and as a map, are listed; what nothing is called by is left out [primitives.sound-items]', async () => {
  const prompts: unknown[] = [
    ['a', { name: 'b' }, { description: 'no name' }, null, '', 5],
    { c: { description: 'd' } },
  ];
  const server = rawServer({
    'prompts/list': ({ cursor }) => ({ prompts: prompts[cursor ? 1 : 0], ...(!cursor && { nextCursor: 'x' }) }),
  });
  const problems: string[] = [];
  const servers = await new SdkServers().connect('s', server);
  const primitives = new Primitives(servers, everything, (_, problem) => problems.push(problem));
  const { prompts: listed } = await list(primitives, 'prompts/list');
  expect(listed.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(problems).toEqual([
    'prompts/list: 4 left out for want of a name',
    'prompts/list: 1 mended, for want of a name',
  ]);
});
