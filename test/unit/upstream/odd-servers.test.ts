import { expect, test } from 'vitest';
import { parseJson, writeJson } from '../../../src/core/exact-json.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { readPages } from '../../../src/core/read-pages.ts';
import { rpcError } from '../../../src/core/rpc.ts';
import { listTools as listToolsOf } from '../../../src/upstream/list-tools.ts';
import { parseServerMessage } from '../../../src/upstream/server-message.ts';
import {
  called,
  connected,
  connectedTo,
  type Oddity,
  oddServer,
  type Request,
  SAID,
  send,
  sendJson,
  TOOL,
} from '../../helpers/servers/odd-server.ts';
import { waitUntil } from '../../helpers/system/processes.ts';

const listTools = (page: Parameters<typeof listToolsOf>[0], patienceMs?: number) =>
  listToolsOf(page, (text) => text, patienceMs);

const AGREED = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'odd', version: '1' },
};
const RESULTS: Readonly<Record<string, unknown>> = {
  initialize: AGREED,
  'tools/list': { tools: [TOOL] },
  'tools/call': SAID.result,
};

/** Writes every answer in its own way. */
const written =
  (write: (answer: { id: unknown; result: unknown }, message: Request) => unknown): Oddity =>
  (message, response) => {
    const result = RESULTS[message.method];
    return (
      message.id !== undefined && result !== undefined && sendJson(response, write({ id: message.id, result }, message))
    );
  };
const agreed = (change: object): Oddity =>
  written(({ id, result }, { method }) => ({
    jsonrpc: '2.0',
    id,
    result: method === 'initialize' ? { ...AGREED, ...change } : result,
  }));
const onCall =
  (answer: Oddity): Oddity =>
  (message, ...rest) =>
    message.method === 'tools/call' && answer(message, ...rest);

const FORMS: readonly (readonly [string, Oddity])[] = [
  ['ids as texts', written((answer) => ({ ...answer, id: String(answer.id) }))],
  ['no ids', written(({ result }) => ({ jsonrpc: '2.0', result }))],
  ['ids of null', written(({ result }) => ({ jsonrpc: '2.0', id: null, result }))],
  ['no version', written((answer) => answer)],
  ['an error of null beside the result', written((answer) => ({ ...answer, error: null }))],
  [
    'a result of null beside nothing, where none is wanted',
    written((answer) => ({ ...answer, params: null, method: undefined })),
  ],
  ['batches', written((answer) => [{ method: 'notifications/message', params: null }, answer])],
  ['capabilities of true', agreed({ capabilities: true })],
  ['capabilities as names', agreed({ capabilities: ['tools'] })],
  ['capabilities of null', agreed({ capabilities: null })],
  ['a capability of true', agreed({ capabilities: { tools: true, experimental: null, logging: null } })],
  ['a capability as a list', agreed({ capabilities: { tools: [] } })],
  ['null for what may be left out', agreed({ instructions: null, serverInfo: null, _meta: null })],
  ['names that are no texts', agreed({ serverInfo: { name: 7, title: null } })],
  [
    'events of any name',
    (message, response) => {
      const result = RESULTS[message.method];
      if (message.id === undefined || !result) return false;
      return send(
        response,
        200,
        'text/event-stream',
        `event: ${message.method}\ndata: ${JSON.stringify({ id: message.id, result })}\n\n`,
      );
    },
  ],
  [
    'events that do not end',
    (message, response) => {
      const result = RESULTS[message.method];
      return (
        message.id !== undefined &&
        result !== undefined &&
        send(response, 200, 'text/event-stream', `data: ${JSON.stringify({ id: message.id, result })}`)
      );
    },
  ],
  [
    'events under another content type',
    (message, response) => {
      const result = RESULTS[message.method];
      return (
        message.id !== undefined &&
        result !== undefined &&
        send(
          response,
          200,
          'application/json',
          `event: message\ndata: ${JSON.stringify({ id: message.id, result })}\n\n`,
        )
      );
    },
  ],
];

test.each(FORMS)('a server that writes %s is understood over HTTP [lenient.http]', async (_, odd) => {
  const { url } = await oddServer(odd);
  const { connection } = await connected(url);
  expect((await connection.listTools()).tools).toEqual([TOOL]);
  expect(await called(connection)).toEqual(SAID);
});

