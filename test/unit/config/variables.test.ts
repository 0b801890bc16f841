// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configOfObject, loadConfig } from '../../../src/config/load.ts';
import { readProject } from '../../../src/config/project/with-project.ts';
import { jsonSchema } from '../../../src/config/schema.ts';
import { substitute } from '../../../src/config/substitute.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

const ENV = { HOME: '/home/someone', PATH: '/usr/bin', REGION: 'outer', EMPTY: '' };

/** The one server of a configuration, and what was found in it. */
async function load(entry: object, { shape = 'mcpServers', env = {} as Record<string, string> } = {}) {
  const home = temporaryDirectory();
  const path = join(home, 'c.json');
  writeFileSync(path, JSON.stringify(shape === 'flat' ? { s: entry } : { [shape]: { s: entry } }));
  const { servers, problems } = await loadConfig(path, { ...ENV, ...env });
  return {
    server: servers[0] as Record<string, unknown> | undefined,
    said: problems.map(({ message }) => message),
    home,
  };
}

/** The words of a command after its first. */
async function words(...args: Parameters<typeof load>): Promise<unknown[]> {
  const { server } = await load(...args);
  return (server?.command as unknown[] | undefined)?.slice(1) ?? [];
}

test('doubled braces stand for a reference as text, in which variables are filled in [variables.literal]', () => {
  const sources = { secret: (_: string, isOnly: boolean) => (isOnly ? 'read' : undefined), file: () => 'read' };
  const filled = (text: string) => substitute(text, { A: 'a' }, sources).text;
  expect(filled('{{env:A}} {{file:/x}} {{secret:A}}')).toBe('{env:A} {file:/x} {secret:A}');
  expect(filled('{{{env:A}}} {{file:${A}/x}} ${{file:/x}}')).toBe('{{env:A}} {file:a/x} ${file:/x}');
  expect(filled('{{env:A} {{other}} { {env:A}}')).toBe('{a {{other}} { a}');
  expect(filled('${NONE:-{{env:A}}}')).toBe('{env:A}');
  expect(filled('{{env:'.repeat(200_000))).toHaveLength(1_200_000);
});

describe('the variables of an entry', () => {
  const env = { REGION: 'eu', TOKEN: 'Bearer ${REGION}' };

  test('count in its arguments, cwd, headers and url, before those outside [variables.own]', async () => {
    const args = ['--region', '${REGION}', '{env:REGION}', '${env:TOKEN}', '${NONE:-${REGION}}'];
    const { server, said } = await load({ command: 'x', args, env, cwd: '/${REGION}' });
    expect(server).toMatchObject({ command: ['x', '--region', 'eu', 'eu', 'Bearer eu', 'eu'], cwd: '/eu' });
    const flat = { command: ['x', '${REGION}'], environment: env };
    expect((await load(flat, { shape: 'flat' })).server).toMatchObject({ command: ['x', 'eu'] });
    const remote = { url: 'https://${REGION}.h/mcp', headers: { Authorization: '${TOKEN}' }, env };
    const far = await load(remote);
    expect(far.server).toMatchObject({ url: 'https://eu.h/mcp', headers: { Authorization: 'Bearer eu' } });
    expect([...said, ...far.said]).toEqual([]);
    expect((await load({ url: 'https://h', env })).said).toEqual([
      expect.stringMatching(/env: has no effect on a remote/),
    ]);
  });

  test('are made of each other in any order; within its own value a name means the one outside [variables.own]', async () => {
    const made = { A: '${B}/a', B: '${C}/b', C: 1, PATH: '${PATH}:/x', REGION: '${REGION}+', D: '$${A}' };
    const { server } = await load({ command: 'x', args: ['${A}', '${PATH}'], env: made });
    expect(server).toMatchObject({
      command: ['x', '1/b/a', '/usr/bin:/x'],
      environment: { A: '1/b/a', B: '1/b', C: '1', PATH: '/usr/bin:/x', REGION: 'outer+', D: '${A}' },
    });
    const round = { A: '${B}', B: '${A}' };
    expect((await load({ command: 'x', env: round }, { env: { A: 'a' } })).server).toMatchObject({
      environment: { A: 'a', B: 'a' },
    });
    const endless = await load({ command: 'x', env: round });
    expect(endless.server).toBeUndefined();
    expect(endless.said).toEqual([
      expect.stringMatching(/env\.B: found \$\{A\}, which is made of B in turn, and there is no other A/),
    ]);
    const itself = await load({ command: 'x', env: { A: '${A}/x' } });
    expect(itself.said).toEqual([expect.stringMatching(/env\.A: found \$\{A\}, which is made of itself/)]);
  });

  test('may be empty, and then count as everywhere [variables.own]', async () => {
    const args = ['<${A}>', '<${A:-b}>', '<{env:A}>', '<${EMPTY}>'];
    expect(await words({ command: 'x', args, env: { A: '' } })).toEqual(['<>', '<b>', '<>', '<>']);
  });
});

