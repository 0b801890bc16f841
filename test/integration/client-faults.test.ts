import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { Message } from '../helpers/clients/raw-peer.ts';
import { textOf } from '../helpers/clients/results.ts';
import { type Gateway, launchGateway, startGateway } from '../helpers/gateway/gateway.ts';
import { local } from '../helpers/servers/fixture.ts';

const INITIALIZE = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'faulty', version: '1' } };

const start = () => startGateway({ config: { u: local({ sdk: 'raw' }) }, sdk: 'raw' });

/** The text of a request, with an id and params that need not be what JSON-RPC has. */
function request(id: string, method: string, params?: string): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"${method}"${params === undefined ? '' : `,"params":${params}`}}`;
}

const echo = (id: string, args: string) =>
  request(id, 'tools/call', `{"name":"invoke","arguments":{"id":"u::echo","args":${args}}}`);

/** What the gateway answers to a line: the first message that it has not sent before. */
async function answerTo(line: string, { process: { peer } }: Gateway): Promise<Message> {
  const before = peer.messages.length;
  peer.send(line);
  return peer.waitFor((message) => peer.messages.indexOf(message) >= before);
}

const echoed = ({ result }: Message) => textOf(result as JsonObject);

/** A call in an honest shape still works, and nothing but JSON-RPC was written. */
async function expectSound(gateway: Gateway): Promise<void> {
  expect(textOf(await gateway.invoke('u::echo', { still: 'here' }))).toBe('{"still":"here"}');
  expect(gateway.process.peer.impure).toEqual([]);
  expect(gateway.process.tail()).not.toMatch(/uncaught|unhandled|internal error/);
}

test('a line split at any byte, also inside a character, is one line [client.lines]', async () => {
  const gateway = await start();
  const { peer, pipes } = gateway.process;
  const line = Buffer.from(`${echo('"≠€🙂"', '{"text":"é≠🙂"}')}\n`);
  for (const byte of line) {
    // Each write arrives by itself: the pipe has been emptied before the next turn of the loop, or holds a few bytes more.
    await new Promise<void>((resolve) => pipes.stdin.write(Buffer.of(byte), () => setImmediate(resolve)));
  }
  const answer = await peer.waitFor(({ id }) => (id as unknown) === '≠€🙂');
  expect(echoed(answer)).toBe('{"text":"é≠🙂"}');
  await expectSound(gateway);
});

test('several messages in one chunk, with CRLF and blank lines, are all answered [client.lines]', async () => {
  const gateway = await start();
  const { peer } = gateway.process;
  peer.send(`${echo('"a"', '{"n":1}')}\r\n\r\n  \n${echo('"b"', '{"n":2}')}`);
  for (const [id, n] of [
    ['a', 1],
    ['b', 2],
  ] as const)
    expect(echoed(await peer.waitFor((message) => message.id === id))).toBe(`{"n":${n}}`);
  await expectSound(gateway);
});

test('a line that is half-written when the client goes ends nothing but the session [client.lines]', async () => {
  const gateway = await start();
  gateway.process.pipes.stdin.write('{"jsonrpc":"2.0","id":9,"method":"tools/ca');
  expect(await gateway.stop()).toMatchObject({ code: 0 });
});

test('malformed JSON is a parse error each time [client.lines]', async () => {
  const gateway = await start();
  const lines = ['hello', '{"jsonrpc":', '{"jsonrpc":"2.0","id":1,}', '\u0000', '"\ud800', '{'.repeat(100_000)];
  for (const line of lines)
    expect(await answerTo(line, gateway), line.slice(0, 40)).toMatchObject({ id: null, error: { code: -32_700 } });
  await expectSound(gateway);
});

test('bytes that are not UTF-8 harm their own line at most [client.lines]', async () => {
  const gateway = await start();
  const { peer, pipes } = gateway.process;
  pipes.stdin.write(Buffer.of(0xff, 0xfe, 0x00, 0x80, 0x0a));
  await peer.waitFor(({ error }) => error?.code === -32_700);
  const [head = '', tail = ''] = echo('"odd"', '{"text":"<>"}').split('<>');
  pipes.stdin.write(Buffer.concat([Buffer.from(head), Buffer.of(0xc3, 0x28, 0xff), Buffer.from(`${tail}\n`)]));
  const answer = await peer.waitFor(({ id }) => (id as unknown) === 'odd');
  expect(echoed(answer)).toBe('{"text":"\ufffd(\ufffd"}');
  await expectSound(gateway);
});

test('requests with one id at one time are both answered [client.ids]', async () => {
  const gateway = await start();
  const { peer } = gateway.process;
  const before = peer.messages.length;
  peer.send(`${echo('7777', '{"n":1}')}\n${echo('7777', '{"n":2}')}`);
  const answers = () => peer.messages.slice(before).filter(({ id }) => id === 7777);
  await peer.waitFor(() => answers().length === 2);
  expect(answers().map(echoed).sort()).toEqual(['{"n":1}', '{"n":2}']);
  await expectSound(gateway);
});

test('ids of any kind that JSON-RPC has come back as they are [client.ids]', async () => {
  const gateway = await start();
  for (const id of ['-5', '0', '9007199254740991', '""', '"__proto__"', '"\\u0000\\ud83d"', '"01"']) {
    const answer = await answerTo(echo(id, '{"n":1}'), gateway);
    expect(answer.id).toBe(JSON.parse(id));
    expect(echoed(answer)).toBe('{"n":1}');
  }
  await expectSound(gateway);
});

test('an id of 1 MB comes back whole [client.ids]', async () => {
  const gateway = await start();
  const id = 'i'.repeat(1_000_000);
  const answer = await answerTo(echo(JSON.stringify(id), '{"n":1}'), gateway);
  expect((answer.id as unknown) === id).toBe(true);
  expect(echoed(answer)).toBe('{"n":1}');
});

test('a request with an id that is none is refused, not left without an answer [client.ids]', async () => {
  const gateway = await start();
  const numbers = { '1.5': 1.5, '1e308': 1e308, '9007199254740993': 2 ** 53 };
  const others = ['null', '1e999', '{}', '[1]', 'true'].map((id) => [id, null] as const);
  for (const [id, said] of [...Object.entries(numbers), ...others]) {
    for (const line of [request(id, 'ping'), echo(id, '{"n":1}')])
      expect(await answerTo(line, gateway), line).toMatchObject({ id: said, error: { code: -32_600 } });
  }
  await expectSound(gateway);
});

test('a request of another shape is refused under its id [client.requests]', async () => {
  const gateway = await start();
  const lines = [
    '{"jsonrpc":"2.0","id":"x","method":5}',
    '{"jsonrpc":"1.0","id":"x","method":"ping"}',
    request('"x"', 'ping', '[]'),
    request('"x"', 'tools/call', '"x"'),
    request('"x"', 'tools/list', '{"_meta":5}'),
    request('"x"', 'tools/list', '{"_meta":{"progressToken":{}}}'),
  ];
  for (const line of lines)
    expect(await answerTo(line, gateway), line).toMatchObject({ id: 'x', error: { code: -32_600 } });
  await expectSound(gateway);
});

test('unknown methods are errors, whatever they are called [client.requests]', async () => {
  const gateway = await start();
  for (const method of ['nope', '__proto__', 'toString', '', 'x'.repeat(1_000_000)]) {
    const { error } = await gateway.process.peer.request(method);
    expect(error?.code).toBe(-32_601);
    expect(error?.message.length).toBeLessThan(500);
  }
  await expectSound(gateway);
});

test('each request of a batch of 2025-03-26 is answered; what is none, and an empty batch, is refused [client.batches]', async () => {
  const gateway = launchGateway({ config: { u: local({ sdk: 'raw' }) } });
  const { peer } = gateway.process;
  await peer.request('initialize', { ...INITIALIZE, protocolVersion: '2025-03-26' });
  expect(await answerTo('[]', gateway)).toMatchObject({ id: null, error: { code: -32_600 } });
  expect(await answerTo('[[]]', gateway)).toMatchObject({ id: null, error: { code: -32_600 } });
  const stray = '{"jsonrpc":"2.0","method":"notifications/unknown"}';
  const before = peer.messages.length;
  peer.send(`[${echo('"a"', '{"n":1}')},${stray},5,${echo('"b"', '{"n":2}')}]`);
  expect(echoed(await peer.waitFor(({ id }) => (id as unknown) === 'a'))).toBe('{"n":1}');
  expect(echoed(await peer.waitFor(({ id }) => (id as unknown) === 'b'))).toBe('{"n":2}');
  expect(peer.messages.slice(before).filter(({ error }) => error)).toHaveLength(1);
  expect(peer.impure).toEqual([]);
  expect(gateway.process.tail()).not.toMatch(/uncaught|unhandled|internal error/);
});

test('requests before initialize are answered, and it may still come [client.order]', async () => {
  const gateway = launchGateway({ config: { u: local({ sdk: 'raw' }) } });
  const { peer } = gateway.process;
  expect((await peer.request('ping')).error).toBeUndefined();
  expect((await peer.request('tools/list')).result?.tools).toHaveLength(5);
  const early = await peer.request('tools/call', { name: 'invoke', arguments: { id: 'u::echo', args: { n: 1 } } });
  expect(echoed(early)).toBe('{"n":1}');
  expect((await peer.request('initialize', INITIALIZE)).result).toMatchObject({ protocolVersion: '2025-11-25' });
  expect((await peer.request('tools/list')).result?.tools).toHaveLength(5);
});

test('an initialize without what it needs is an error, and a right one may follow [client.order]', async () => {
  const { peer } = launchGateway({ config: {} }).process;
  for (const params of [undefined, {}, { protocolVersion: 5 }])
    expect((await peer.request('initialize', params)).error).toMatchObject({ code: expect.any(Number) });
  expect((await peer.request('initialize', INITIALIZE)).result).toMatchObject({ protocolVersion: '2025-11-25' });
});

test('what wants no answer gets none: unknown notifications, answers to nothing [client.stray]', async () => {
  const gateway = await start();
  const { peer } = gateway.process;
  const before = peer.messages.length;
  for (const body of [
    '"method":"notifications/unknown","params":{"a":1}',
    '"method":"notifications/cancelled","params":{"requestId":404}',
    '"method":"notifications/cancelled","params":{"requestId":{}}',
    '"method":"notifications/cancelled"',
    '"method":"notifications/progress","params":{"progressToken":9}',
    '"method":"notifications/initialized"',
    '"id":404,"result":{}',
    '"id":404,"error":{"code":1,"message":"no"}',
    '"id":404,"error":5',
    '"id":404',
  ])
    peer.send(`{"jsonrpc":"2.0",${body}}`);
  await expectSound(gateway);
  expect(peer.messages.slice(before)).toHaveLength(1);
});

test('a question that the client answers badly fails, and its call goes on [client.bad-answer]', async () => {
  const { peer } = launchGateway({ config: { u: local({ sdk: 'raw' }) } }).process;
  await peer.request('initialize', { ...INITIALIZE, capabilities: { sampling: {} } });
  peer.notify('notifications/initialized');
  const rounds = [{ q: { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } } }];
  const bodies = [{}, { result: 5 }, { error: 'no' }, { error: { code: 1.5, message: 'no' } }];
  for (const body of bodies) {
    const before = peer.messages.length;
    const asking = peer.request('tools/call', { name: 'invoke', arguments: { id: 'u::ask', args: { rounds } } });
    const { id } = await peer.waitFor((message) => {
      return message.method === 'sampling/createMessage' && peer.messages.indexOf(message) >= before;
    });
    peer.send({ id, ...body });
    const [answers] = JSON.parse(echoed(await asking)) as JsonObject[];
    expect(answers, JSON.stringify(body)).toMatchObject({ q: { error: { code: expect.any(Number) } } });
  }
});
