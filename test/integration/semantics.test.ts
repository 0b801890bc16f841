import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LOCAL } from '../../src/core/call.ts';
import { type ToolEntry, toolId } from '../../src/core/tool.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import { createLogger } from '../../src/platform/log.ts';
import { Cooldown, Semantics, type SemanticsOptions } from '../../src/search/semantics/semantics.ts';
import { local, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { temporaryFolder } from '../helpers/system/folders.ts';

const DIMENSIONS = 64;
/** Words that mean the same to the model below, and share no letters' pattern that words alone could match. */
const SYNONYMS: Readonly<Record<string, string>> = { automobile: 'car' };

interface Embeddings {
  readonly url: string;
  /** The texts of each request so far. */
  readonly requests: string[][];
  readonly received: IncomingMessage['headers'][];
  stop(): void;
  /** At the same address again. */
  start(): void;
  /** How requests are answered from now on; `hang`: not at all. */
  mode: 'right' | 'hang' | 'html' | '500' | 'few' | 'zeros' | 'ragged' | 'short' | 'reversed';
}

/** A real endpoint whose vectors say which words a text has. */
async function endpoint(mode: Embeddings['mode'] = 'right'): Promise<Embeddings> {
  const server = createServer(async (request, response) => {
    const { input } = JSON.parse(await bodyOf(request)) as { input: string[] };
    embeddings.requests.push(input);
    embeddings.received.push(request.headers);
    answer(embeddings.mode, input, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(stop);
  const embeddings: Embeddings = {
    url: `http://127.0.0.1:${port}/v1`,
    requests: [],
    received: [],
    mode,
    stop,
    start: () => server.listen(port, '127.0.0.1'),
  };
  return embeddings;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body;
}

function answer(mode: Embeddings['mode'], input: string[], response: ServerResponse): void {
  const data = input.map((text, index) => ({ index, embedding: vectorOf(text) }));
  const json = (items: unknown) => response.end(JSON.stringify({ data: items }));
  if (mode === 'right') json(data);
  if (mode === 'reversed') json(data.reverse());
  if (mode === 'html') response.end('<html>sk-secret</html>');
  if (mode === '500') response.writeHead(500).end('sk-secret');
  if (mode === 'few') json(data.slice(1));
  if (mode === 'zeros') json(data.map((item) => ({ ...item, embedding: item.embedding.fill(0) })));
  if (mode === 'ragged') json(data.map((item, index) => ({ ...item, embedding: item.embedding.slice(index) })));
  if (mode === 'short') json(data.map((item) => ({ ...item, embedding: item.embedding.slice(0, 9).fill(1) })));
}

function vectorOf(text: string): number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0);
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) {
    const place = [...(SYNONYMS[word] ?? word)].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 1_009, 7);
    vector[place % DIMENSIONS] = (vector[place % DIMENSIONS] ?? 0) + 1;
  }
  return vector;
}

/** Waits for a condition, as long as a busy machine may need. */
function until<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 10_000, interval: 20 });
}

function tool(name: string, description: string, server = 's'): ToolEntry {
  return {
    id: toolId(server, name),
    server,
    tags: [],
    definition: { name, description, inputSchema: { type: 'object' } },
  };
}

const TOOLS = [tool('rent', 'reserve a car'), tool('fly', 'buy plane tickets'), tool('cook', 'recipes for dinner')];
const everything = () => true;

function folder(): string {
  const path = temporaryFolder('semantics-');
  return join(path, 'cache');
}

type Overrides = Partial<SemanticsOptions> & { readonly url: string };

function semantics(options: Overrides): Semantics & { readonly log: string[] } {
  const log: string[] = [];
  const made = new Semantics({
    model: 'm',
    timeoutMs: 5_000,
    directory: folder(),
    log: createLogger((line) => log.push(line), 'debug'),
    ...options,
  });
  onTestFinished(() => made.close());
  return Object.assign(made, { log });
}

/** Waits until what a query means can be told, and tells the nearest tools of `TOOLS` and others with their cosines. */
function ranked(made: Semantics, query: string, most = 10): Promise<[string, number | undefined][]> {
  return until(async () => {
    const likeness = await made.likeness(query, everything, most);
    expect(likeness).toBeDefined();
    return (likeness?.nearest ?? []).map((id) => [id, likeness?.of(known(id))]);
  });
}

/** A tool as far as its likeness is looked up. */
function known(id: string): ToolEntry {
  const [server = '', name = ''] = id.split('::');
  return tool(name, '', server);
}

const files = (directory: string) => readdirSync(directory).map((name) => join(directory, name));

/** Waits for the vectors on disk. */
function kept(directory: string): Promise<string> {
  return until(() => {
    const [file = '', ...others] = files(directory);
    expect([file.endsWith('.bin'), others]).toEqual([true, []]);
    return file;
  });
}

