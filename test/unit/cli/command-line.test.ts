import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { readOurFile, switchServers } from '../../../src/cli/client-configs/our-file.ts';
import { rootsHint } from '../../../src/cli/commands/call.ts';
import { saysTheSame, writeResult } from '../../../src/cli/commands/calling/write-result.ts';
import { timeoutMs } from '../../../src/cli/commands/command.ts';
import { refusedOption, unknownCommand } from '../../../src/cli/commands/help.ts';
import { LogTail } from '../../../src/cli/commands/logs.ts';
import { forPeople } from '../../../src/cli/commands/report.ts';
import { COMMANDS } from '../../../src/cli/commands/table.ts';
import { logLines } from '../../../src/cli/terminal/log-line.ts';
import { displayWidth, wrapLines } from '../../../src/cli/terminal/text-layout.ts';
import { isConfigPath } from '../../../src/config/locate.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { SERVER_STATES, serverState, stands } from '../../../src/core/server-state.ts';
import { createLogger, type LogEntry } from '../../../src/platform/log.ts';
import { serverLogFile, withServerLogs } from '../../../src/platform/server-logs.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';
import { waitUntil } from '../../helpers/system/processes.ts';

test('a misspelt command has the nearest one, also by the name that other programs have [cli.misspelt]', () => {
  const meant = (word: string) => /did you mean "([^"]*)"/.exec(unknownCommand(word, COMMANDS))?.[1];
  expect(['serach', 'Lst', 'doctro', 'remvoe', 'enabel', 'ls', 'rm', 'exec', 'hlep'].map(meant)).toEqual([
    ...['search', 'list', 'doctor', 'remove', 'enable', 'list', 'remove', 'call', 'help'],
  ]);
  expect(meant('xyzzyplugh')).toBeUndefined();
  // A name of JavaScript's own is a word like any other.
  expect(unknownCommand('constructor', COMMANDS)).toContain('there is no command "constructor"');
});

test('a misspelt option has the nearest one of its command [cli.misspelt]', () => {
  const unknown = (word: string) => `Unknown option '${word}'. To specify a positional argument starting with a '-', …`;
  const own = Object.keys(COMMANDS.list?.options ?? {});
  expect(refusedOption(unknown('--jsn'), ['list', '--jsn'], own)).toBe(
    'there is no option "--jsn", did you mean "--json"?',
  );
  expect(refusedOption(unknown('-j'), ['list', '-json'], own)).toContain('did you mean "--json"?');
  expect(refusedOption(unknown('--timout'), ['list', '--timout=3'], own)).toBe(
    'there is no option "--timout", did you mean "--timeout"?',
  );
  expect(refusedOption(unknown('--headr'), ['add', '--headr', 'a: b'], own)).toContain('"--header"');
});

test('a path is a configuration, a word that is no file is not [cli.misspelt]', () => {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'mine'), '{}');
  const paths = ['x.json', 'x.JSONC', 'a.yml', './serach', '~/x', 'C:\\x', '/nowhere/serach', join(folder, 'mine')];
  expect(paths.map(isConfigPath)).toEqual(paths.map(() => true));
  expect(['serach', 'list.', 'x'.repeat(5_000)].map(isConfigPath)).toEqual([false, false, false]);
});

test('structured content that only repeats a text is found whatever its shape [cli.bytes]', () => {
  const same: [string[], unknown][] = [
    [['line one\nline "two"'], { content: 'line one\nline "two"' }],
    [['5'], { result: 5 }],
    [['{"b": 2,\n "a": [1, true]}'], { a: [1, true], b: 2 }],
    [['{"a":"x\\ny"}', '{"a":"z"}'], { result: [{ a: 'x\ny' }, { a: 'z' }] }],
    [['22.5 °C in Rome'], { city: 'Rome', celsius: 22.5, note: null }],
    [
      ['one', 'two'],
      ['one', 'two'],
    ],
    [['done'], {}],
  ];
  for (const [texts, structured] of same)
    expect([structured, saysTheSame(texts, structured)]).toEqual([structured, true]);
  const other: [string[], unknown][] = [
    [['Found 3'], { items: [1, 2, 3] }],
    [['ok'], { result: 'not ok at all' }],
    [['12'], { count: 1 }],
    [[], { a: 1 }],
  ];
  for (const [texts, structured] of other)
    expect([structured, saysTheSame(texts, structured)]).toEqual([structured, false]);
});