test.each(['Text/Event-Stream; Charset=UTF-8', 'text/event-stream, text/event-stream'])(
  'a stream of the type %s is one, for answers and between them [lenient.http]',
  async (type) => {
    const { url } = await oddServer(({ id, method }, response) => {
      if (method !== 'GET' && method !== 'tools/call') return false;
      const notice = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: method } };
      const message = method === 'GET' ? notice : { jsonrpc: '2.0', id, ...SAID };
      // The stream stays open.
      return response.writeHead(200, { 'content-type': type }).write(`data: ${JSON.stringify(message)}\n\n`);
    });
    const { connection, notified } = await connected(url);
    expect(await called(connection)).toEqual(SAID);
    await waitUntil(() => notified.includes('notifications/message'));
  },
);

const NOTICES: readonly (readonly [string, Oddity])[] = [
  ['HTTP 400', (_, response) => response.writeHead(400).end('no')],
  ['HTTP 405', (_, response) => response.writeHead(405).end()],
  ['HTTP 500', (_, response) => response.writeHead(500).end()],
  ['an error', (_, response) => sendJson(response, { id: null, error: { code: -32_601, message: 'no such method' } })],
  ['an end of the connection', (_, response) => response.destroy()],
];

test.each(NOTICES)(
  'a refused notifications/initialized (%s) costs a line in the log [lenient.notice]',
  async (_, odd) => {
    const { url } = await oddServer(
      (message, ...rest) => message.method === 'notifications/initialized' && odd(message, ...rest),
    );
    const { connection, log } = await connected(url);
    expect(await called(connection)).toEqual(SAID);
    expect(log.join('')).toMatch(/"warning".*notifications\/initialized was not taken/);
  },
);

const ERROR = { code: -32_603, message: 'database is locked', data: { table: 'users' } };

test.each([
  ['with the id null', 200, { jsonrpc: '2.0', id: null, error: ERROR }],
  ['without an id', 200, { error: ERROR }],
  ['in a batch', 200, [{ id: null, error: ERROR }]],
  ['with a status of the server', 500, { jsonrpc: '2.0', id: null, error: ERROR }],
])('an error %s in answer to a POST is the answer to that POST [lenient.error]', async (_, status, answer) => {
  const { url } = await oddServer(onCall((__, response) => sendJson(response, answer, status)));
  const { connection } = await connected(url);
  expect(await called(connection)).toEqual({ error: ERROR });
});

const SAYING = { code: -32_603, message: 'database is locked' };

test.each([
  ['a text', 200, (id: unknown) => ({ jsonrpc: '2.0', id, error: SAYING.message })],
  ['a text, for nobody', 200, () => ({ jsonrpc: '2.0', id: null, error: SAYING.message })],
  ['a text, with a status', 500, (id: unknown) => ({ jsonrpc: '2.0', id, error: SAYING.message })],
  ['a text beside a result of null', 200, (id: unknown) => ({ id, result: null, error: SAYING.message })],
  ['a message without a code', 200, (id: unknown) => ({ id, error: { message: SAYING.message } })],
  ['a message without a code, with a status', 400, (id: unknown) => ({ id, error: { message: SAYING.message } })],
  ['an error of ours under HTTP 403', 403, (id: unknown) => ({ jsonrpc: '2.0', id, error: SAYING })],
])('%s is the error that the server answers [lenient.error-text]', async (_, status, answer) => {
  const { url } = await oddServer(onCall(({ id }, response) => sendJson(response, answer(id), status)));
  const { connection } = await connected(url);
  expect(await called(connection)).toEqual({ error: SAYING });
});

test('an error that is neither an object nor a text is told as written, and one that says nothing as none [lenient.error-text]', () => {
  for (const error of [['a', 1], 42, true]) expect(rpcError(error).message).toBe(JSON.stringify(error));
  for (const error of [undefined, null, '', false]) expect(rpcError(error).message).toContain('neither a result');
});

test('an error for nobody under HTTP 403 stays a refusal [lenient.error-text]', async () => {
  const { url } = await oddServer(onCall((_, response) => sendJson(response, { id: null, error: SAYING }, 403)));
  const { connection } = await connected(url);
  await expect(called(connection)).rejects.toThrow('was refused');
});