test('a tool is found by a word that means the same, among those the caller may see [semantics.finds]', async () => {
  const made = semantics({ url: (await endpoint()).url });
  made.setServer('s', TOOLS);
  const [[first, similarity] = [], ...others] = await ranked(made, 'automobile');
  expect(first).toBe('s::rent');
  expect(similarity).toBeGreaterThan(0.3);
  expect(others.every(([, other = 1]) => other >= 0 && other < 0.3)).toBe(true);
  expect(await ranked(made, 'automobile', 1)).toHaveLength(1);
  const hidden = await made.likeness('automobile', ({ id }) => id !== 's::rent', 10);
  expect(hidden?.nearest.toSorted()).toEqual(['s::cook', 's::fly']);
  expect(hidden?.of(tool('other', '', 's'))).toBeUndefined();
  made.removeServer('s');
  expect(await made.likeness('automobile', everything, 10)).toBeUndefined();
});

test('embeddings that are configured while it runs are used without a restart, and no more when they are taken out [config.applies, semantics.setting]', async () => {
  const { url, requests } = await endpoint();
  const u = local({ tools: ['echo'] });
  const gateway = new Gateway({ mcpServers: { u } }, { cacheDirectory: temporaryDirectory() });
  onTestFinished(() => gateway.stop());
  expect(await gateway.ready()).toEqual([]);
  expect(requests).toEqual([]);
  gateway.reload({ mcpServers: { u }, search: { embeddings: { url, model: 'words' } } });
  await until(() => expect(requests.flat()).toEqual([expect.stringMatching(/echo/i)]));
  gateway.reload({ mcpServers: { u } });
  const owner = { identified: Promise.resolve({ capabilities: {} }), isShared: false };
  const { broker } = gateway.internals().attach({ owner });
  await broker.search({ query: 'echo', limit: 1 }, LOCAL);
  expect(requests).toHaveLength(1);
});

test('answers in another order are told apart by their index [semantics.finds]', async () => {
  const made = semantics({ url: (await endpoint('reversed')).url });
  made.setServer('s', TOOLS);
  expect((await ranked(made, 'automobile'))[0]?.[0]).toBe('s::rent');
});

test('among very many tools the nearest is found, and found again [semantics.finds]', async () => {
  const made = semantics({ url: (await endpoint()).url });
  const many = Array.from({ length: 2_500 }, (_, index) => tool(`t${index}`, `plane tickets ${index}`));
  made.setServer('s', [...many, ...TOOLS]);
  await until(async () => expect((await ranked(made, 'reserve automobile'))[0]?.[0]).toBe('s::rent'));
  expect(await ranked(made, 'reserve automobile')).toEqual(await ranked(made, 'reserve automobile'));
});

test('queries of the same words are asked once [semantics.learns]', async () => {
  const { url, requests } = await endpoint();
  const made = semantics({ url: `${url}/embeddings/` });
  made.setServer('s', TOOLS);
  await ranked(made, 'automobile');
  await ranked(made, 'automobile');
  expect(requests.filter(([text]) => text === 'automobile')).toHaveLength(1);
});

test('many tools are asked for in batches, then only what changed [semantics.learns]', async () => {
  const { url, requests } = await endpoint();
  const made = semantics({ url });
  const many = Array.from({ length: 100 }, (_, index) => tool(`t${index}`, `thing ${index} \ud83d`));
  made.setServer('s', many);
  await until(() => expect(requests.flat()).toHaveLength(100));
  expect(requests.every(({ length }) => length <= 32)).toBe(true);
  made.setServer('s', [...many.slice(1), tool('t0', 'changed')]);
  await until(() => expect(requests.flat()).toHaveLength(101));
  expect(requests.at(-1)).toEqual([expect.stringContaining('changed')]);
});

test('vectors are there in the next run, for their owner alone, by model [semantics.disk]', async () => {
  const directory = folder();
  const { url, requests } = await endpoint();
  const first = semantics({ url, directory });
  first.setServer('s', TOOLS);
  const file = await kept(directory);
  expect([statSync(file).mode & 0o777, statSync(directory).mode & 0o777]).toEqual([0o600, 0o700]);
  first.close();

  requests.length = 0;
  const second = semantics({ url, directory });
  second.setServer('s', TOOLS);
  expect((await ranked(second, 'automobile'))[0]?.[0]).toBe('s::rent');
  expect(requests).toEqual([['automobile']]);

  const other = semantics({ url, directory, model: 'other' });
  other.setServer('s', TOOLS);
  await until(() => expect(files(directory).filter((name) => name.endsWith('.bin'))).toHaveLength(2));
  expect(requests.flat()).toHaveLength(1 + TOOLS.length);
});

