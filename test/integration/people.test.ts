import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { candidates } from '../../src/cli/commands/complete.ts';
import { COMMANDS } from '../../src/cli/commands/table.ts';
import { clientFiles } from '../helpers/command-line/client-home.ts';
import { commandLine } from '../helpers/command-line/command-line.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { expectDead } from '../helpers/system/processes.ts';

const SERVERS = {
  fixture: local({ name: 'one', sdk: 'raw' }, { description: 'Does everything', tags: ['all'] }),
  other: local({ sdk: 'raw', name: 'two', tools: ['echo', 'add'] }),
};

test('list, search and describe answer as a model is answered, as JSON in a pipe [people.list, people.search, people.describe, people.json]', async () => {
  const broken = { type: 'local', command: ['no-such-program-anywhere'] };
  const { run } = commandLine({ ...SERVERS, broken, wrong: { url: 1 }, off: { ...SERVERS.other, enabled: false } });
  const listed = JSON.parse((await run(['list', '--timeout', '30'])).stdout);
  const by = Object.fromEntries(listed.servers.map((server: { id: string }) => [server.id, server]));
  expect(by.fixture).toMatchObject({ status: 'ready', available: true, description: 'Does everything', tags: ['all'] });
  expect(by.other).toMatchObject({ tools: 2 });
  expect(by.broken).toMatchObject({ available: false, error: expect.stringContaining('no-such-program-anywhere') });
  expect([by.wrong.status, by.off.status]).toEqual(['misconfigured', 'disabled']);
  expect(listed.tools).toBe(by.fixture.tools + 2);
  expect(listed.directTokens).toBe(by.fixture.tokens + by.other.tokens);
  expect(listed.gatewayTokens).toBeLessThan(listed.directTokens);

  const found = JSON.parse(
    (await run(['search', 'add', 'two', 'numbers', '--server', 'other', '--limit', '1'])).stdout,
  );
  expect(found.results).toMatchObject([{ id: 'other::add', signature: '(a: number, b: number)' }]);
  const byTag = JSON.parse((await run(['search', 'add', '--tag', 'all'])).stdout);
  expect(byTag.results.every(({ id }: { id: string }) => id.startsWith('fixture::'))).toBe(true);

  const described = JSON.parse((await run(['describe', 'other::add'])).stdout);
  expect(described).toMatchObject({ id: 'other::add', server: 'other', available: true, name: 'add' });
  const human = await run(['describe', 'other::add', '--human']);
  expect(human.stdout).toContain('Arguments\n  a  number  required\n  b  number  required\n');
});

test('list of a server shows its tools; only the servers that are asked are started [people.list-tools, people.nothing-left]', async () => {
  const starts = journal();
  const { run, survivors } = commandLine({
    fixture: local({ sdk: 'raw', name: 'one', tools: ['echo', 'add', 'pid'], journal: starts.file }),
    other: local({ sdk: 'raw', name: 'two', journal: starts.file }),
    third: local({ sdk: 'raw', journal: starts.file }),
  });
  const { stdout } = await run(['list', 'fixture']);
  expect(JSON.parse(stdout).tools.map(({ id }: { id: string }) => id)).toEqual([
    ...['fixture::add', 'fixture::echo', 'fixture::pid'],
  ]);
  expect((await run(['call', 'fixture::echo', 'text=x'])).stdout).toBe('{"text":"x"}');
  expect((await run(['describe', 'other::add'])).code).toBe(0);
  expect((await run(['list', 'fixture', '--start'])).code).toBe(0);
  expect(starts.events('start').map(({ name }) => name)).toEqual(['one', 'one', 'two', 'one']);
  await expectDead(survivors());
});

