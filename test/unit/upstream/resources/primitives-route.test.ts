import { expect, test } from 'vitest';
import { LOCAL } from '../../../../src/core/call.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import { unwrapUri, wrapUri, wrapUriTemplate } from '../../../../src/upstream/resources/lists.ts';
import { Primitives } from '../../../../src/upstream/resources/primitives.ts';
import { matchUriTemplate } from '../../../../src/upstream/resources/routes.ts';
import { listing, rawServer, serverV1, serverV2 } from '../../../helpers/servers/primitives-servers.ts';
import { context, SdkServers } from '../../../helpers/servers/primitives-source.ts';

const everything = () => true;
const README = 'doc://readme';
const WRAPPED = 'gateway://resources/b/doc%3A%2F%2Freadme';

async function twins() {
  const servers = await new SdkServers().connect('a', serverV1('A'));
  await servers.connect('b', serverV2('B'));
  const primitives = new Primitives(servers, everything);
  const ask = (method: string, params: JsonObject) => primitives.handle(method, params, context());
  return { servers, primitives, ask };
}

test('a read goes to the server that lists the URI, and answers with the URI asked for [primitives.read, primitives.unique]', async () => {
  const { servers, ask } = await twins();
  expect(await ask('resources/read', { uri: README, _meta: { 'x/y': 1 } })).toEqual(
    await servers.request('a', 'resources/read', { uri: README }),
  );
  expect(servers.received.findLast(({ method }) => method === 'resources/read')?.params).toEqual({ uri: README });
  expect(servers.received.find(({ method }) => method === 'resources/read')?.params._meta).toEqual({ 'x/y': 1 });
  expect(await ask('resources/read', { uri: WRAPPED })).toEqual({
    result: { contents: [{ uri: WRAPPED, text: `B ${README}` }] },
  });
});

test('a read of what no list names goes by template, in wrapped form too [primitives.read]', async () => {
  const { ask } = await twins();
  expect(await ask('resources/read', { uri: 'doc://pages/7' })).toEqual({
    result: { contents: [{ uri: 'doc://pages/7', text: 'A doc://pages/7' }] },
  });
  const uri = 'gateway://resources/b/doc://pages/7';
  expect(await ask('resources/read', { uri })).toEqual({ result: { contents: [{ uri, text: 'B doc://pages/7' }] } });
});

test('a wrapped URI leads to its server also after the name became free [primitives.read]', async () => {
  const { servers, primitives, ask } = await twins();
  await ask('resources/list', {});
  await ask('prompts/list', {});
  servers.disconnect('a');
  primitives.invalidate('a');
  expect(await ask('resources/read', { uri: WRAPPED })).toMatchObject({ result: { contents: [{ uri: WRAPPED }] } });
  expect(await ask('resources/read', { uri: README })).toMatchObject({
    result: { contents: [{ text: `B ${README}` }] },
  });
  expect(await ask('prompts/get', { name: 'b__greet', arguments: { who: 'x' } })).toHaveProperty('result');
});

test('the template with the longest literal beginning wins [primitives.read]', async () => {
  const templated = (uriTemplate: string, text: string) =>
    rawServer({
      'resources/list': () => ({ resources: [] }),
      'resources/templates/list': () => ({ resourceTemplates: [{ uriTemplate, name: 't' }] }),
      'resources/read': ({ uri }) => ({ contents: [{ uri, text }] }),
    });
  const servers = await new SdkServers().connect('wide', templated('db://{+path}', 'wide'));
  await servers.connect('narrow', templated('db://users/{id}', 'narrow'));
  const primitives = new Primitives(servers, everything);
  const read = (uri: string) => primitives.handle('resources/read', { uri }, context());
  expect(await read('db://users/1')).toMatchObject({ result: { contents: [{ text: 'narrow' }] } });
  expect(await read('db://users/1/x')).toMatchObject({ result: { contents: [{ text: 'wide' }] } });
});

const METHODS = ['resources/read', 'resources/subscribe', 'resources/unsubscribe'];