test.each([
  ['$${x}', '${x}'],
  ['$${A:-b}', '${A:-b}'],
  ['a$${A}b${A}', 'a${A}b1'],
  ['$$${A}', '$${A}'],
  ['$${A${B}}', '${A${B}}'],
  ['$${A', '$${A'],
  ['${N:-$${A}}', '${A}'],
  ['${N:-${M:-${A}}}', '1'],
  ['${N:-${M:-${L:-{"a":{}}}}}', '{"a":{}}'],
  ['${A:-${N}}', '1'],
  ['${N:-}', ''],
  ['${N:-a:-b}', 'a:-b'],
  ['${N:-{env:A}}', '1'],
  ['${env:N:-${env:A}}', '1'],
  ['$A $(A) ${A-b} ${A%/} {A} $1 ^[a-z]{2}$', '$A $(A) ${A-b} ${A%/} {A} $1 ^[a-z]{2}$'],
  ['${N:-{}', '${N:-{}'],
])('%s becomes %s [variables.literal]', (written, expected) => {
  expect(substitute(written, { A: '1' })).toEqual({ text: expected, unset: [], missing: [] });
});

test('a variable that is not set tells how to write it as text; defaults nest without an end [variables.literal]', async () => {
  const { said } = await load({ command: 'x', args: ['${NOPE}'] });
  expect(said).toEqual([expect.stringContaining('write ${NOPE:-default}, or $${NOPE} for the text as it stands')]);
  const deep = `${'${N:-'.repeat(50_000)}${'}'.repeat(50_000)}`;
  expect(substitute(deep, {}).text).toBeTypeOf('string');
});