test('call writes every kind of content, and saves what is no text [people.call, people.files]', async () => {
  const { run, home } = commandLine(SERVERS);
  const image = await run(['call', 'fixture::image', '--output', 'out']);
  expect(image.stdout).toBe(
    `image/png, 70 bytes: out/image.png\naudio/wav, 44 bytes: out/image.wav\nfixture://linked  linked, text/plain, A link\nembedded\ncaption`,
  );
  expect(readFileSync(join(home, 'out/image.png')).subarray(1, 4).toString()).toBe('PNG');
  const again = await run(['call', 'fixture::image', '--output', 'out']);
  expect(again.stdout).toContain('out/image-2.png');
  const blob = { type: 'resource', resource: { uri: 'x://y/report.pdf?z', mimeType: 'application/pdf', blob: 'AAAA' } };
  const content = [{ type: 'text', text: '{"a":1}' }, blob, { type: 'odd', x: 1 }];
  const answer = ['call', 'fixture::answer', `result:=${JSON.stringify({ content, structuredContent: { a: 1 } })}`];
  expect((await run(answer)).stdout).toBe(
    '{"a":1}\napplication/pdf, 3 bytes: report.pdf\n{\n  "type": "odd",\n  "x": 1\n}\n',
  );
  expect(existsSync(join(home, 'report.pdf'))).toBe(true);
  const structured = ['call', 'fixture::answer', 'result:={"content":[],"structuredContent":{"b":2}}'];
  expect(JSON.parse((await run(structured)).stdout)).toEqual({ b: 2 });
  const whole = JSON.parse((await run(['call', 'fixture::image', '--json'])).stdout);
  expect(whole.content[0]).toMatchObject({ type: 'image', mimeType: 'image/png', data: expect.any(String) });
});

test('arguments come from words, a file or stdin [people.arguments]', async () => {
  const { run, home } = commandLine(SERVERS);
  writeFileSync(join(home, 'args.json'), '{"a": 1, "b": 2}');
  expect((await run(['call', 'other::add', 'a=20', 'b=22'])).stdout).toBe('42');
  expect((await run(['call', 'other::add', '--args', '@args.json', 'b=40'])).stdout).toBe('41');
  expect((await run(['call', 'other::add', '--args', '-'], { input: '{"a": 1, "b": -1}' })).stdout).toBe('0');
});

test('exit codes tell what happened [people.exit-codes]', async () => {
  const { run } = commandLine({ other: local({ sdk: 'raw', tools: ['add', 'fail', 'silence', 'refuse'] }) });
  const code = async (...args: string[]) => {
    const { code, stderr, stdout } = await run(args);
    return [code, stderr, stdout] as const;
  };
  const [failed, failure, nothing] = await code('call', 'other::fail', 'text=too bad');
  expect([failed, failure, nothing]).toEqual([3, 'The tool answered with an error:\ntoo bad\n', '']);
  expect(await code('call', 'other::nosuch')).toMatchObject([
    1,
    expect.stringContaining('no tool "other::nosuch"'),
    '',
  ]);
  const late = await code('call', 'other::silence', 'ms=60000', '--timeout', '0.2');
  expect(late).toMatchObject([1, expect.stringContaining('--timeout <seconds> gives it more time'), '']);
  expect(await code('call', 'other::add', 'a=x')).toMatchObject([2, expect.stringContaining('expected a number'), '']);
  expect((await code('call', 'other::add', 'x'))[1]).toContain('found "x", expected key=value');
  expect((await code('call', 'other::add', '--args', '[1]'))[1]).toContain('expected a JSON object; it is an array');
  for (const args of [
    ['call'],
    ['call', 'a::b', '--timeout', '0'],
    ['describe'],
    ['search', '--limit', '99'],
    ['call', 'a::b', '--port', '1'],
  ])
    expect((await code(...args))[0]).toBe(2);
  expect(await code('describe', 'other::add', 'other::nosuch')).toMatchObject([
    1,
    expect.any(String),
    expect.stringContaining('other::add'),
  ]);
  expect(await code('list', 'nosuch')).toMatchObject([
    1,
    expect.stringContaining('no server "nosuch"; known: other'),
    '',
  ]);
  const { run: nowhere } = commandLine(undefined);
  expect(await nowhere(['list'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('mcp-gateway add writes one'),
  });
});

test('nobody at a pipe is asked; a server is told of no roots and its log is on stderr [people.questions, people.logs]', async () => {
  const { run } = commandLine({ fixture: local({ tools: ['ask', 'logs'] }) });
  const form = {
    method: 'elicitation/create',
    params: { message: 'Name?', requestedSchema: { type: 'object', properties: {} } },
  };
  const sampling = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } };
  const rounds = [{ form, sampling, roots: { method: 'roots/list', params: {} } }];
  const { stdout } = await run(['call', 'fixture::ask', `rounds:=${JSON.stringify(rounds)}`]);
  const [answers] = JSON.parse(stdout);
  expect(answers.form.error.message).toContain('the client does not offer elicitation/create');
  expect(answers.sampling.error.message).toContain('the client does not offer sampling/createMessage');
  expect(answers.roots.error.message).toContain('the client does not offer roots/list');
  const { stderr } = await run(['call', 'fixture::logs']);
  expect(stderr).toContain('[error] fixture.logger: {"level":"error","nested":{"n":1}}\n');
  expect(stderr).not.toContain('[debug]');
});