test('such an error as an event is the answer too, and several calls at once get each its own [lenient.error]', async () => {
  const { url } = await oddServer(
    onCall(({ params }, response) => {
      const error = { ...ERROR, message: String(params?.name) };
      send(response, 200, 'text/event-stream', `data: ${JSON.stringify({ id: null, error })}\n\n`);
    }),
  );
  const { connection } = await connected(url);
  const { signal } = new AbortController();
  const names = ['a', 'b', 'c'];
  const answers = await Promise.all(names.map((name) => connection.forward('tools/call', { name }, { signal })));
  expect(answers).toEqual(names.map((name) => ({ error: { ...ERROR, message: name } })));
});

test('a call whose answer breaks off, ends without one or is a page fails with that cause [lenient.cause]', async () => {
  const answers: Oddity[] = [
    (_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
        .write('{', () => response.destroy()),
    (_, response) => send(response, 200, 'text/event-stream', ': nothing\n\n'),
    (_, response) => send(response, 200, 'text/html', '<html>Log in</html>'),
    (_, response) => send(response, 200, 'application/json', ''),
  ];
  let at = 0;
  const { url } = await oddServer(onCall((...rest) => answers[at++]?.(...rest)));
  const { connection } = await connected(url);
  for (const cause of [/broke off/, /ended without an answer/, /a web page/, /without an answer/]) {
    await expect(called(connection)).rejects.toThrow(cause);
  }
});

test('secrets of the entry are blanked in errors of the server, and in what it says beside a status [secrets.errors]', async () => {
  const { url } = await oddServer(
    onCall((_, response) =>
      sendJson(response, { id: null, error: { code: 1, message: 'bad Zq7kP2vL9', data: ['Zq7kP2vL9'] } }),
    ),
  );
  const { connection } = await connected(url, { headers: { 'X-Api-Key': 'Zq7kP2vL9' } });
  expect(await called(connection)).toEqual({ error: { code: 1, message: 'bad [redacted]', data: ['[redacted]'] } });
  const text = `${'x'.repeat(190)}Zq7kP2vL9`;
  const refusing = await oddServer((_, response) => send(response, 400, 'text/plain', text));
  await expect(connected(refusing.url, { headers: { 'X-Api-Key': 'Zq7kP2vL9' } })).rejects.not.toThrow('Zq7');
});

test('a server that declares no tools is asked for them all the same [lenient.undeclared]', async () => {
  const listing = await oddServer(agreed({ capabilities: { resources: {} } }));
  expect(await (await connected(listing.url)).connection.listTools()).toEqual({
    tools: [TOOL],
    problems: [],
    undeclared: true,
  });
  const without = await oddServer((message, response) =>
    message.method === 'tools/list'
      ? sendJson(response, { id: message.id, error: { code: -32_601, message: 'no' } })
      : agreed({ capabilities: {} })(message, response, {} as never),
  );
  expect(await (await connected(without.url)).connection.listTools()).toEqual({
    tools: [],
    problems: [],
    undeclared: true,
  });
});

const tool = (name: string) => ({ name, inputSchema: { type: 'object' } });

test('a later page that fails costs itself and what comes after it [paging.broken]', async () => {
  const pages = [
    { tools: [tool('a')], nextCursor: '2' },
    { tools: [tool('b')], nextCursor: 3 },
  ];
  let at = 0;
  const listing = await listTools(async () => pages[at++] ?? Promise.reject(new Error('Invalid cursor')));
  expect(listing.tools.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(listing.incomplete).toBe('page 3 could not be read (Invalid cursor)');
  await expect(listTools(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test.each([
  [
    'the same cursor with the same tools',
    [
      { tools: [tool('a')], nextCursor: 'x' },
      { tools: [tool('a')], nextCursor: 'x' },
    ],
  ],
  [
    'ever new cursors with the same tools',
    [
      { tools: [tool('a')], nextCursor: 'x' },
      { tools: [tool('a')], nextCursor: 'y' },
    ],
  ],
])('a server that gives %s has listed no tool twice [paging.repeated]', async (_, pages) => {
  let at = 0;
  const { tools, problems, incomplete } = await listTools(async () => pages[at++] as (typeof pages)[0]);
  expect(tools).toHaveLength(1);
  expect(incomplete).toBeUndefined();
  expect(problems).toEqual(['tools/list was stopped after 2 pages and 1 tools: it does not come to an end']);
});

test.each([
  ['an empty page', [[]]],
  ['null', [null]],
  ['several empty ones', [[], [], null]],
  ['a page of malformed tools', [[{ name: 'x', inputSchema: 5 }, null, 5]]],
])('%s does not end a list [paging.empty]', async (_, before) => {
  const pages = [...before, [tool('a')], ...before, [tool('b')]];
  let at = 0;
  const page = async () => {
    const tools = pages[at++];
    return { tools, ...(at < pages.length && { nextCursor: `${at}` }) };
  };
  const { tools, incomplete } = await listTools(page);
  expect(tools.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(incomplete).toBeUndefined();
});

test.each([
  ['empty pages', [], 200],
  ['the same malformed tools', [{ name: 'x', inputSchema: 5 }], 2],
])('%s for ever are stopped, and said [paging.empty]', async (_, tools, pages) => {
  let at = 0;
  const { problems, incomplete } = await listTools(async () => ({ tools, nextCursor: `${at++}` }));
  expect(at).toBe(pages);
  expect([incomplete, ...problems]).toContain(
    `tools/list was stopped after ${pages} pages and 0 tools: it does not come to an end`,
  );
});

test('a page without a list costs itself only, where the next one is known [paging.lost]', async () => {
  const pages: JsonObject[] = [
    { tools: [tool('a')], nextCursor: 'b' },
    { nextCursor: 'c' },
    { tools: 'none', nextCursor: 'd' },
    { tools: [tool('b')] },
  ];
  let at = 0;
  const { tools, incomplete } = await listTools(async () => pages[at++] ?? {});
  expect(tools.map(({ name }) => name)).toEqual(['a', 'b']);
  const why = 'tools/list answered without a list of tools';
  expect(incomplete).toBe(`page 2 could not be read (${why}), nor could 1 more`);
  let asked = 0;
  const first = await listTools(async () => (asked++ ? { tools: [tool('b')] } : { nextCursor: 'b' }));
  expect([first.tools.length, first.incomplete]).toEqual([1, `page 1 could not be read (${why})`]);
  for (const none of [[{}], [{ nextCursor: 'b' }, {}], [{ nextCursor: 'b' }]]) {
    let page = 0;
    const failing = listTools(async () => none[page++] ?? Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow(none.length > 1 || !('nextCursor' in (none[0] ?? {})) ? why : 'no');
  }
});

test.each([['9007199254740993'], ['1.0'], ['{"page":2}'], ['true'], ['[1]'], ['0']])(
  'a cursor of %s goes back as it came [paging.cursors]',
  async (cursor) => {
    const asked: string[] = [];
    const { tools, incomplete } = await listTools(async (params) => {
      asked.push(writeJson(params));
      const more = asked.length === 1 ? `,"nextCursor":${cursor}` : '';
      return parseJson(`{"tools":[{"name":"t${asked.length}","inputSchema":{"type":"object"}}]${more}}`) as JsonObject;
    });
    expect(asked).toEqual(['{}', `{"cursor":${cursor}}`]);
    expect([tools.length, incomplete]).toEqual([2, undefined]);
  },
);

test('pages that are slow to come delay nobody, and are taken when they come [paging.slow]', async () => {
  let answer: (page: JsonObject) => void = () => {};
  const page = async ({ cursor }: JsonObject): Promise<JsonObject> =>
    cursor === undefined
      ? { tools: [tool('a')], nextCursor: 'b' }
      : new Promise<JsonObject>((resolve) => {
          answer = resolve;
        });
  const { tools, incomplete, rest } = await listTools(page, 20);
  expect(tools).toEqual([tool('a')]);
  expect(incomplete).toBe('page 2 has not come within 0.02 s, and is still waited for');
  answer({ tools: [tool('b')] });
  expect(await rest).toEqual({ tools: [tool('a'), tool('b')], problems: [] });
});

test.each([[''], [null], [undefined], [false], [{}], [[]]])(
  'a cursor of %j ends a list [paging.end]',
  async (nextCursor) => {
    expect(
      await readPages(
        'm',
        'items',
        async () => ({ items: null, nextCursor }),
        () => 'new',
      ),
    ).toEqual({ pages: 1, end: 'whole' });
  },
);

const processOf = (answer: string) => `
  require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method } = JSON.parse(line);
    const results = ${JSON.stringify(RESULTS)};
    if (method === 'tools/call') process.stdout.write(${answer}, () => process.exit(3));
    else if (results[method]) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] }));
  });`;
const stdio = (answer: string) => connectedTo({ type: 'local', command: [process.execPath, '-e', processOf(answer)] });

test('the last answer of a process counts without its line break; half of one does not [lenient.last-line]', async () => {
  const whole = `JSON.stringify({ jsonrpc: '2.0', id, result: ${JSON.stringify(SAID.result)} })`;
  const { connection } = await stdio(whole);
  expect(await called(connection)).toEqual(SAID);
  const broken = await stdio(`${whole}.slice(0, -9)`);
  await expect(called(broken.connection)).rejects.toThrow('exited with code 3');
});

const NOT_JSON =
  '{"content":[{"type":"text","text":"\\"NaN\\\\"}],"structuredContent":{"a":NaN,"b":[Infinity,-Infinity,1.0],"NaN":"Infinity"}}';

test.each(['stdio', 'json', 'events'])('NaN and Infinity over %s are null, and said [lenient.numbers]', async (way) => {
  const write = (id: unknown) => `{"jsonrpc":"2.0","id":${id},"result":${NOT_JSON}}`;
  const http = async () => {
    const { url } = await oddServer(
      onCall(({ id }, response) =>
        way === 'json'
          ? send(response, 200, 'application/json', write(id))
          : send(response, 200, 'text/event-stream', `data: ${write(id)}\n\n`),
      ),
    );
    return connected(url);
  };
  const { connection } = await (way === 'stdio'
    ? stdio(`'{"jsonrpc":"2.0","id":' + id + ',"result":' + ${JSON.stringify(NOT_JSON)} + '}'`)
    : http());
  const answer = await called(connection);
  expect(JSON.parse(JSON.stringify(answer))).toEqual({
    result: {
      content: [{ type: 'text', text: '"NaN\\' }],
      structuredContent: { a: null, b: [null, null, 1], NaN: 'Infinity' },
      _meta: {
        'mcp-gateway/mendedResult': expect.toSatisfy(
          (said: string[]) =>
            said.toSorted().join() ===
            'structuredContent.a: NaN → null,structuredContent.b[0]: Infinity → null,structuredContent.b[1]: -Infinity → null',
        ),
      },
    },
  });
  expect(writeJson(answer)).toContain('1.0');
});

test('what is broken otherwise stays broken, and a long text is read in linear time [lenient.numbers]', () => {
  for (const text of ['{"a":NaN', '{"a":nan}', '{"a":NaNs}', '{a:NaN}', `${'"'.repeat(9)}NaN`, '{"a":1NaN}'])
    expect(() => parseServerMessage(text), text).toThrow('what is not JSON');
  expect(parseServerMessage('[{"result":NaN},{"error":{"data":-Infinity}}]')).toEqual([
    { result: 'NaN' },
    { error: { data: null } },
  ]);
  const many = `[${'NaN,'.repeat(1_000_000)}"${'\\"'.repeat(1_000_000)}"]`;
  expect(parseServerMessage(`{"result":${many}}`)).toMatchObject({ result: { length: 1_000_001 } });
  const deep = `{"result":{"a":${'['.repeat(50_000)}NaN${']'.repeat(50_000)}}}`;
  expect(JSON.stringify((parseServerMessage(deep) as { result: JsonObject }).result._meta)).toContain('NaN → null');
  expect(() => parseServerMessage(`{"a":NaN,"${'\\"'.repeat(1_000_000)}`)).toThrow('what is not JSON');
});

test.each<[string, object, object]>([
  ['none', {}, { type: 'object' }],
  ['null', { inputSchema: null }, { type: 'object' }],
  ['an empty list', { inputSchema: [] }, { type: 'object' }],
  ['true', { inputSchema: true }, { type: 'object' }],
  ['input_schema', { input_schema: { type: 'object', required: ['a'] } }, { type: 'object', required: ['a'] }],
  ['parameters', { parameters: { type: 'object', required: ['a'] } }, { type: 'object', required: ['a'] }],
])('a tool with %s for an input schema is one all the same [lenient.schemas]', async (_, given, inputSchema) => {
  const one = { name: 'a', ...given };
  const { tools, ...rest } = await listTools(async ({ cursor }) => ({ tools: [one], nextCursor: cursor ? 'c' : 'b' }));
  expect(tools).toEqual([{ ...one, inputSchema }]);
  expect(rest.problems).toEqual(['tools/list was stopped after 2 pages and 1 tools: it does not come to an end']);
});

test.each<[object, string]>([
  [{ code: -32_000, message: '', data: { why: 'locked' } }, '{"why":"locked"}'],
  [{ code: -32_000, message: ' ', data: 'locked' }, 'locked'],
  [{ code: -32_000, message: '', data: '' }, 'no reason is given'],
  [{ code: -32_000, message: '' }, 'no reason is given'],
])('an error without a message says what there is: %j [lenient.error-text]', async (error, message) => {
  const { url } = await oddServer(onCall(({ id }, response) => sendJson(response, { jsonrpc: '2.0', id, error })));
  const { connection } = await connected(url);
  expect(await called(connection)).toEqual({ error: { ...error, message } });
});

test('what comes in place of an answer is told [lenient.cause]', async () => {
  const { url } = await oddServer(
    onCall((_, response) => sendJson(response, { message: 'database is locked, sk-live-Zq7kP2vL9' })),
  );
  const { connection } = await connected(url, { headers: { 'X-Api-Key': 'sk-live-Zq7kP2vL9' } });
  await expect(called(connection)).rejects.toThrow(
    'HTTP 200 came without an answer: {"message":"database is locked, [redacted]"}',
  );
});

test('neither what is wrong in a list nor what a server says of itself shows its secret, in whole or in part [secrets.told]', async () => {
  const token = 'S3cr3tTokenVALUE9xyzQ';
  const hidden = `${token.slice(0, 5)}\u200b${token.slice(5)}`;
  const names = [token, hidden, `${'n'.repeat(110)}${token}`, `${token}${'n'.repeat(1_000)}`];
  const server = await oddServer((message, response) => {
    const said = { name: `n${token}`, version: token };
    const agreed = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: said };
    const results: Readonly<Record<string, unknown>> = {
      initialize: { ...agreed, instructions: `use ${hidden}` },
      'tools/list': { tools: [...names.map((name) => ({ name, inputSchema: 7 })), TOOL] },
    };
    const result = results[message.method];
    if (!result) return false;
    sendJson(response, { jsonrpc: '2.0', id: message.id, result });
  });
  const { connection, log } = await connected(server.url, { headers: { 'X-Key': token } });
  expect(connection.about).toEqual({ title: 'n[redacted]', instructions: 'use [redacted]' });
  const { tools, problems } = await connection.listTools();
  expect([tools, problems.length]).toEqual([[TOOL], names.length]);
  for (const text of [...problems, ...log]) expect(text).not.toContain('S3cr3');
});

test('a message with hundreds of thousands of different names costs itself; a large result with few passes [bounds.names]', async () => {
  const many = Object.fromEntries(Array.from({ length: 300_000 }, (_, at) => [`k${at}`, 1]));
  const records = Array.from({ length: 300_000 }, (_, at) => ({ id: at, name: `x${at}` }));
  const results = [many, records].map((structuredContent) => ({ content: [], structuredContent }));
  let asked = 0;
  const server = await oddServer((message, response) => {
    if (message.method !== 'tools/call') return false;
    sendJson(response, { jsonrpc: '2.0', id: message.id, result: results[asked++] });
  });
  const { connection, notified } = await connected(server.url);
  const message = 'the server answered JSON with more than 200000 different names of members';
  expect(await called(connection)).toEqual({ error: { code: -32603, message } });
  expect(await called(connection)).toEqual({ result: results[1] });
  expect(notified).toEqual([]);
});
