import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { jsonOf } from '../helpers/clients/results.ts';
import { directTransport } from '../helpers/clients/transports.ts';
import { observe, outcomeOf, type Way } from '../helpers/fidelity/probe.ts';
import type { ClientKind } from '../helpers/fidelity/session.ts';
import { answerOf, directly, throughGateway } from '../helpers/fidelity/ways.ts';
import { REAL } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const GENERATIONS = ['v1', 'v2'] as const;

/** Calls that together use every tool of the server that needs no task. */
const CALLS: readonly [tool: string, args: JsonObject][] = [
  ['echo', { message: 'hello "there" 🙂' }],
  ['get-annotated-message', { messageType: 'error', includeImage: true }],
  ['get-annotated-message', { messageType: 'debug' }],
  ['get-env', {}],
  ['get-resource-links', { count: 4 }],
  ['get-resource-reference', { resourceType: 'Text', resourceId: 1 }],
  ['get-resource-reference', { resourceType: 'Blob', resourceId: 2 }],
  ['get-resource-reference', { resourceType: 'Blob', resourceId: -1 }],
  ['get-structured-content', { location: 'Chicago' }],
  ['get-sum', { a: 1.5, b: -3 }],
  ['get-tiny-image', {}],
  ['gzip-file-as-resource', { name: 'a.gz', data: 'data:text/plain,abc', outputType: 'resource' }],
  ['gzip-file-as-resource', { name: 'b.gz', data: 'data:text/plain,abc', outputType: 'resourceLink' }],
  ['toggle-subscriber-updates', {}],
  ['toggle-subscriber-updates', {}],
  ['trigger-long-running-operation', { duration: 0.2, steps: 4 }],
  ['get-roots-list', {}],
  ['trigger-elicitation-request', {}],
  ['trigger-url-elicitation', { url: 'https://login.test/x', elicitationId: 'e-1' }],
  ['trigger-url-elicitation', { url: 'https://login.test/y', elicitationId: 'e-2', errorPath: true }],
  ['trigger-sampling-request', { prompt: 'text please', maxTokens: 7 }],
];
const TASK_TOOL = 'simulate-research-query';
/** It logs at random until it is called again, which `logs at the client’s level` looks into. */
const RANDOM_TOOL = 'toggle-simulated-logging';

const COMPLETIONS: readonly JsonObject[] = [
  { ref: { type: 'ref/prompt', name: 'completable-prompt' }, argument: { name: 'department', value: 'S' } },
  {
    ref: { type: 'ref/prompt', name: 'completable-prompt' },
    argument: { name: 'name', value: '' },
    context: { arguments: { department: 'Sales' } },
  },
  { ref: { type: 'ref/prompt', name: 'resource-prompt' }, argument: { name: 'resourceType', value: 'B' } },
  { ref: { type: 'ref/prompt', name: 'resource-prompt' }, argument: { name: 'resourceId', value: '3' } },
  {
    ref: { type: 'ref/resource', uri: 'demo://resource/dynamic/text/{resourceId}' },
    argument: { name: 'resourceId', value: '1' },
  },
  {
    ref: { type: 'ref/resource', uri: 'demo://resource/dynamic/blob/{resourceId}' },
    argument: { name: 'resourceId', value: 'x' },
  },
];

const PROMPTS: readonly JsonObject[] = [
  { name: 'simple-prompt' },
  { name: 'args-prompt', arguments: { city: 'Oslo', state: 'Ø' } },
  { name: 'args-prompt', arguments: {} },
  { name: 'completable-prompt', arguments: { department: 'Sales', name: 'Eve' } },
  { name: 'resource-prompt', arguments: { resourceType: 'Text', resourceId: '2' } },
  { name: 'resource-prompt', arguments: { resourceType: 'Text', resourceId: '0' } },
  { name: 'no-such-prompt' },
];

/** Directly and through the gateway, each with a server of its own. */
async function bothWays(client: ClientKind, capabilities?: JsonObject) {
  const direct = await directly(client, directTransport(REAL.everything(), 'stdio', 'v1'), undefined, capabilities);
  const through = await throughGateway(client, REAL.everything(), 'echo', undefined, capabilities);
  // The server asks for the roots a moment after the handshake, whatever is going on then.
  const settled = ({ session }: Way) => session.asked.some(({ method }) => method === 'roots/list');
  if (!capabilities) await waitUntil(() => settled(direct) && settled(through), { what: 'the roots were asked for' });
  return [direct, through] as const;
}

test.each(GENERATIONS)('%s: every tool is defined the same [fidelity.everything]', async (client) => {
  const [direct, through] = await bothWays(client);
  const tools = async () => (await direct.session.request('tools/list', {})).tools as JsonObject[];
  // Some tools come only when the server knows the client.
  await waitUntil(async () => (await tools()).some(({ name }) => name === TASK_TOOL));
  const listed = await tools();
  const called = new Set(CALLS.map(([tool]) => tool));
  expect(listed.map(({ name }) => name).sort()).toEqual([...called, RANDOM_TOOL, TASK_TOOL].sort());
  for (const definition of listed) {
    const described = await through.session.callTool('describe', { id: `u::${definition.name}` });
    expect
      .soft(jsonOf(described))
      .toEqual({ id: `u::${definition.name}`, server: 'u', available: true, ...definition });
  }
});

test.each(GENERATIONS)('%s: every tool answers the same, and asks the same [fidelity.everything]', async (client) => {
  const [direct, through] = await bothWays(client);
  for (const [tool, args] of CALLS) {
    const run = (way: Way) => outcomeOf(way.call(tool, args, { onProgress: () => {} }));
    const expected = await observe(direct, run);
    expect.soft(timeless(await observe(through, run)), `${tool} ${JSON.stringify(args)}`).toEqual(timeless(expected));
  }
});