test('the shell is told commands, options, clients, servers, tools, arguments and values [people.completion]', async () => {
  const mode = {
    type: 'object',
    properties: { mode: { enum: ['fast', 'slow'], description: 'how' }, deep: { type: 'boolean' } },
  };
  const definitions = [{ name: 'go', description: 'Goes.\nFar.', inputSchema: mode }];
  const { run, home, env } = commandLine({
    fixture: local({ sdk: 'raw', tools: ['echo'], definitions }, { description: 'All' }),
    other: SERVERS.other,
  });
  await run(['list', '--timeout', '30']);
  const paths = { cwd: home, env: { ...env, XDG_CACHE_HOME: join(home, '.cache') } };
  const terminal = { ...clientFiles({ empty: true }).terminal, ...paths };
  const after = async (...words: string[]) =>
    (await candidates(words, COMMANDS, terminal)).map(({ value, about }) => (about ? `${value}\t${about}` : value));
  expect((await after('rem')).map((line) => line.split('\t')[0])).toEqual(['remove']);
  expect((await after('')).map((line) => line.split('\t')[0])).toEqual(
    expect.arrayContaining(['init', 'list', 'help']),
  );
  expect(await after('import', 'co')).toEqual(['codex\tCodex']);
  expect(await after('search', '--lim')).toEqual([expect.stringMatching(/^--limit\tmost results/)]);
  expect(await after('search', '--server', 'f')).toEqual(['fixture\tAll']);
  expect(await after('call', '')).toEqual(['fixture::\tAll', 'other::']);
  expect(await after('call', 'fixture::g')).toEqual(['fixture::go\tGoes.']);
  expect(await after('call', 'fixture::go', '')).toEqual(['mode=\thow', 'deep=']);
  expect(await after('call', 'fixture::go', 'mode=fast', '')).toEqual(['deep=']);
  expect(await after('call', 'fixture::go', 'mode=s')).toEqual(['mode=slow']);
  expect(await after('call', 'fixture::go', 'deep=')).toEqual(['deep=true', 'deep=false']);
  expect(await after('remove', '-c', '/nowhere/x.json', '')).toEqual([]);
  expect((await run(['complete', '--', 'completion', 'z'])).stdout).toBe('zsh\n');
  expect((await run(['complete', '--', 'complet'])).stdout).toMatch(/^completion\t.*\n$/);
});

test('--help groups the commands and tells the exit codes [people.help]', async () => {
  const { stdout } = await commandLine(undefined).run(['--help']);
  for (const heading of ['Serve', 'Set up', 'See and try what a model sees', 'More', 'Exit codes'])
    expect(stdout).toMatch(new RegExp(`^${heading}$`, 'm'));
  expect(stdout).not.toContain('complete --');
});
