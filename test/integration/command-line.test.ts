import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { candidates } from '../../src/cli/commands/complete.ts';
import { COMMANDS } from '../../src/cli/commands/table.ts';
import { clientFiles } from '../helpers/command-line/client-home.ts';
import { commandLine } from '../helpers/command-line/command-line.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { local } from '../helpers/servers/fixture.ts';
import { startSocks } from '../helpers/servers/forward-proxy.ts';
import { oddServer, sendJson } from '../helpers/servers/odd-server.ts';

const HANGING = { command: ['sh', '-c', 'echo fetching packages >&2; exec sleep 600'] };
const WITH_PRIMITIVES = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {}, resources: {}, prompts: {} },
  serverInfo: { name: 'odd', version: '1' },
};

test('a misspelt command or option ends with 2 and the nearest one; a path is a configuration still [cli.misspelt]', async () => {
  const { run, home } = commandLine({});
  for (const [args, meant] of [
    [['serach', 'read', 'file'], '"search"'],
    [['help', 'serach'], '"search"'],
    [['serach', '--help'], '"search"'],
    [['list', '--jsn'], '"--json"'],
    [['--shared', 'serach'], '"search"'],
  ] as const) {
    const { code, stdout, stderr } = await run(args);
    expect([args, code, stdout, stderr]).toEqual([args, 2, '', expect.stringContaining(`did you mean ${meant}`)]);
  }
  writeFileSync(join(home, 'mine'), '{}');
  for (const path of ['mine', './not-there-yet', 'x.json'])
    expect(await run([path])).toMatchObject({ code: 0, stdout: '' });
});

test('a person at the stdio server is told what it waits for, in lines, and how to end it [cli.person, cli.log-lines]', async () => {
  const { terminal } = commandLine({ gone: { command: ['no-such-program'] } });
  const shown = terminal([], { columns: 60, extra: { NO_COLOR: '1' } });
  await shown.until('Ctrl-C or Ctrl-D ends it.');
  await shown.until('warning: gone is failing: ');
  shown.type('\u0004');
  expect(await shown.ended()).toBe(0);
  expect(shown.shown).not.toContain('{"time"');
  for (const line of shown.shown.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
});

test('a start that cannot listen leaves no server behind [lifecycle.no-listen]', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { run } = commandLine({ stays: { command: ['sh', '-c', 'trap "" HUP; sleep 600'] } });
  const { code, stderr } = await run(['start', '--port', String(port), '-c', '.config/mcp-gateway/config.json']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('EADDRINUSE')]);
  // That none of its processes is left is looked at when the test ends.
});

test('start lists each server as soon as it is up, and waits for none that hangs [cli.hanging]', async () => {
  const wrong = { url: 1 };
  const { terminal, file } = commandLine({ hanging: HANGING, wrong, fixture: local({ sdk: 'raw', tools: ['echo'] }) });
  const started = terminal(['start', '--port', '0', '-c', file], { extra: { NO_COLOR: '1' } });
  await (await started.until('3 servers')).until('  fixture  ready: 1 tool');
  expect(started.shown).not.toContain('connecting');
  // The log has said why, just above.
  expect(started.shown).toContain('  wrong    misconfigured: left out');
  started.type('\u0003');
  expect(await started.ended()).toBe(0);
});

test('what call writes to a pipe is the text to the byte [cli.bytes]', async () => {
  const { run } = commandLine({ fixture: local({ sdk: 'raw', tools: ['answer'] }) });
  const text = 'first\r\nsecond "é漢"\u001b[1m without an end';
  const answer = (result: object) =>
    run(['call', 'fixture::answer', `result:=${JSON.stringify(result)}`], { extra: { FORCE_COLOR: '1' } });
  const repeated = { content: [{ type: 'text', text }], structuredContent: { content: text } };
  expect(await answer(repeated)).toEqual({ code: 0, stdout: text, stderr: '' });
  const more = { content: [{ type: 'text', text: '2 found' }], structuredContent: { found: ['x', 'y'] } };
  expect(await answer(more)).toMatchObject({
    stdout: '2 found',
    stderr: expect.stringContaining('--json writes all of it'),
  });
});

