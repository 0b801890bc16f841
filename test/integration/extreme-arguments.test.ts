import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { Message } from '../helpers/clients/raw-peer.ts';
import { blocks, errorOf, textOf } from '../helpers/clients/results.ts';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { descendants } from '../helpers/system/processes.ts';

/** Keys that pollute prototypes where somebody copies them carelessly. */
const POLLUTING =
  '{"__proto__":{"polluted":1,"__proto__":{"polluted":2}},"constructor":{"prototype":{"polluted":3}},"prototype":4,"toString":"5","hasOwnProperty":6,"valueOf":null,"in":[{"__proto__":[{"__proto__":"x"}]}]}';

const start = () => startGateway({ config: { u: local({ sdk: 'raw' }) }, sdk: 'raw' });

let lastId = 0;

/** Calls a meta-tool with arguments given as JSON text, so that not even our own objects stand in between. */
async function callText(metaTool: string, input: string, { process: { peer } }: Gateway): Promise<Message> {
  const id = `text ${++lastId}`;
  peer.send(
    `{"jsonrpc":"2.0","id":"${id}","method":"tools/call","params":{"name":"${metaTool}","arguments":${input}}}`,
  );
  return peer.waitFor((message) => (message.id as unknown) === id);
}

/** What the server's `echo` got, as JSON text. */
async function echoed(args: string, gateway: Gateway): Promise<string> {
  const { result } = await callText('invoke', `{"id":"u::echo","args":${args}}`, gateway);
  return textOf(result ?? {});
}

async function echoedByJob(args: string, gateway: Gateway): Promise<string> {
  const { result } = await callText('invoke_async', `{"id":"u::echo","args":${args}}`, gateway);
  const { jobId } = JSON.parse(textOf(result ?? {})) as { jobId: string };
  const { result: answer } = await gateway.jobStatus(jobId, { waitMs: 20_000 });
  return textOf(answer);
}

test('keys that pollute prototypes arrive as they are, by invoke and by a job, and pollute nothing [extreme.keys]', async () => {
  const gateway = await start();
  expect(await echoed(POLLUTING, gateway)).toBe(POLLUTING);
  expect(await echoedByJob(POLLUTING, gateway)).toBe(POLLUTING);
  // As a JSON string too, which models write.
  expect(await echoed(JSON.stringify(POLLUTING), gateway)).toBe(POLLUTING);
  expect(await echoed('{}', gateway)).toBe('{}');
});

test('such keys in what is mended and checked by a schema stay keys [extreme.keys]', async () => {
  const schema = {
    type: 'object',
    properties: { count: { type: 'number' } },
    additionalProperties: { type: 'object' },
  };
  const definitions = [{ name: 'typed', description: 'Typed.', inputSchema: schema }];
  const gateway = await startGateway({ config: { u: local({ sdk: 'raw', definitions }) }, sdk: 'raw' });
  const { result } = await callText(
    'invoke',
    '{"id":"u::typed","args":{"count":"5","__proto__":{"__proto__":{"x":1}},"constructor":{}}}',
    gateway,
  );
  expect(textOf(result ?? {})).toBe('{"count":5,"__proto__":{"__proto__":{"x":1}},"constructor":{}}');
});

test('such keys beside args, and as ids, are refused in words [extreme.keys]', async () => {
  const gateway = await start();
  const beside = await callText('invoke', '{"id":"u::echo","__proto__":{"args":{}}}', gateway);
  expect(errorOf(beside.result ?? {})).toContain('__proto__');
  for (const id of ['__proto__', 'constructor', 'u::__proto__', '__proto__::echo', 'u::toString']) {
    expect(errorOf(await gateway.call('invoke', { id }))).toContain(id);
    expect(errorOf(await gateway.call('job_status', { jobId: id }))).toContain(id);
  }
  for (const name of ['__proto__', 'constructor', 'toString'])
    expect((await callText(name, '{}', gateway)).error?.message).toContain(name);
});

test('arguments nested 200 levels deep arrive as they are [extreme.depth]', async () => {
  const gateway = await start();
  const lists = `{"d":${'['.repeat(200)}1${']'.repeat(200)}}`;
  const objects = `${'{"d":'.repeat(200)}1${'}'.repeat(200)}`;
  expect(await echoed(lists, gateway)).toBe(lists);
  expect(await echoed(objects, gateway)).toBe(objects);
  expect(await echoedByJob(objects, gateway)).toBe(objects);
});

test('a schema that refers to itself checks deep arguments within bounds [extreme.depth]', async () => {
  const schema = { type: 'object', properties: { d: { $ref: '#' } }, additionalProperties: { anyOf: [{ $ref: '#' }] } };
  const definitions = [{ name: 'tree', description: 'A tree.', inputSchema: schema }];
  const gateway = await startGateway({ config: { u: local({ sdk: 'raw', definitions }) }, sdk: 'raw' });
  const deep = `${'{"d":'.repeat(199)}{}${'}'.repeat(199)}`;
  const { result } = await callText('invoke', `{"id":"u::tree","args":${deep}}`, gateway);
  expect(textOf(result ?? {})).toBe(deep);
});

test('arguments too deep for any JSON writer are an error, and the session goes on [extreme.depth]', async () => {
  const gateway = await start();
  const { error } = await callText(
    'invoke',
    `{"id":"u::echo","args":{"d":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`,
    gateway,
  );
  expect(error?.message).toContain('deeper than 512');
  expect(await echoed('{"n":1}', gateway)).toBe('{"n":1}');
});