/** A server with one template, or one resource, that answers as told. */
const owning = (of: { template?: string; uri?: string }, answer: (uri: unknown) => JsonObject) =>
  rawServer(
    {
      'resources/list': () => ({ resources: of.uri ? [{ uri: of.uri, name: 'r' }] : [] }),
      'resources/templates/list': () => ({
        resourceTemplates: of.template ? [{ uriTemplate: of.template, name: 't' }] : [],
      }),
      ...Object.fromEntries(METHODS.map((method) => [method, ({ uri }: JsonObject) => answer(uri)])),
    },
    { resources: { subscribe: true } },
  );
const refusing = () => {
  throw Object.assign(new Error('no such note'), { code: -32_002 });
};

test.each(METHODS)(
  '%s: the no, and the failure, of the owner goes to nobody else [primitives.owner]',
  async (method) => {
    const servers = await new SdkServers().connect('good', owning({ template: 'notes://mine/{id}' }, refusing));
    await servers.connect('other', owning({ uri: 'notes://yours' }, refusing));
    await servers.connect(
      'evil',
      owning({ template: 'notes:{+x}' }, (uri) => ({ contents: [{ uri, text: 'evil' }] })),
    );
    const primitives = new Primitives(servers, everything);
    const ask = (uri: string) => primitives.handle(method, { uri }, context());
    for (const uri of ['notes://mine/42', 'notes://yours'])
      expect(await ask(uri), uri).toMatchObject({ error: { code: -32_002, message: 'no such note' } });
    servers.lose('good');
    servers.lose('other');
    expect(await ask('notes://mine/42')).toMatchObject({ error: { data: { server: 'good' } } });
    expect(await ask('notes://yours')).toMatchObject({ error: { data: { server: 'other' } } });
    expect(servers.received.filter((each) => each.server === 'evil' && METHODS.includes(each.method))).toEqual([]);
  },
);

test('what a server lists that cannot be asked now stays its own [primitives.owner]', async () => {
  const evil = owning({ template: 'notes:{+x}' }, (uri) => ({ contents: [{ uri, text: 'evil' }] }));
  const servers = await new SdkServers().connect('evil', evil);
  servers.absent = ['hidden', 'good'];
  const lists: Readonly<Record<string, readonly JsonObject[]>> = {
    resources: [{ uri: 'notes://listed', name: 'l' }],
    templates: [{ uriTemplate: 'notes://mine/{id}', name: 't' }],
  };
  const memory = {
    recall: (server: string, list: string) => (server === 'evil' ? undefined : { items: lists[list] ?? [] }),
    learn: () => {},
  };
  const source = Object.assign(servers, { memory });
  const primitives = new Primitives(source, (_caller, server) => server !== 'hidden');
  const read = (uri: string) => primitives.handle('resources/read', { uri }, context());
  for (const uri of ['notes://listed', 'Notes://listed', 'notes://mine/1'])
    expect(await read(uri), uri).toMatchObject({ error: { data: { server: 'good' } } });
  expect(await read('notes://else')).toMatchObject({ result: { contents: [{ text: 'evil' }] } });
});

test('templates of two servers that fit equally well are said, not chosen from [primitives.owner]', async () => {
  const answering = (template: string, text: string) => owning({ template }, (uri) => ({ contents: [{ uri, text }] }));
  const servers = await new SdkServers().connect('a', answering('db://{+path}', 'a'));
  await servers.connect('b', answering('db://{table}', 'b'));
  const primitives = new Primitives(servers, everything);
  const ask = (method: string, uri: string) => primitives.handle(method, { uri }, context());
  for (const method of METHODS)
    expect(await ask(method, 'db://users')).toEqual({
      error: {
        code: -32_602,
        message: expect.stringMatching(
          /db:\/\/users fits templates of a and b equally well: .*gateway:\/\/resources\/a\//,
        ),
      },
    });
  expect(servers.received.filter((each) => METHODS.includes(each.method))).toEqual([]);
  const named = await ask('resources/read', 'gateway://resources/b/db://users');
  expect(named).toMatchObject({ result: { contents: [{ text: 'b' }] } });
  expect(await ask('resources/read', 'db://users/1')).toMatchObject({ result: { contents: [{ text: 'a' }] } });
});