test('a resource that a tool adds is told, listed and read [fidelity.everything]', async () => {
  const args = { name: 'c.gz', data: 'data:text/plain,abc', outputType: 'resourceLink' };
  const ways = await bothWays('v1');
  const lists = ways.map(async (way) => {
    const from = way.session.received.length;
    await way.call('gzip-file-as-resource', args);
    const told = () =>
      way.session.received.slice(from).some(({ method }) => method === 'notifications/resources/list_changed');
    await waitUntil(told);
    const read = await way.session.request('resources/read', { uri: 'demo://resource/session/c.gz' });
    return { list: await way.session.request('resources/list', {}), read };
  });
  const [expected, found] = await Promise.all(lists);
  expect(found).toEqual(expected);
  expect(JSON.stringify(found)).toContain('demo://resource/session/c.gz');
});

test('a tool that runs as a task answers the same [fidelity.everything]', async () => {
  const [direct, through] = await bothWays('v1');
  const args = { topic: 'bees', ambiguous: false };
  const params = { name: TASK_TOOL, arguments: args };
  const { taskId } = (await direct.session.request('tools/call', { ...params, task: { ttl: 60_000 } })).task as {
    taskId: string;
  };
  const expected = CallToolResultSchema.parse(await direct.session.request('tasks/result', { taskId }));
  const { content } = await through.call(TASK_TOOL, args);
  expect(content).toEqual(expected.content);
});

const WITH_TASKS = {
  sampling: {},
  elicitation: { form: {} },
  tasks: { list: {}, cancel: {}, requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
};

test('questions that the client answers with a task of its own [fidelity.everything]', async () => {
  const [direct, through] = await bothWays('v1', WITH_TASKS);
  for (const [tool, args] of [
    ['trigger-sampling-request-async', { prompt: 'hello' }],
    ['trigger-elicitation-request-async', {}],
  ] as const) {
    await waitUntil(async () => !(await through.session.callTool('describe', { id: `u::${tool}` })).isError);
    const [expected, found] = await Promise.all([direct, through].map((way) => way.call(tool, args)));
    expect.soft(taskless(found), tool).toEqual(taskless(expected));
    expect(JSON.stringify(found)).toContain('Task created');
  }
});

/** Without the ids of tasks. */
const taskless = (result: unknown) => JSON.parse(JSON.stringify(result).replace(/\b[\da-f]{32}\b/g, 'an id'));

test.each(GENERATIONS)('%s: logs at the client’s level [fidelity.everything]', async (client) => {
  for (const way of await bothWays(client)) {
    await way.session.setLevel?.('debug');
    const from = way.session.received.length;
    await way.call(RANDOM_TOOL, {});
    const logged = () => way.session.received.slice(from).find(({ method }) => method === 'notifications/message');
    expect((await waitUntil(logged)).params).toEqual({
      level: expect.any(String),
      data: expect.stringMatching(/message/),
    });
    await way.call(RANDOM_TOOL, {});
  }
});

test.each(GENERATIONS)('%s: resources, templates and prompts are the same [fidelity.everything]', async (client) => {
  const [direct, through] = await bothWays(client);
  const same = async (method: string, params: JsonObject = {}) => {
    const [expected, found] = await Promise.all([direct, through].map((way) => answerOf(way, method, params)));
    expect.soft(timeless(found), `${method} ${JSON.stringify(params)}`).toEqual(timeless(expected));
    return expected as JsonObject;
  };
  const { resources } = await same('resources/list');
  await same('resources/templates/list');
  await same('prompts/list');
  for (const { uri } of resources as JsonObject[]) await same('resources/read', { uri });
  for (const kind of ['text', 'blob', 'nothing'])
    await same('resources/read', { uri: `demo://resource/dynamic/${kind}/7` });
  for (const params of PROMPTS) await same('prompts/get', params);
  for (const params of COMPLETIONS) await same('completion/complete', params);
});

test.each(GENERATIONS)('%s: updates of a resource are told to who subscribes [fidelity.everything]', async (client) => {
  const uri = 'demo://resource/dynamic/text/1';
  for (const way of await bothWays(client)) {
    await way.session.request('resources/subscribe', { uri });
    const from = way.session.received.length;
    await way.call('toggle-subscriber-updates', {});
    const updated = () =>
      way.session.received.slice(from).find(({ method }) => method === 'notifications/resources/updated');
    expect((await waitUntil(updated)).params).toEqual({ uri });
    await way.call('toggle-subscriber-updates', {});
    await way.session.request('resources/unsubscribe', { uri });
  }
});

/** What the server logs of its own accord, and what the gateway tells when it has been quiet for a moment. */
const ITS_OWN = /^notifications\/(message|(resources|prompts)\/list_changed)$/;

/** Without the time of day, ids made up at random, the variables of the process, and what comes when it likes. */
function timeless(value: unknown): unknown {
  if (typeof value === 'string') return clockless(value);
  if (Array.isArray(value)) return value.map(timeless);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutNoise(key, member)]));
}

function withoutNoise(key: string, member: unknown): unknown {
  if (key === 'blob') return timeless(Buffer.from(String(member), 'base64').toString('utf8'));
  if (key === 'notifications') return (member as JsonObject[]).filter(({ method }) => !ITS_OWN.test(String(method)));
  return timeless(member);
}

function clockless(text: string): string {
  if (text.startsWith('{') && text.includes('"PATH"')) return 'the environment';
  return text
    .replace(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/, 'an id')
    .replace(/\d{1,2}:\d{2}:\d{2}[\u202f ][AP]M/g, 'now');
}