test('a pipe that is read late, after the server has ended, gets all that was written [cli.pipes]', async () => {
  const { command, ...more } = local({ sdk: 'raw', tools: ['answer'] });
  const ending = ['sh', '-c', '"$@"; touch "$HOME/ended"', 'sh', ...(command as string[])];
  const { env, home } = commandLine({ fixture: { ...more, command: ending } });
  const length = 3_000_000;
  const result = { content: [{ type: 'text', text: 'y'.repeat(length) }] };
  writeFileSync(join(home, 'args.json'), JSON.stringify({ result }));
  const late = '"$@" | { until [ -e "$HOME/ended" ]; do sleep 0.05; done; wc -c; }';
  const call = [process.execPath, BIN, 'call', 'fixture::answer', '--args', '@args.json'];
  const child = spawn('sh', ['-c', late, 'sh', ...call], { cwd: home, env, stdio: ['ignore', 'pipe', 'ignore'] });
  expect(Number(await text(child.stdout))).toBe(length);
});

test('a hanging server is named with what it waits for, and holds nobody up [cli.hanging, cli.timeout, cli.states]', async () => {
  // Up, but without an answer to any request for its resources or prompts.
  const mute = await oddServer(({ method, id }, response) => {
    if (method === 'initialize') return sendJson(response, { jsonrpc: '2.0', id, result: WITH_PRIMITIVES });
    return /^(resources|prompts)/.test(method);
  });
  const { run, home } = commandLine({
    ...{ hanging: HANGING, mute: { url: mute.url } },
    fixture: local({ sdk: 'raw', tools: ['echo'] }),
  });
  const waits = /^its process has not answered initialize for [\d.]+ s; it said last: fetching packages$/;
  const listed = JSON.parse((await run(['list', '--timeout', '8'])).stdout);
  expect(listed.servers).toMatchObject([
    { id: 'hanging', status: 'connecting', waitsFor: expect.stringMatching(waits) },
    { id: 'mute', status: 'ready' },
    {},
  ]);
  const found = JSON.parse((await run(['search', 'echo', '--timeout', '2'])).stdout);
  expect(found.unavailable).toEqual([
    { server: 'hanging', state: 'connecting', waitsFor: expect.stringMatching(waits) },
  ]);
  const waitedFor = (text: string) => Number(/initialize for ([\d.]+) s/.exec(text)?.[1]);
  // Of its own a search would wait 5 s at least.
  expect(waitedFor(found.unavailable[0].waitsFor)).toBeLessThan(4.5);
  const listing = await run(['prompts', '--timeout', '5']);
  expect([listing.code, listing.stderr]).toEqual([0, expect.stringMatching(/mute: prompts\/list failed: no answer/)]);
  expect(waitedFor(listing.stderr)).toBeLessThan(12);
  expect(await run(['resources', 'read', 'x://y', '--timeout', '4'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--timeout <seconds> gives it more time'),
  });
  for (const args of [
    ['call', 'hanging::x'],
    ['describe', 'hanging::x'],
  ]) {
    const { code, stderr } = await run([...args, '--timeout', '0.5']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/server "hanging" is still connecting: .* --timeout <seconds>/),
    ]);
  }
  const { stderr } = await run(['list', 'hanging', '--timeout', '0.5', '--human']);
  expect(stderr).toContain('mcp-gateway list: hanging is connecting: its process has not answered initialize');
  expect((await run(['trust', 'hanging', '--timeout', '0.5'])).stdout).toContain(
    'hanging: cannot be asked; it is connecting',
  );
  const kept = await run(['logs', 'hanging', '--limit', '1', '--json']);
  expect(JSON.parse(kept.stdout)).toMatchObject({ from: 'server', text: 'fetching packages' });
  expect(readFileSync(join(home, '.local/state/mcp-gateway/servers/hanging.log'), 'utf8')).toContain(
    '| fetching packages\n',
  );
}, 120_000);

test('servers are told of no roots but those asked for, and a denied access says so [cli.roots]', async () => {
  const ask = ['fixture::ask', `rounds:=${JSON.stringify([{ roots: { method: 'roots/list', params: {} } }])}`];
  const { run, home } = commandLine({
    fixture: local({ tools: ['ask', 'fail'] }),
    rooted: local({ tools: ['ask'] }, { roots: ['~/notes', 'here'] }),
  });
  const asked = async (...args: string[]) => JSON.parse((await run(['call', ...args])).stdout)[0].roots;
  expect((await asked(...ask)).error.message).toContain('does not offer roots/list');
  expect((await asked(...ask, '--root', '.', '--root', '/tmp')).roots).toEqual([
    { name: expect.any(String), uri: `file://${home}` },
    { name: 'tmp', uri: 'file:///tmp' },
  ]);
  const own = await asked('rooted::ask', ask[1] as string);
  expect(own.roots.map(({ uri }: { uri: string }) => uri)).toEqual([
    `file://${home}/notes`,
    `file://${home}/.config/mcp-gateway/here`,
  ]);
  const denied = await run(['call', 'fixture::fail', 'text=Access denied - path outside allowed directories']);
  expect([denied.code, denied.stderr]).toEqual([3, expect.stringContaining('--root DIR does')]);
  expect(await run(['call', 'fixture::fail', '--root', '/no/such/folder'])).toMatchObject({ code: 2 });
});