test('numbers are what JSON.parse makes of them, as on a direct connection [extreme.numbers]', async () => {
  const gateway = await start();
  const numbers =
    '[1e21,-0,0.1,0.30000000000000004,9007199254740993,-9007199254740993,1e400,-1e400,5e-324,1.7976931348623157e308,123456789012345678901234567890,1E5,0.10]';
  const direct = JSON.stringify({ n: JSON.parse(numbers) as unknown });
  expect(await echoed(`{"n":${numbers}}`, gateway)).toBe(direct);
  expect(await echoedByJob(`{"n":${numbers}}`, gateway)).toBe(direct);
});

test('strings arrive as they are: lone surrogates, U+2028, NUL, and none cut [extreme.strings]', async () => {
  const gateway = await start();
  const strings = [
    '\ud83d',
    '\ude00x',
    '\u2028\u2029',
    '\0',
    '\u007f\u0080',
    '\ufeff',
    '🙂'.repeat(1_000),
    '"\\\n\r\t',
  ];
  const args = JSON.stringify({ strings, '\ud800': '\0', '': 'empty' });
  expect(await echoed(args, gateway)).toBe(args);
  expect(await echoedByJob(args, gateway)).toBe(args);
  // Written out instead of escaped, as some clients do.
  expect(await echoed('{"s":"\u2028\u2029\u007f"}', gateway)).toBe(JSON.stringify({ s: '\u2028\u2029\u007f' }));
});

test.each(['invoke', 'invoke_async'])(
  '%s: an absurd timeoutMs is a clear error [extreme.timeouts]',
  async (metaTool) => {
    const gateway = await start();
    for (const timeoutMs of ['0', '-1', '-1e308', '1e400', '"soon"', '"1e400"', '{}', '[]', 'true']) {
      const { result } = await callText(metaTool, `{"id":"u::echo","timeoutMs":${timeoutMs}}`, gateway);
      expect(errorOf(result ?? {}), timeoutMs).toMatch(/timeoutMs/);
    }
  },
);

test('a timeoutMs beyond what a timer takes is no instant time-out [extreme.timeouts]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ sdk: 'raw', journal: file }) }, sdk: 'raw' });
  // NaN and Infinity are null in JSON, which is as good as absent; some write them as texts.
  for (const timeoutMs of ['2147483647', '2147483648', '4294967297', '1e15', '1e308', 'null', '"NaN"', '"1e10"']) {
    const input = `{"id":"u::silence","args":{"ms":50},"timeoutMs":${timeoutMs}}`;
    expect(textOf((await callText('invoke', input, gateway)).result ?? {}), timeoutMs).toBe('at last');
    const ticket = await callText('invoke_async', input, gateway);
    const { jobId } = JSON.parse(textOf(ticket.result ?? {})) as { jobId: string };
    const { record } = await gateway.jobStatus(jobId, { waitMs: 20_000 });
    expect(record.status, timeoutMs).toBe('completed');
  }
  expect(events('cancelled')).toEqual([]);
});

test('an absurd waitMs, limit, offset or priority is an error or taken, never a crash [extreme.timeouts]', async () => {
  const gateway = await start();
  const silence = '"id":"u::silence","args":{"ms":50}';
  for (const waitMs of ['2147483648', '1e308'])
    expect(textOf((await callText('invoke', `{${silence},"waitMs":${waitMs}}`, gateway)).result ?? {})).toBe('at last');
  for (const waitMs of ['-1', '1e400', '"x"'])
    expect(errorOf((await callText('invoke', `{${silence},"waitMs":${waitMs}}`, gateway)).result ?? {})).toMatch(
      /waitMs/,
    );
  for (const [field, value] of ['limit', 'offset'].flatMap((each) =>
    ['-1', '0.5', '1e400', '1e308'].map((v) => [each, v]),
  ))
    expect(errorOf((await callText('search', `{"query":"echo","${field}":${value}}`, gateway)).result ?? {})).toContain(
      field,
    );
  for (const priority of ['1e308', '-1e308', '5e-324', '-0']) {
    const { result } = await callText('invoke_async', `{"id":"u::echo","priority":${priority}}`, gateway);
    const { jobId } = JSON.parse(textOf(result ?? {})) as { jobId: string };
    expect((await gateway.jobStatus(jobId, { waitMs: 20_000 })).record.status).toBe('completed');
  }
  const refused = await callText('invoke_async', '{"id":"u::echo","priority":1e400}', gateway);
  expect(errorOf(refused.result ?? {})).toMatch(/priority/);
});

test('ids, names and keys of 1 MB get a short error [extreme.ids]', async () => {
  const gateway = await start();
  await gateway.knows('u::echo');
  const running = descendants(gateway.pid);
  const long = 'é'.repeat(500_000);
  const inputs: [string, JsonObject][] = [
    ['invoke', { id: long }],
    ['invoke', { id: `u::${long}` }],
    ['invoke', { id: 'u::echo', [long]: 1 }],
    ['invoke', { id: 'u::echo', args: `{"${long}` }],
    ['invoke', { id: 'u::add', args: { a: long, b: 1 } }],
    ['invoke_async', { id: `u::${long}` }],
    ['describe', { id: long }],
    ['job_status', { jobId: long }],
  ];
  for (const [metaTool, input] of inputs)
    expect(errorOf(await gateway.call(metaTool, input)).length, metaTool).toBeLessThan(1_300);
  const several = await gateway.call('describe', { id: Array.from({ length: 10 }, () => long) });
  expect(JSON.stringify(blocks(several)).length).toBeLessThan(10_000);
  expect((await callText(long, '{}', gateway)).error?.message.length).toBeLessThan(500);
  expect(descendants(gateway.pid)).toEqual(running);
});