test.each([
  [[{ type: 'text', text: 'no newline' }], { content: 'no newline' }, 'no newline'],
  [[{ type: 'text', text: 'a\r\n\u001b[31mb\u001b[0m\n\n' }], undefined, 'a\r\n\u001b[31mb\u001b[0m\n\n'],
  [[{ type: 'text', text: 'Found 3' }], { items: ['x', 'y', 'z'] }, 'Found 3'],
  [[{ type: 'resource', resource: { uri: 'x://y', text: '\ufeffas is' } }], undefined, '\ufeffas is'],
  [
    [
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ],
    undefined,
    'one\ntwo',
  ],
  [[{ type: 'resource_link', uri: 'x://y', name: 'n' }], undefined, 'x://y  n\n'],
  [[{ type: 'text', text: '' }], { a: 1 }, '\n{\n  "a": 1\n}\n'],
  [[], null, ''],
])('to a file a result is its text: %j %j [cli.bytes]', async (content, structuredContent, expected) => {
  const { terminal } = clientFiles({ empty: true });
  const output: string[] = [];
  const write = (text: string) => output.push(text);
  const result = { content, ...(structuredContent !== undefined && { structuredContent }) };
  // What colours a terminal does not reach a file.
  const env = { ...terminal.env, FORCE_COLOR: '1' };
  await writeResult(result, { tool: 't', folder: temporaryDirectory() }, { ...terminal, env, write });
  expect(output.join('')).toBe(expected);
});

test('lines are wrapped where they began, tables where their last column did [cli.width]', () => {
  const red = (text: string) => `\u001b[31m${text}\u001b[0m`;
  const text = [
    'a line that is longer than the terminal is wide, by far',
    `  ${red('✗')} docs: its command cannot start: uvx is not on the PATH`,
    '      → install uv, which brings uvx, or write its absolute path',
    '  --timeout <seconds>  seconds to wait for servers that are slow',
    'https://example.com/a/path/that/cannot/be/cut/anywhere/at/all',
    '',
    'short',
  ].join('\n');
  const lines = wrapLines(text, 48).split('\n');
  expect(lines).toEqual([
    'a line that is longer than the terminal is',
    '  wide, by far',
    `  ${red('✗')} docs: its command cannot start: uvx is not`,
    '    on the PATH',
    '      → install uv, which brings uvx, or write',
    '        its absolute path',
    '  --timeout <seconds>  seconds to wait for',
    '                       servers that are slow',
    'https://example.com/a/path/that/cannot/be/cut/anywhere/at/all',
    '',
    'short',
  ]);
  expect(displayWidth(red('✗'))).toBe(1);
  expect([wrapLines(text, undefined), wrapLines(text, 10)]).toEqual([text, text]);
});

test('--timeout takes seconds and nothing else [cli.timeout]', () => {
  expect([timeoutMs(undefined, 4), timeoutMs('0.5', 4), timeoutMs(' 7 ', 4)]).toEqual([4_000, 500, 7_000]);
  for (const wrong of ['0', '-1', '', ' ', 'ten', '5s', 'NaN'])
    expect(timeoutMs(wrong, 4)).toMatch(/^found --timeout ".*", expected seconds/);
});

test('advice for a model is replaced by what a person does [cli.words]', () => {
  const said = (message: string, code: 'TIMEOUT' | 'UPSTREAM_UNAVAILABLE' = 'TIMEOUT') =>
    (forPeople(new GatewayError(code, message)) as Error).message;
  expect(
    said('late. The server was told to stop. Call again with a larger timeoutMs, or use invoke_async for long work.'),
  ).toBe('late. The server was told to stop. --timeout <seconds> gives it more time.');
  expect(said('gone. The gateway reconnects by itself; try again shortly, or use another tool.')).toBe(
    'gone. mcp-gateway doctor looks for the cause.',
  );
  expect(said('no tool "x"; use search to find tools')).toBe('no tool "x"; mcp-gateway search finds tools');
  expect(
    said('server "x" needs a login, which begins when one of its tools is invoked, or with `mcp-gateway login x`'),
  ).toBe('server "x" needs a login: mcp-gateway login x');
  const other = new Error('x');
  expect(forPeople(other)).toBe(other);
});

test('where access is denied it is said which roots the server was told of [cli.roots]', () => {
  const local = { config: { servers: [{ key: 'files' }, { key: 'rooted', roots: ['/r'] }] } } as never;
  const denied = 'Access denied - path outside allowed directories: /x not in /y';
  expect(rootsHint(denied, 'files::read', undefined, local)).toContain('--root DIR');
  expect(rootsHint(denied, 'files::read', ['/a', '/b'], local)).toContain('these folders as roots: /a, /b');
  expect(rootsHint(denied, 'rooted::read', undefined, local)).toContain('these folders as roots: /r');
  expect(rootsHint('client does not support MCP roots protocol', 'files::x', undefined, local)).toContain('--root');
  expect(rootsHint('there is no such issue', 'files::x', undefined, local)).toBeUndefined();
});

test('a state is one word, whatever the server went through [cli.states]', () => {
  const failed = { error: 'x', attempt: 2, retryAt: 0 };
  expect(serverState({ status: 'waiting', ...failed })).toBe('failing');
  expect(serverState({ status: 'connecting', attempt: 7, error: 'x' })).toBe('failing');
  expect(serverState({ status: 'connecting', attempt: 1 })).toBe('connecting');
  expect(serverState({ status: 'needs_auth' })).toBe('needs_auth');
  expect([stands('needs_auth'), stands('failing')]).toEqual(['needs login', 'is failing']);
  for (const [word, said] of Object.entries(SERVER_STATES))
    expect([word.replace('_auth', ' login'), word]).toContain(said);
});