test.each(['{+any}', '{scheme}://{+rest}', 's{+rest}', '{+any}x', '//{+x}', '1db://{x}'])(
  'a template that does not say its scheme claims no URI: %s [primitives.names]',
  async (uriTemplate) => {
    const claiming = rawServer({
      'resources/list': () => ({ resources: [] }),
      'resources/templates/list': () => ({ resourceTemplates: [{ uriTemplate, name: 't' }] }),
      'resources/read': () => {
        throw new Error('asked');
      },
    });
    const owner = rawServer({
      'resources/list': () => ({ resources: [] }),
      'resources/templates/list': () => ({ resourceTemplates: [{ uriTemplate: 'secret://{x}', name: 't' }] }),
      'resources/read': ({ uri }) => ({ contents: [{ uri, text: 'owner' }] }),
    });
    const servers = await new SdkServers().connect('claiming', claiming);
    await servers.connect('owner', owner);
    const primitives = new Primitives(servers, everything);
    const answer = await primitives.handle('resources/read', { uri: 'secret://x' }, context());
    expect(answer).toMatchObject({ result: { contents: [{ text: 'owner' }] } });
    const reads = servers.received.filter(({ method }) => method === 'resources/read');
    expect(reads.map(({ server }) => server)).toEqual(['owner']);
  },
);

test('a URI made for one server is put to no other, and a scheme is the same in capitals [primitives.names]', async () => {
  const answering = (text: string, own: object) =>
    rawServer({
      'resources/list': () => ({ resources: [] }),
      'resources/read': ({ uri }) => ({ contents: [{ uri, text }] }),
      ...own,
    });
  const servers = await new SdkServers().connect('evil', answering('evil', {}));
  const listed = { resources: [{ uri: 'good://listed', name: 'l' }] };
  const templates = { resourceTemplates: [{ uriTemplate: 'good://t/{x}', name: 't' }] };
  const good = { 'resources/list': () => listed, 'resources/templates/list': () => templates };
  await servers.connect('good', answering('good', good));
  const primitives = new Primitives(servers, everything);
  const read = (uri: string) => primitives.handle('resources/read', { uri }, context());
  for (const uri of [
    'gateway://resources/gone/gone%3A%2F%2Fsecret',
    'gateway://resources/nobody/x',
    'Gateway://resources/good/good%3A%2F%2Fx',
    'GATEWAY:x',
    'gateway:',
    'gateway://resources',
  ])
    expect(await read(uri), uri).toMatchObject({ error: { code: -32_002 } });
  expect(servers.received.filter(({ method }) => method === 'resources/read')).toEqual([]);
  for (const uri of ['GOOD://listed', 'Good://t/1'])
    expect(await read(uri), uri).toMatchObject({ result: { contents: [{ text: 'good' }] } });
});

test('servers are asked one after the other for a URI that none names; else it is not found [primitives.read]', async () => {
  const servers = await new SdkServers().connect('a', serverV1('A'));
  const hidden = rawServer({
    'resources/list': () => ({ resources: [] }),
    'resources/read': ({ uri }) => {
      if (uri !== 'secret://1') throw Object.assign(new Error('nothing there'), { code: -32_603, data: { mine: 1 } });
      return { contents: [{ uri, text: 'found' }] };
    },
  });
  await servers.connect('hidden', hidden);
  const primitives = new Primitives(servers, everything);
  const read = (uri: string) => primitives.handle('resources/read', { uri }, context());
  expect(await read('secret://1')).toMatchObject({ result: { contents: [{ text: 'found' }] } });
  expect(await read('secret://2')).toEqual({
    error: { code: -32_002, message: 'Resource not found', data: { uri: 'secret://2' } },
  });
  servers.disconnect('a');
  expect(await read('secret://2')).toMatchObject({ error: { message: 'nothing there', data: { mine: 1 } } });
});

test('a server that is gone is said so', async () => {
  const { servers, ask } = await twins();
  await ask('resources/read', { uri: README });
  servers.lose('a');
  expect(await ask('resources/read', { uri: README })).toEqual({
    error: {
      code: -32_603,
      message: 'a: it is not connected',
      data: { server: 'a', code: 'UPSTREAM_UNAVAILABLE' },
    },
  });
});