test.each([
  ['cut short', (file: Buffer) => file.subarray(0, -3)],
  ['empty', () => Buffer.alloc(0)],
  ['of somebody else', () => Buffer.from('{"some": "json"}')],
  ['damaged within', (file: Buffer) => file.fill(0x7f, 40)],
])('a file that is %s is ignored and written anew [semantics.disk]', async (_what, damage) => {
  const directory = folder();
  const { url, requests } = await endpoint();
  const first = semantics({ url, directory });
  first.setServer('s', TOOLS);
  const file = await kept(directory);
  const sound = readFileSync(file);
  first.close();
  writeFileSync(file, damage(Buffer.from(sound)));
  requests.length = 0;
  const second = semantics({ url, directory });
  second.setServer('s', TOOLS);
  expect((await ranked(second, 'automobile'))[0]?.[0]).toBe('s::rent');
  expect(requests.flat()).toHaveLength(1 + TOOLS.length);
  await until(() => expect(readFileSync(file).subarray(0, 20).equals(sound.subarray(0, 20))).toBe(true));
});

test('vectors of a model that was replaced under its name are asked for anew [semantics.disk]', async () => {
  const directory = folder();
  const embeddings = await endpoint('short');
  const first = semantics({ url: embeddings.url, directory });
  first.setServer('s', TOOLS);
  await kept(directory);
  first.close();
  embeddings.mode = 'right';
  const second = semantics({ url: embeddings.url, directory });
  second.setServer('s', TOOLS);
  await until(async () => expect((await ranked(second, 'automobile'))[0]?.[0]).toBe('s::rent'));
});

test.each(['hang', 'html', '500', 'few', 'zeros', 'short'] as const)(
  'an endpoint that answers "%s" is no answer, and then left alone [semantics.fallback]',
  async (mode) => {
    const embeddings = await endpoint();
    const made = semantics({ url: embeddings.url, timeoutMs: 1_000 });
    made.setServer('s', TOOLS);
    await until(() => expect(made.likeness('known', everything, 10)).resolves.toBeDefined());
    embeddings.mode = mode;
    expect(await made.likeness('automobile', everything, 10)).toBeUndefined();
    const asked = embeddings.requests.length;
    expect(await made.likeness('other', everything, 10)).toBeUndefined();
    expect(embeddings.requests).toHaveLength(asked);
    expect(await made.likeness('known', everything, 10)).toBeDefined();
  },
);

test.each(['hang', 'html', '500', 'few', 'zeros', 'ragged'] as const)(
  'tools that an endpoint of "%s" gives no vectors of are not found by meaning [semantics.fallback]',
  async (mode) => {
    const embeddings = await endpoint(mode);
    const made = semantics({ url: embeddings.url });
    made.setServer('s', TOOLS);
    await until(() => expect(embeddings.requests).toHaveLength(1));
    expect(await made.likeness('automobile', everything, 10)).toBeUndefined();
    expect(embeddings.requests).toHaveLength(1);
  },
);

test('an endpoint that is gone and comes back is asked for what is missing [semantics.recovers]', async () => {
  const { url, stop, start } = await endpoint();
  stop();
  const made = semantics({ url, cooldown: new Cooldown({ firstMs: 1, mostMs: 20 }) });
  made.setServer('s', TOOLS);
  await until(() => expect(made.log.join()).toContain('ECONNREFUSED'));
  expect(await made.likeness('automobile', everything, 10)).toBeUndefined();
  start();
  expect((await ranked(made, 'automobile'))[0]?.[0]).toBe('s::rent');
});

test('each failure in a row doubles the rest, up to a bound; a success ends it [semantics.fallback]', () => {
  let now = 0;
  const cooldown = new Cooldown({ now: () => now });
  const rests = Array.from({ length: 7 }, () => {
    cooldown.failed();
    cooldown.failed();
    const rest = cooldown.remainingMs;
    now += rest;
    return rest / 1_000;
  });
  expect(rests).toEqual([30, 60, 120, 240, 480, 600, 600]);
  cooldown.succeeded();
  expect(cooldown.remainingMs).toBe(0);
  cooldown.failed();
  expect(cooldown.remainingMs).toBe(30_000);
});

test('after close nothing is asked and nothing answered [semantics.fallback]', async () => {
  const embeddings = await endpoint('hang');
  const made = semantics({ url: embeddings.url });
  made.setServer('s', TOOLS);
  await until(() => expect(embeddings.requests).toHaveLength(1));
  made.close();
  made.setServer('t', TOOLS);
  expect(await made.likeness('automobile', everything, 10)).toBeUndefined();
  expect([embeddings.requests.length, made.log]).toEqual([1, []]);
});

test('key and headers are sent, and not logged [semantics.secret]', async () => {
  const embeddings = await endpoint('html');
  const options = { url: embeddings.url, apiKey: 'sk-secret', headers: { 'x-team': 'hush-hush' } };
  const made = semantics(options);
  const refused = semantics({ ...options, apiKey: 'sk-secret\nx', headers: { 'x-team': 'hush\u0000hush' } });
  for (const each of [made, refused]) {
    each.setServer('s', TOOLS);
    await until(() => expect(each.log.join()).toContain('no embeddings'));
    expect(each.log.join()).not.toMatch(/secret|hush/);
  }
  expect(embeddings.received[0]).toMatchObject({ authorization: 'Bearer sk-secret', 'x-team': 'hush-hush' });
  expect(embeddings.received).toHaveLength(1);
});
