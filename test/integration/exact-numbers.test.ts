import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { commandLine } from '../helpers/command-line/command-line.ts';
import { launchGateway } from '../helpers/gateway/gateway.ts';
import type { GatewayProcess } from '../helpers/gateway/gateway-process.ts';
import { startHttpGateway } from '../helpers/gateway/http-gateway.ts';
import { SharedHome } from '../helpers/gateway/shared-sessions.ts';
import { builtFixture } from '../helpers/servers/built-fixtures.ts';
import { onLines } from '../helpers/system/lines.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const FIXTURE = builtFixture('verbatim');
const NUMBERS = '[9007199254740993,1.0,1e400,-0,0.1000000000000000055,12345678901234567890.123,{"__proto__":-1E-7}]';
const ARGS = `{"id":725653563933458433,"n":${NUMBERS},"q":"1.0, 2.0"}`;
const PROGRESS = '"progress":1.0,"total":9007199254740993';
const STDIO = { type: 'local', command: [process.execPath, FIXTURE, 'stdio'] } as const;
const ENVELOPE =
  '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}';
const HELLO =
  '{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}';

async function network(kind: string): Promise<{ type: 'remote'; url: string }> {
  const child = spawn(process.execPath, [FIXTURE, kind], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  const port = await new Promise<string>((resolve) => onLines(child.stdout, (line) => resolve(line.slice(7))));
  return { type: 'remote', url: `${kind === 'ws' ? 'ws' : 'http'}://127.0.0.1:${port}/mcp` };
}

/** Requests and notifications as the lines that they are. */
function linesOf(process: GatewayProcess) {
  const lines: string[] = [];
  onLines(process.pipes.stdout, (line) => lines.push(line));
  let asked = 0;
  return {
    lines,
    ask: async (method: string, params: string): Promise<string> => {
      const id = `"ask-${++asked}"`;
      process.peer.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
      const answered = () => lines.find((line) => line.startsWith(`{"jsonrpc":"2.0","id":${id},`));
      return waitUntil(answered, { what: `${method} is answered; log: ${process.tail()}` });
    },
  };
}

const callText = (id: string, args: string, meta = '"x/y":9007199254740993') =>
  `{"name":"invoke","arguments":{"id":"${id}","args":${args}},"_meta":{${meta}}}`;

/** What a call of `echo` has to bring back. */
function expectExact(answer: string): void {
  expect(answer).toContain(`"args":${ARGS}`);
  expect(answer).toContain(`"x/n":${NUMBERS}`);
  expect(answer).toContain(`"_meta":{"n":${NUMBERS}}`);
}

test('numbers pass as they were written, from and to every kind of server [numbers.upstreams, numbers.primitives]', async () => {
  const kinds = ['json', 'events', 'modern', 'sse', 'ws'];
  const remotes = await Promise.all(kinds.map(async (kind) => [kind, await network(kind)] as const));
  const { process } = launchGateway({ config: { stdio: STDIO, ...Object.fromEntries(remotes) } });
  const { ask, lines } = linesOf(process);
  process.peer.send(HELLO);
  for (const server of ['stdio', ...kinds]) {
    const known = async () =>
      !(await ask('tools/call', `{"name":"describe","arguments":{"id":"${server}::echo"}}`)).includes('isError');
    await waitUntil(known, { what: `${server}::echo is known; log: ${process.tail()}` });
    const answer = await ask(
      'tools/call',
      callText(`${server}::echo`, ARGS, `"progressToken":"${server}","x/y":9007199254740993`),
    );
    expectExact(answer);
    expect(answer).toContain('\\"x/y\\":9007199254740993');
    expect(lines.find((line) => line.includes(`"progressToken":"${server}"`))).toContain(PROGRESS);
    expect(await ask('tools/call', callText(`${server}::fail`, '{}'))).toContain(`"data":${NUMBERS}`);
    // Text where the schema wants a number, of which no double is left.
    expect(
      await ask(
        'tools/call',
        callText(`${server}::echo`, '{"id":"9007199254740993","ids":"[9007199254740993,1]","name":9007199254740993}'),
      ),
    ).toContain('"args":{"id":"9007199254740993","ids":[9007199254740993,1],"name":"9007199254740993"}');
  }
  const listed = await ask('resources/list', '{}');
  const uris = [...listed.matchAll(/"uri":"([^"]+)"/g)].map(([, uri]) => uri);
  expect(uris).toHaveLength(6);
  expect(listed.match(/"size":1\.0/g)).toHaveLength(6);
  for (const uri of uris) expect(await ask('resources/read', `{"uri":"${uri}"}`)).toContain(NUMBERS);
  for (const [, name] of (await ask('prompts/list', '{}')).matchAll(/"name":"([^"]+)"/g))
    expect(await ask('prompts/get', `{"name":"${name}"}`)).toContain(NUMBERS);
  const ticket = await ask('tools/call', `{"name":"invoke_async","arguments":{"id":"stdio::echo","args":${ARGS}}}`);
  const jobId = /job_\w+/.exec(ticket)?.[0];
  expectExact(await ask('tools/call', `{"name":"job_status","arguments":{"jobId":"${jobId}","waitMs":20000}}`));
  await process.dispose();
});

test('and over every way in: Streamable HTTP in both eras, WebSocket, HTTP+SSE, REST and its streams [numbers.edges]', async () => {
  const { address, tail } = await startHttpGateway({ servers: [{ id: 'v', ...STDIO }] });
  const post = async (path: string, body: string, more: Record<string, string> = {}) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...more };
    const response = await fetch(`${address}${path}`, { method: 'POST', headers, body });
    return { text: await response.text(), session: response.headers.get('mcp-session-id') ?? '' };
  };
  const rpc = (meta: string) =>
    `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":${callText('v::echo', ARGS, meta)}}`;
  const rest = { accept: 'application/json' };
  const restCall = `{"tool":"v::echo","arguments":${ARGS}}`;
  const known = async () => (await post('/api/v1/tools/call', restCall, rest)).text.includes('"args"');
  await waitUntil(known, { what: `v::echo is known; log: ${tail()}` });

  expectExact((await post('/api/v1/tools/call', restCall, rest)).text);
  const stream = (await post('/api/v1/tools/call', restCall, { accept: 'text/event-stream' })).text;
  expectExact(stream);
  expect(stream).toContain(PROGRESS);
  expect((await post('/api/v1/tools/call', '{"tool":"v::fail"}', rest)).text).toContain(NUMBERS);
  const { jobId } = JSON.parse((await post('/api/v1/jobs', restCall, rest)).text);
  expectExact(await (await fetch(`${address}/api/v1/jobs/${jobId}?waitMs=20000`)).text());

  const { session } = await post('/mcp', HELLO);
  const inSession = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' };
  expectExact((await post('/mcp', rpc(''), inSession)).text);
  const streamed = (await post('/mcp', rpc('"progressToken":1'), inSession)).text;
  expectExact(streamed);
  expect(streamed).toContain(PROGRESS);

  const modern = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'invoke' };
  expectExact((await post('/mcp', rpc(ENVELOPE), modern)).text);
  const modernStream = (await post('/mcp', rpc(`${ENVELOPE},"progressToken":1`), modern)).text;
  expectExact(modernStream);
  expect(modernStream).toContain(PROGRESS);

  for (const opening of [[HELLO, rpc('"progressToken":1')], [rpc(`${ENVELOPE},"progressToken":1`)]]) {
    const socket = new WebSocket(`${address.replace('http', 'ws')}/ws`, 'mcp');
    let said = '';
    socket.on('message', (data) => {
      said += String(data);
    });
    socket.on('open', () => {
      for (const message of opening) socket.send(message);
    });
    await waitUntil(() => said.includes('"id":3'), { what: 'the answer has come over the WebSocket' });
    socket.close();
    expectExact(said);
    expect(said).toContain(PROGRESS);
  }

  const gone = new AbortController();
  const events = await fetch(`${address}/sse`, { signal: gone.signal });
  const decoder = new TextDecoder();
  let said = '';
  const reading = (async () => {
    for await (const chunk of events.body ?? []) said += decoder.decode(chunk, { stream: true });
  })().catch(() => {});
  const endpoint = await waitUntil(() => /data: (\/messages\S+)/.exec(said)?.[1], { what: 'the endpoint is named' });
  for (const message of [HELLO, rpc('"progressToken":1')]) await post(endpoint, message);
  await waitUntil(() => /"id":3.*\n\n/.test(said), { what: 'the answer has come over the stream' });
  gone.abort();
  await reading;
  expectExact(said);
  expect(said).toContain(PROGRESS);
});

test('and through the relay of a shared gateway, and on the command line [numbers.edges]', async () => {
  const home = new SharedHome({ v: STDIO });
  const relay = home.start();
  const { ask, lines } = linesOf(relay);
  relay.peer.send(HELLO);
  const call = () => ask('tools/call', callText('v::echo', ARGS, '"progressToken":1'));
  const known = async () => (await call()).includes('"args"');
  await waitUntil(known, { what: `v::echo is known; log: ${home.log()}` });
  expectExact(await call());
  expect(lines.find((line) => line.includes('notifications/progress'))).toContain(PROGRESS);

  const { run } = commandLine({ v: STDIO });
  const inArgs = await run(['call', 'v::echo', '--args', ARGS, '--json']);
  const dense = inArgs.stdout.replace(/\n */g, '').replaceAll('": ', '":').replaceAll('\\"', '"');
  expectExact(dense);
  const inWords = await run([
    'call',
    'v::echo',
    'id:=9007199254740993',
    'x.y:=1.0',
    'ids=[1,9007199254740993]',
    '--json',
  ]);
  expect(inWords.stdout.replace(/\s/g, '')).toContain(
    '"args":{"ids":[1,9007199254740993],"id":9007199254740993,"x":{"y":1.0}}',
  );
});