test('prompts/get goes to its server with the arguments as given, and the answer is that server’s own [primitives.prompts]', async () => {
  const { servers, ask } = await twins();
  const greeting = (text: string) => ({ result: { messages: [{ role: 'user', content: { type: 'text', text } }] } });
  expect(await ask('prompts/get', { name: 'greet', arguments: { who: 'x' } })).toEqual(greeting('A greets x'));
  expect(await ask('prompts/get', { name: 'b__greet', arguments: { who: 'x' } })).toEqual(greeting('B greets x'));
  expect(await ask('prompts/get', { name: 'b__greet', arguments: {} })).toEqual(
    await servers.request('b', 'prompts/get', { name: 'greet', arguments: {} }),
  );
  expect(await ask('prompts/get', { name: 'none' })).toEqual({
    error: { code: -32_602, message: 'Prompt none not found' },
  });
  servers.disconnect('b');
  expect(await ask('prompts/get', { name: 'none' })).toEqual(
    await servers.request('a', 'prompts/get', { name: 'none' }),
  );
});

test('completion goes to the server of the prompt or template [primitives.completion]', async () => {
  const { ask } = await twins();
  const complete = (ref: JsonObject, name: string) =>
    ask('completion/complete', { ref, argument: { name, value: 'v' } });
  const values = (...values: string[]) => ({ result: { completion: { values } } });
  const page = (uri: string) => complete({ type: 'ref/resource', uri }, 'id');
  expect(await page('doc://pages/{id}')).toMatchObject(values('v-A'));
  expect(await page('gateway://resources/b/doc://pages/{id}')).toMatchObject(values('v-B'));
  expect(await complete({ type: 'ref/prompt', name: 'b__greet' }, 'who')).toMatchObject(values('v-B'));
  expect(await complete({ type: 'ref/prompt', name: 'greet' }, 'who')).toMatchObject(values());
  for (const ref of [
    { type: 'ref/prompt', name: 'none' },
    { type: 'ref/resource', uri: 'no://{x}' },
    { type: 'ref/x' },
  ]) {
    expect(await complete(ref, 'x')).toMatchObject({ error: { code: -32_602 } });
  }
  expect(await ask('completion/complete', {})).toMatchObject({ error: { code: -32_602 } });
});

test('a server that does not complete has nothing to suggest [primitives.completion]', async () => {
  const prompts = rawServer({ 'prompts/list': () => ({ prompts: [{ name: 'p' }] }) }, { prompts: {} });
  const servers = await new SdkServers().connect('s', prompts);
  const params = { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'x', value: '' } };
  expect(await new Primitives(servers, everything).handle('completion/complete', params, context())).toEqual({
    result: { completion: { values: [] } },
  });
  expect(servers.count('s', 'completion/complete')).toBe(0);
});

async function followed() {
  const following = () =>
    rawServer(
      {
        'resources/list': () => ({ resources: [{ uri: README, name: 'readme' }] }),
        'resources/subscribe': ({ uri }) => {
          if (uri === 'doc://private') throw Object.assign(new Error('no'), { code: -32_000, data: { why: 'so' } });
          return { _meta: { seen: uri } };
        },
        'resources/unsubscribe': () => ({}),
      },
      { resources: { subscribe: true } },
    );
  const servers = await new SdkServers().connect('a', following());
  await servers.connect('b', following());
  const primitives = new Primitives(servers, everything);
  const ask = (method: string, uri: string) => primitives.handle(`resources/${method}`, { uri }, context());
  return { servers, primitives, ask };
}

