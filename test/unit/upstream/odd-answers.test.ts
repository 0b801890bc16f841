import { expect, test } from 'vitest';
import { answering, WAYS, type Write } from '../../helpers/servers/answering-servers.ts';
import { called, connectedTo, SAID } from '../../helpers/servers/odd-server.ts';

const { signal } = new AbortController();

const DEEP: Write = (id) =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${'['.repeat(100_001)}${']'.repeat(100_001)}}`;
const CUT: Write = (id) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[`;
const DEEP_ERROR: Write = (id) =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":{"why":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`;

test.each(WAYS)(
  'an answer by %s that cannot be read fails its call with that cause, and the connection stands [lenient.unreadable]',
  async (way) => {
    for (const [write, message] of [
      [DEEP, 'the server answered JSON nested deeper than 100000 levels'],
      [CUT, 'the server answered what is not JSON'],
      [DEEP_ERROR, 'an error that is nested too deeply to be told'],
    ] as const) {
      const { connection } = await connectedTo(await answering(way, 'tools/call', write));
      expect(await called(connection)).toEqual({ error: { code: -32_603, message } });
      expect((await connection.listTools()).tools).toHaveLength(1);
    }
  },
);

const answer =
  (members: object): Write =>
  (id) =>
    JSON.stringify({ jsonrpc: '2.0', id, ...members });

test.each(WAYS)(
  'by %s, a result that is no object is taken in the nearest form that is one [lenient.results]',
  async (way) => {
    const asked = async (method: string, members: object) => {
      const { connection } = await connectedTo(await answering(way, method, answer(members)));
      return connection.forward(method, {}, { signal });
    };
    const blocks = SAID.result as { content: unknown };
    expect(await asked('tools/call', { result: blocks.content })).toEqual({ result: blocks });
    expect(await asked('tools/call', { result: 'said' })).toEqual({ result: { content: 'said' } });
    expect(await asked('tools/call', { result: null })).toEqual({ result: {} });
    expect(await asked('ping', {})).toEqual({ result: {} });
  },
);

test.each([
  ['resources/read', [], { contents: [] }],
  ['resources/read', 'text', { contents: 'text' }],
  ['prompts/get', ['text'], { messages: ['text'] }],
  ['prompts/list', [], { prompts: [] }],
  ['completion/complete', ['a'], { completion: ['a'] }],
  ['resources/subscribe', null, {}],
  ['logging/setLevel', true, {}],
])('a result of %s that is %j is understood [lenient.results]', async (method, result, understood) => {
  const { connection } = await connectedTo(await answering('a body', method, answer({ result })));
  expect(await connection.forward(method, {}, { signal })).toEqual({ result: understood });
});

test.each([
  ['resources/read', { result: null }, 'resources/read with null in place of a result'],
  ['prompts/get', { result: 42 }, 'prompts/get with 42 in place of a result'],
  ['tasks/get', { result: ['Zq7kP2vL9'] }, 'tasks/get with ["[redacted]"] in place of a result'],
  ['tools/call', {}, 'tools/call with neither a result nor an error'],
  ['resources/read', { error: null }, 'resources/read with neither a result nor an error'],
])(
  'what %s is answered with is named where it can be no result: %j [lenient.results]',
  async (method, members, told) => {
    const entry = await answering('a body', method, answer(members));
    const { connection } = await connectedTo({ ...entry, headers: { 'X-Api-Key': 'Zq7kP2vL9' } });
    await expect(connection.forward(method, {}, { signal })).rejects.toThrow(`the server answered ${told}`);
  },
);

test('a batch is taken over WebSocket as over the other transports [lenient.http]', async () => {
  const write: Write = (id) => `[${answer(SAID)(id)}]`;
  for (const way of WAYS) {
    const { connection } = await connectedTo(await answering(way, 'tools/call', write));
    expect(await called(connection)).toEqual(SAID);
  }
});