test('the log is lines at a terminal, and says a thing of a server once [cli.log-lines]', () => {
  const line = logLines();
  const said = (message: string, fields = {}, level: LogEntry['level'] = 'info') =>
    stripVTControlCharacters(line({ time: new Date(), level, message, fields }) ?? '').slice(10);
  expect(said('stopping', { reason: 'SIGINT' })).toBe('stopping; reason: SIGINT');
  const failing = { server: 'a', error: 'gone', attempt: 2, retryInMs: 3 };
  expect(said('server unavailable', failing, 'warning')).toBe('warning: a is failing: gone; it is tried again');
  expect(said('server unavailable', { ...failing, attempt: 3 }, 'warning')).toBe('');
  expect(said('server ready', { server: 'a', attempt: 4 })).toBe('a is ready');
  expect(said('server unavailable', failing, 'warning')).toContain('a is failing');
  expect(said('x\u001b[2J')).toBe('x�[2J');
});

const SHAPES: [string, string, string][] = [
  [
    'config.jsonc',
    '{\n  // mine\n  "a": {"command": ["x"]}, // why\n  "b": {"command": ["y"]}\n}\n',
    '"a": {"command": ["x"], "enabled": false}, // why',
  ],
  ['config.json', '{\n  "a": {\n    "command": ["x"]\n  }\n}\n', '    "command": ["x"],\n    "enabled": false\n'],
  ['config.json', '{"mcpServers": {"a": {"command": "x", "disabled": false}}}', '"disabled": true'],
  [
    'config.json',
    '{"servers": [{"id": "b", "command": "y"}, {"id": "a", "command": "x"}]}',
    '{"id": "a", "command": "x", "enabled": false}',
  ],
  ['config.yml', '# mine\na:\n  command: [x] # why\nb:\n  command: [y]\n', 'enabled: false'],
  ['config.json', '{"a": {"command": ["x"], "enabled": true}}', '"enabled": false'],
];

test.each(SHAPES)('servers are switched off and on in %s: %j [cli.switch]', async (name, text, expected) => {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, text);
  const off = await switchServers(await readOurFile(path), ['a'], false);
  expect(off).toContain(expected);
  for (const comment of ['mine', 'why']) expect(off.includes(comment)).toBe(text.includes(comment));
  writeFileSync(path, off);
  const entries = (file: Awaited<ReturnType<typeof readOurFile>>) =>
    file.raw.entries.map(({ key, value }) => [key, value?.enabled]);
  expect(entries(await readOurFile(path))).toContainEqual(['a', false]);
  const on = await switchServers(await readOurFile(path), ['a'], true);
  writeFileSync(path, on);
  expect(entries(await readOurFile(path))).toContainEqual(['a', true]);
  if (!text.includes('abled')) expect(on).toBe(off.replace('false', 'true'));
});

test('what a server says is kept whatever the level, for its owner alone, and bounded [cli.logs]', async () => {
  const folder = join(temporaryDirectory(), 'state');
  const lines: string[] = [];
  const log = withServerLogs(
    createLogger((line) => lines.push(line), 'error'),
    folder,
  );
  const key = '../a b/ü';
  const path = serverLogFile(folder, key);
  expect(path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes('/')).toBe(true);
  expect(serverLogFile(folder, 'a_b')).not.toBe(serverLogFile(folder, 'a b'));
  log.debug('stderr', { server: key, line: 'starting' });
  log.warning('server unavailable', { server: key, error: 'gone', retryInMs: 900 });
  log.info('something else', { server: key });
  await waitUntil(() => readIfThere(path).includes('* failed: gone; tried again in 1 s\n'));
  expect(readIfThere(path)).toMatch(/^\d{4}-\S+Z \d+ \| starting\n\S+ \d+ \* failed/);
  expect([statSync(path).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(lines).toEqual([]);
  // A storm is not written down whole.
  for (let count = 0; count < 20_000; count++) log.debug('stderr', { server: key, line: 'x'.repeat(100) });
  await waitUntil(() => /lines came too fast and were not kept/.test(readIfThere(path)));
  expect(statSync(path).size).toBeLessThan(300_000);
});

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

test('a log is followed beyond the file that is put aside [cli.logs]', () => {
  const path = join(temporaryDirectory(), 'a.log');
  const tail = new LogTail(path);
  expect(tail.last(5)).toEqual([]);
  writeFileSync(`${path}.1`, 'old 1\nold 2\n');
  writeFileSync(path, 'one\ntwo\nhal');
  expect(tail.last(3)).toEqual(['old 2', 'one', 'two']);
  writeFileSync(path, 'one\ntwo\nhalf\nthree\n');
  expect(tail.more()).toEqual(['half', 'three']);
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'new\n');
  expect(tail.more()).toEqual(['new']);
  mkdirSync(join(path, '..', 'x'));
  expect(new LogTail(join(path, '..', 'none')).last(1)).toEqual([]);
});