test('subscriptions go to their server and are remembered in its words [primitives.subscribe]', async () => {
  const { servers, primitives, ask } = await followed();
  expect(await ask('subscribe', README)).toEqual({ result: { _meta: { seen: README } } });
  await ask('subscribe', WRAPPED);
  await ask('subscribe', 'gateway://resources/b/doc%3A%2F%2Funlisted');
  expect(primitives.subscriptionsOf('a')).toEqual([README]);
  expect(primitives.subscriptionsOf('b')).toEqual([README, 'doc://unlisted']);

  expect(await ask('subscribe', 'gateway://resources/b/doc%3A%2F%2Fprivate')).toMatchObject({
    error: { code: -32_000, data: { why: 'so' } },
  });
  expect(await ask('unsubscribe', WRAPPED)).toEqual({ result: {} });
  expect(primitives.subscriptionsOf('b')).toEqual(['doc://unlisted']);
  expect(servers.received.at(-1)).toEqual({ server: 'b', method: 'resources/unsubscribe', params: { uri: README } });
  expect(await ask('unsubscribe', README)).toEqual({ result: {} });
  expect(primitives.subscriptionsOf('a')).toEqual([]);
});

test('an update names the URI that clients know [primitives.updated]', async () => {
  const { primitives, ask } = await followed();
  const updated = (server: string, uri: string) => primitives.updated(server, { uri, _meta: { n: 1 } })(LOCAL);
  await ask('subscribe', WRAPPED);
  expect(updated('a', README)).toEqual({ uri: README, _meta: { n: 1 } });
  expect(updated('b', README)).toEqual({ uri: WRAPPED, _meta: { n: 1 } });
  expect(updated('b', `${README}/part`)).toEqual({ uri: `${README}/part`, _meta: { n: 1 } });
  await ask('unsubscribe', WRAPPED);
  expect(updated('b', README).uri).toBe(WRAPPED);
  expect(updated('c', README).uri).toBe('gateway://resources/c/doc%3A%2F%2Freadme');
  expect(primitives.updated('a', { odd: true })(LOCAL)).toEqual({ odd: true });
});

test('the oldest of more than 1,000 subscriptions is not renewed [primitives.subscribe]', async () => {
  const { primitives, ask } = await followed();
  for (let index = 0; index <= 1_000; index++) await ask('subscribe', `gateway://resources/a/x%3A%2F%2F${index}`);
  const renewed = primitives.subscriptionsOf('a');
  expect([renewed.length, renewed[0], renewed.at(-1)]).toEqual([1_000, 'x://1', 'x://1000']);
});

test('malformed requests and unknown methods are refused', async () => {
  const primitives = new Primitives(await new SdkServers().connect('s', listing([])), everything);
  for (const method of ['resources/read', 'resources/subscribe', 'resources/unsubscribe', 'prompts/get']) {
    expect(await primitives.handle(method, {}, context())).toMatchObject({
      error: { code: -32_602, message: expect.stringContaining(method) },
    });
  }
  expect(await primitives.handle('resources/burn', {}, context())).toMatchObject({ error: { code: -32_601 } });
});

test.each([
  ['a://b', 'a://b', 5],
  ['a://b', 'a://c', undefined],
  ['a://{x}', 'a://b', 4],
  ['a://{x}', 'a://b/c', undefined],
  ['a://{x}', 'a://', undefined],
  ['a://{x}/c/{y}', 'a://b/c/d', 4],
  ['a://{x,y}', 'a://1,2', 4],
  ['a://{+path}', 'a://b/c?d#e', 4],
  ['a://b{#frag}', 'a://b#c/d', 5],
  ['a://b{#frag}', 'a://b', 5],
  ['a://b{.ext}', 'a://b.md', 5],
  ['a://b{/seg}', 'a://b/c', 5],
  ['a://b{/seg*}', 'a://b/c/d', 5],
  ['a://b{;m}', 'a://b;m=1', 5],
  ['a://b{?q,r}', 'a://b?q=1&r=2', 5],
  ['a://b{?q,r}', 'a://b', 5],
  ['a://b{?q,r}', 'a://bc', undefined],
  ['a://b?f=1{&q}', 'a://b?f=1&q=2', 9],
  ['a://{x}{?q}', 'a://b?q=1', 4],
  ['{+uri}', 'any://thing', 0],
  ['a://{unclosed', 'a://{unclosed', 13],
])('the template %s and the URI %s', (template, uri, expected) => {
  expect(matchUriTemplate(template, uri)).toBe(expected);
});