describe('a script', () => {
  const script = async (command: string, args: unknown[], env = {}) => (await words({ command, args, env })).at(-1);

  test.each([
    ['sh', ['-c', 'for i in a b; do X=${i}; done; echo ${X} ${R%/}']],
    ['bash', ['-lc', 'echo ${NOPE:-d} ${NOPE}']],
    ['/usr/bin/env', ['bash', '-euo', 'pipefail', '-c', 'echo ${NOPE}']],
    ['docker', ['run', 'alpine', 'sh', '-c', 'echo ${NOPE}']],
    ['node', ['--no-warnings', '-e', 'console.log(`${nope}`)']],
    ['pwsh', ['-NoProfile', '-Command', 'Write-Output ${nope}']],
    ['npx', ['-y', '-c', 'tool ${NOPE}']],
    ['sh', ['-c', 'REGION=mine; echo ${REGION}']],
    ['sh', ['-c', 'while read -r REGION; do echo ${REGION}; done']],
    ['sh', ['-c', '~/bin/x ~/y']],
    ['cmd', ['/c', 'bash', '-c', 'echo ${NOPE}']],
  ])('of %s keeps its own variables: %j [variables.scripts]', async (command, args) => {
    expect(await script(command, args)).toBe(args.at(-1));
  });

  test('gets those that somebody has set, as from clients [variables.scripts]', async () => {
    const text = "x --header 'A: ${KEY}' ${REGION} ${NOPE} -e REGION=${REGION} {env:KEY}";
    expect(await script('sh', ['-c', text], { KEY: 'k' })).toBe("x --header 'A: k' outer ${NOPE} -e REGION=outer k");
  });

  test.each([
    'export T_X=1 T_OUT=in',
    "T_X='a b' T_OUT=in",
    'case x in x) T_OUT=in;; esac',
    'typeset -x T_OUT=in',
    'declare -x T_X="a b" T_OUT=in',
    'T_OUT+=in',
    'T_OUT[0]=in',
    'printf -v T_OUT in',
    'mapfile -t T_OUT <<< in',
    'read -r T_X T_OUT <<< "a in"',
    'unset -v T_X T_OUT',
    'eval "T_OUT=in"',
    'eval "$(printf T_; printf OUT=in)"',
    'printf T_OUT=in > f; . ./f',
    'source /dev/stdin <<< "T_""OUT=in"',
    'if true; then T_OUT=in; fi',
    '((T_OUT=5))',
    'T_OUT=1; ((T_OUT++))',
    'f() { T_OUT=in; }; f',
    'getopts a: T_OUT -a x',
    ': ${T_NEW:=in} ${T_OUT:+x}',
    'for T_OUT in in; do :; done',
    'let T_OUT=7',
    'cd /; T_X="${PWD}"',
  ])('of bash prints what bash alone prints: %s [variables.scripts]', async (text) => {
    const cwd = temporaryDirectory();
    const env = { T_OUT: 'outer', PATH: String(process.env.PATH), PWD: '/somewhere/else' };
    const whole = `${text}; printf '%s|%s' "\${T_OUT-none}\${T_OUT}" "$T_X"`;
    const printed = (script: string) =>
      execFileSync('bash', ['--norc', '-c', script], {
        cwd,
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    const [, filled] = await words({ command: 'bash', args: ['-c', whole] }, { env });
    expect(printed(String(filled))).toBe(printed(whole));
  });

  test.each([
    ['node', ['-e', 'const o = {file:process.argv0}; for (const name of [1]) o[`${name}`] = {secret:token, env:o};']],
    ['node', ['-e', 'const f = (a, USER) => `${USER}`; const {HOME, b} = o; `${HOME}`']],
    ['python3', ['-c', 'print(f"{file:x} {secret:>10} ${USER}".format(USER=1)); def f(USER): pass']],
    ['python3', ['-c', 'for HOME in [1]: print(f"${HOME}")']],
    ['pwsh', ['-Command', '"${env:T_NOPE}"; srv']],
    ['pwsh', ['-NoProfile', '-Command', 'srv', '${env:T_NOPE}', '$x = ${y}']],
    ['powershell.exe', ['-Comm', '$env:USER = 1; srv ${env:USER}']],
    ['Rscript', ['-e', 'cat("${name}")']],
  ])('of %s keeps what only looks like a reference: %j [variables.scripts]', async (command, args) => {
    const { server, said } = await load({ command, args }, { env: { ...ENV, USER: 'u', HOME: '/home/someone' } });
    expect([server?.command, said]).toEqual([[command, ...args], []]);
  });

  test('gets what is there, of a file, the secrets or the environment, in code too [variables.scripts]', async () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'token'), 'fromfile\n');
    const $gateway = { secrets: { file: join(folder, 'secrets.env') } };
    writeFileSync(join(folder, 'secrets.env'), 'low=fromsecrets\nTOKEN=alsosecret\n', { mode: 0o600 });
    const file = join(folder, 'config.json');
    const code = 'f({file:token}, "{secret:low}", "${TOKEN}", "{env:REGION}")';
    const pwsh = 'srv ${env:REGION} {file:./token}';
    const entries = { code: { command: ['node', '-e', code] }, pwsh: { command: ['pwsh', '-c', pwsh] } };
    writeFileSync(file, JSON.stringify({ $gateway, ...entries }));
    const { servers } = await loadConfig(file, ENV);
    expect(servers.map((server) => server.type === 'local' && server.command.at(-1))).toEqual([
      'f(fromfile, "fromsecrets", "alsosecret", "outer")',
      'srv outer fromfile',
    ]);
  });

  test('must have what can only be a reference; the error says how to write it as text [variables.scripts]', async () => {
    const said = async (text: string) => (await load({ command: 'sh', args: ['-c', text] })).said.join();
    expect(await said('srv {file:~/none/token}')).toMatch(
      /there is no .*write \{\{file:~\/none\/token\}\} for the text/,
    );
    expect(await said('srv {secret:MY_TOKEN}')).toContain('write {{secret:MY_TOKEN}} for the text as it stands');
    expect(await said('srv ${env:NOPE}')).toContain('the variable NOPE is not set');
  });

  test('is only what runs: other words must have their variables [variables.scripts]', async () => {
    for (const args of [['server.js', '-e', '${NOPE}'], ['-verbose', '${NOPE}'], ['-c', '${NOPE}'], ['${NOPE}']]) {
      const program = args[0] === '-c' ? 'mine' : 'node';
      expect((await load({ command: program, args })).said).toEqual([
        expect.stringContaining('the variable NOPE is not set'),
      ]);
    }
  });
});

describe('~', () => {
  test('is the home directory in a command and its arguments [variables.home]', async () => {
    const home = temporaryDirectory();
    mkdirSync(join(home, 'notes'));
    const args = [
      '~/notes',
      '--dir=~/notes',
      'X=~/notes',
      '~',
      '~user',
      'a~/b',
      '-d=${T:-${U:-~/notes}}',
      '$${T:-~/x}',
    ];
    const { server, said } = await load({ command: '~/bin/srv', args }, { env: { HOME: home } });
    const there = `${home}/notes`;
    expect(server?.command).toEqual([
      ...[`${home}/bin/srv`, there, `--dir=${there}`, `X=${there}`, home, '~user', 'a~/b', `-d=${there}`, '${T:-~/x}'],
    ]);
    expect(said).toEqual([]);
  });

  test('is told where it leads to nothing, and left to programs that run elsewhere [variables.home]', async () => {
    const { server, said } = await load({ command: 'x', args: ['~/gone'] });
    expect(server?.command).toEqual(['x', '/home/someone/gone']);
    expect(said).toEqual([
      expect.stringMatching(/args\[0\]: found "~\/gone", taken for \/home\/someone\/gone, where there is/),
    ]);
    for (const command of ['ssh', '/usr/bin/ssh', 'wsl.exe'])
      expect(await words({ command, args: ['h', '~/bin/srv'] })).toEqual(['h', '~/bin/srv']);
  });
});