test('resources and prompts are listed, read and filled in [cli.primitives]', async () => {
  const prompt = { name: 'asks', arguments: [{ name: 'whom', required: true }, { name: 'how' }] };
  const asking = await oddServer(({ method, id }, response) => {
    if (method === 'initialize') return sendJson(response, { jsonrpc: '2.0', id, result: WITH_PRIMITIVES });
    return method === 'prompts/list' && sendJson(response, { jsonrpc: '2.0', id, result: { prompts: [prompt] } });
  });
  const { run, home, env } = commandLine({
    fixture: local({ name: 'one', primitives: true }),
    other: { url: asking.url },
    off: { command: ['x'], enabled: false },
  });
  const listed = JSON.parse((await run(['resources', '--timeout', '20'])).stdout);
  const [{ uri }] = listed.resources as [{ uri: string }];
  const whole = JSON.parse((await run(['resources', 'read', uri, '--json', '--timeout', '20'])).stdout);
  const text = await run(['resources', 'read', uri, '--timeout', '20']);
  expect(text).toMatchObject({ code: 0, stdout: whole.contents[0].text });
  const { prompts } = JSON.parse((await run(['prompts', 'list', '--timeout', '20'])).stdout);
  const got = JSON.parse((await run(['prompts', 'get', prompts[0].name, '--json', '--timeout', '20'])).stdout);
  expect(got.messages.length).toBeGreaterThan(0);
  const terminal = {
    ...clientFiles({ empty: true }).terminal,
    cwd: home,
    env: { ...env, XDG_CACHE_HOME: join(home, '.cache') },
  };
  const after = async (...words: string[]) => (await candidates(words, COMMANDS, terminal)).map(({ value }) => value);
  expect(await after('resources', '')).toEqual(['list', 'read']);
  expect(await after('resources', 'read', '')).toContain(uri);
  expect(await after('prompts', 'get', '')).toContain(prompts[0].name);
  expect(await run(['resources', 'read'])).toMatchObject({ code: 2 });
  expect(await run(['resources', 'x://y'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('expected read before it'),
  });
  for (const [args, code, said] of [
    [['prompts', 'get', 'no-such'], 1, 'no prompt "no-such"; mcp-gateway prompts lists them\n'],
    [['resources', 'read', 'fixture://missing'], 1, 'no resource "fixture://missing", did you mean "fixture://'],
    [['prompts', 'get', 'asks'], 2, 'prompt "asks" wants whom=…; it takes whom=… [how=…]'],
    [['prompts', 'get', 'asks', 'whmo=you'], 2, 'whom=… [how=…]; it has no argument "whmo", did you mean "whom"?'],
    [['prompts', 'get', 'asks', 'whom'], 2, 'found "whom", expected key=value'],
    [['prompts', 'get', prompts[0].name, 'more=1'], 0, 'has no argument "more"'],
    [['prompts', 'get', 'askss'], 1, 'no prompt "askss", did you mean "asks"? mcp-gateway prompts lists them'],
    [['search', 'x', '--server', 'fixtur'], 1, 'no server "fixtur", did you mean "fixture"?'],
    [['call', 'off::x'], 1, 'server "off" is disabled; mcp-gateway enable off'],
  ] as const)
    expect(await run([...args, '--timeout', '20'])).toMatchObject({ code, stderr: expect.stringContaining(said) });
  const ofOther = await run(['resources', '--server', 'other', '--timeout', '20']);
  expect(JSON.parse(ofOther.stdout)).toEqual({ resources: [], resourceTemplates: [] });
});

test('add tries the server and shows its tools; disable, enable and logs have it [cli.add-tries, cli.switch, cli.logs]', async () => {
  const { run, file, terminal } = commandLine('{\n  // mine\n}\n');
  const [program = '', ...args] = local({ sdk: 'raw', tools: ['echo'] }).command as string[];
  const added = await run(['add', 'mine', '--timeout', '60', '--', program, ...args]);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('mine::echo') });
  const failing = await run(['add', 'bad', '--', 'sh', '-c', 'echo no key given >&2; exit 3']);
  expect([failing.code, failing.stderr]).toEqual([
    0,
    expect.stringMatching(/bad is failing: .*no key given.*stays in the file/),
  ]);
  expect((await run(['add', 'other', '--no-try', '--', 'no-such-program'])).stderr).not.toContain('Tried');
  expect(await run(['disable', 'mine', 'mine'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^mine is disabled\nChanged in/),
  });
  expect(readFileSync(file, 'utf8')).toContain('// mine');
  const status = async () =>
    JSON.parse((await run(['list', '--timeout', '20'])).stdout).servers.find(({ id }: { id: string }) => id === 'mine')
      .status;
  expect(await status()).toBe('disabled');
  expect((await run(['enable', 'mine'])).code).toBe(0);
  expect((await run(['enable', 'mine'])).stdout).toBe('mine is enabled already\n');
  expect(await status()).not.toBe('disabled');
  expect(await run(['disable', 'mien'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('did you mean "mine"?'),
  });
  expect((await run(['logs', 'bad'])).stdout).toMatch(/ \| no key given\n/);
  expect(await run(['logs', 'nosuch'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no server "nosuch"'),
  });
  const followed = terminal(['logs', 'bad', '--follow', '--limit', '1']);
  await followed.until('* failed');
  await run(['list', 'bad', '--timeout', '5']);
  await followed.until('| no key given');
  followed.type('\u0003');
  expect(await followed.ended()).toBe(130);
}, 90_000);

test.each([
  [['call', 'x', '--timeout', '-1'], '--timeout wants a value; if it is "-1", write --timeout=-1'],
  [['call', 'x', '--timeout'], '--timeout wants a value'],
  [['list', '-c', '--json'], '--config wants a value; if it is "--json", write --config=--json'],
  [['list', '-c'], '--config wants a value'],
  [['list', '--json=5'], '--json takes no value'],
])('a value that is missing, or one too many, is told in our words: %j [cli.misspelt]', async (argv, wrong) => {
  const { code, stderr } = await commandLine(undefined).run(argv);
  expect([code, stderr]).toEqual([2, `mcp-gateway: ${wrong}\nTry mcp-gateway --help\n`]);
});

test.each([
  [['start', '--port', '99999'], '--port "99999", expected a whole number from 0 to 65535'],
  [['start', '--port', 'abc'], '--port "abc"'],
  [['start', '--port='], '--port ""'],
  [['start', '--port=-1'], '--port "-1"'],
  [['start', '--host', '999.1.1.1'], '--host "999.1.1.1", expected an address or a host name'],
  [['start', '--host='], '--host ""'],
  [['logs', 'x', '--limit='], '--limit ""'],
  [['search', 'x', '--limit', '1.5'], '--limit "1.5"'],
  [['doctor', '--timeout='], '--timeout ""'],
  [['trust', '--timeout', 'Infinity'], '--timeout "Infinity"'],
  [['call', 'x', '--timeout', '1e9'], '--timeout "1e9"'],
  [['list', '--timeout', '0'], '--timeout "0"'],
])('%j is misused, and does nothing [cli.misspelt]', async (argv, wrong) => {
  const { code, stdout, stderr } = await commandLine(undefined).run(argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`found ${wrong}`);
});

test('the built gateway reaches servers through a SOCKS proxy [outbound.built]', async () => {
  const { url } = await oddServer();
  const socks = await startSocks(Number(new URL(url).port));
  const { run } = commandLine({ far: { url: 'http://far.example.test/mcp' } });
  const extra = { ALL_PROXY: `socks5://me:secretpw@127.0.0.1:${socks.port}`, all_proxy: '', http_proxy: '' };
  const { stdout } = await run(['list', '--json', '--timeout', '60'], { extra: { ...extra, HTTP_PROXY: '' } });
  expect(JSON.parse(stdout).servers).toMatchObject([{ id: 'far', status: 'ready', tools: 1 }]);
  expect(new Set(socks.asked)).toEqual(new Set(['SOCKS far.example.test:80 me:secretpw']));
});