/** Whether a template fits a URI, said in another way: by a regular expression, which backs up. */
function fitsByPattern(template: string, uri: string): boolean {
  const kinds: Record<string, string> = { '+': '[^]+', '#': '(?:#[^]*)?', '.': '(?:\\.[^/]*)?', '?': '(?:\\?[^#]*)?' };
  const pattern = template
    .split(/\{([^{}]*)\}/)
    .map((part, at) => (at % 2 === 0 ? part.replace(/[.?+]/g, '\\$&') : (kinds[part[0] ?? ''] ?? '[^/]+')))
    .join('');
  return new RegExp(`^${pattern}$`).test(uri);
}

test('templates of any parts fit what a pattern of the same parts fits [primitives.read]', () => {
  const pieces = ['{x}', '{+x}', '{#x}', '{.x}', '{?x}', 'a', '/', '.', 'a/'];
  const chars = ['a', '/', '.', '#', '?', 'b'];
  let seed = 7;
  const one = <T>(list: readonly T[]) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return list[seed % list.length] as T;
  };
  const several = <T>(list: readonly T[], many: number) => Array.from({ length: many }, () => one(list)).join('');
  for (let round = 0; round < 20_000; round++) {
    const [template, uri] = [`a://${several(pieces, 1 + (round % 4))}`, `a://${several(chars, round % 7)}`];
    expect(matchUriTemplate(template, uri) !== undefined, `${template} ${uri}`).toBe(fitsByPattern(template, uri));
  }
});

test('a hostile template and a URI of any length are matched in linear time [bounds.uris]', () => {
  expect(matchUriTemplate(`a://${'{x}'.repeat(200)}!`, `a://${'b'.repeat(5_000)}`)).toBeUndefined();
  for (const uri of ['b', 'b/', 'b.', '?b'])
    for (const template of ['{x}'.repeat(50), '{.x}'.repeat(50), '{/x}{x}'.repeat(20), `{+x}${'b'.repeat(50)}{x}c`])
      expect(matchUriTemplate(`a://${template}!`, `a://${uri.repeat(200_000)}!#`)).toBeUndefined();
});

test('a URI that is too long is refused, and one of ten thousand hostile templates is not looked for without end [bounds.uris]', async () => {
  const templates = (list: readonly string[]) =>
    rawServer({
      'resources/list': () => ({ resources: [] }),
      'resources/templates/list': () => ({
        resourceTemplates: list.map((uriTemplate) => ({ uriTemplate, name: 't' })),
      }),
      'resources/read': ({ uri }) => ({ contents: [{ uri, text: list.length === 1 ? 'own' : 'other' }] }),
    });
  const hostile = Array.from({ length: 10_000 }, (_, at) => `doc://${'{x}'.repeat(60)}{y${at}}!`);
  const servers = await new SdkServers().connect('hostile', templates(hostile));
  await servers.connect('own', templates(['doc://{x}']));
  const primitives = new Primitives(servers, everything);
  const ask = (method: string, params: JsonObject) => primitives.handle(method, params, context());
  expect(await ask('resources/read', { uri: `doc://${'a'.repeat(65_000)}` })).toMatchObject({
    result: { contents: [{ text: 'own' }] },
  });
  const uri = `doc://${'a'.repeat(65_536)}`;
  for (const method of ['resources/read', 'resources/subscribe', 'resources/unsubscribe', 'completion/complete'])
    for (const params of [{ uri }, { ref: { type: 'ref/resource', uri } }])
      expect(await ask(method, params), method).toEqual({
        error: {
          code: -32_602,
          message: `${method}: the URI has 65542 characters; ask for one of at most 65536`,
        },
      });
});

test.each(['doc://a b/ü?x=%2F', 'plain', 'a%zz', '%41'])('the URI %s can be wrapped and unwrapped', (uri) => {
  expect(unwrapUri('my server/1', wrapUri('my server/1', uri))).toBe(uri);
  expect(unwrapUri('my', wrapUri('my server/1', uri))).toBeUndefined();
  expect(unwrapUri('s', wrapUriTemplate('s', 'doc://x/%41'))).toBe('doc://x/%41');
  expect(unwrapUri('s', wrapUriTemplate('s', '%zz'))).toBe('%zz');
});