test.each([
  [
    'c.jsonc',
    `{"mcpServers": {"1.50": {"command": "x", // 7.0
      "args": [12345678901234567890, "a", 1.50, null, 1e5, -0, 1e400, true], "env": {"V": 3.10, "N": 1.0}, "timeoutMs": 1e3},
      "far": {"url": "https://h", "headers": {"X-Version": 3.10}}},
      "search": {"embeddings": {"url": "https://e", "model": "m", "headers": {"X-Project": 12345678901234567890, "X-V": 1.0, "X-No": null}}}}`,
  ],
  [
    'c.yml',
    `base: &base {V: 3.10, N: 1.0}
mcpServers:
  1.50: {command: x, args: [12345678901234567890, a, 1.50, null, 1e5, -0, 1e400, true], env: {<<: *base}, timeoutMs: 1e3}
  far: {url: https://h, headers: {X-Version: 3.10}}
search: {embeddings: {url: https://e, model: m, headers: {X-Project: 12345678901234567890, X-V: 1.0, X-No: null}}}`,
  ],
])('numbers in a file come as they are written: %s [variables.plain]', async (name, text) => {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, text);
  const { servers, settings } = await loadConfig(path, ENV);
  const [near, far] = servers;
  expect(near).toMatchObject({
    key: '1.50',
    command: ['x', '12345678901234567890', 'a', '1.50', '1e5', '-0', '1e400', 'true'],
    environment: { V: '3.10', N: '1.0' },
    timeoutMs: 1000,
  });
  expect(far).toMatchObject({ headers: { 'X-Version': '3.10' } });
  expect(settings.search.embeddings?.headers).toEqual({ 'X-Project': '12345678901234567890', 'X-V': '1.0' });
});

test('no server inherits the variables that hold the keys of callers, one of a project neither [variables.plain]', async () => {
  const config = configOfObject(
    {
      $gateway: { auth: { strategy: 'api-key', apiKeys: ['${OUR_KEY}', { key: '{env:OTHER_KEY}' }] } },
      mine: { command: ['x'] },
      told: { command: ['x'], environment: { K: '${OUR_KEY}' } },
    },
    { OUR_KEY: 'k'.repeat(32), OTHER_KEY: 'o'.repeat(32) },
  );
  const [mine, told] = config.servers;
  expect(mine).toMatchObject({ unset: ['OUR_KEY', 'OTHER_KEY'] });
  // What a person hands over is handed over.
  expect(told).toMatchObject({ environment: { K: 'k'.repeat(32) } });
  const text = JSON.stringify({ theirs: { command: ['x'] } });
  const project = await readProject(text, '/p/.mcp-gateway.json', {}, config.withheld);
  expect(project.servers).toMatchObject([{ unset: ['OUR_KEY', 'OTHER_KEY'] }]);
});

test('numbers and booleans are texts, null and what is often left empty is as if it were not written [variables.plain]', async () => {
  const args = ['--port', 3000, true, null, 1.5, ''];
  const entry = { ...{ command: 'x', args, env: { A: 5, B: null, C: false }, url: null, type: 'STDIO', cwd: '' } };
  const { server, said } = await load({ ...entry, timeout: null, disabled: null, headers: null });
  expect(server).toMatchObject({
    command: ['x', '--port', '3000', 'true', '1.5', ''],
    environment: { A: '5', C: 'false' },
  });
  expect(server?.unset).toEqual(['B']);
  expect(said).toEqual([]);
  const far = await load({ url: 'https://h', command: '', type: 'Streamable-HTTP', headers: { A: null, B: 1 } });
  expect(far).toMatchObject({ server: { transport: 'streamable_http', headers: { B: '1' } }, said: [] });
  expect(await words({ command: 'node x a', args: [] })).toEqual(['x', 'a']);
  const gone = await load({ command: 'x', args: ['${REGION}'], env: { REGION: null } });
  expect(gone.said).toEqual([expect.stringContaining('the variable REGION is not set')]);
  expect(JSON.stringify(jsonSchema())).toContain('"startTimeoutMs"');
});
