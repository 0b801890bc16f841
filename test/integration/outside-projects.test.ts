// biome-ignore-all lint/suspicious/noTemplateCurlyInString: as it stands in a configuration
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { builtFixture } from '../helpers/servers/built-fixtures.ts';
import { local, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { wholeLines } from '../helpers/system/lines.ts';
import { expectDead, processesWith, waitUntil } from '../helpers/system/processes.ts';

const FIXTURE = builtFixture('upstream');
const LIBRARY = join(dirname(BIN), 'lib.js');
const MARK = 'TEST_OUTSIDE_MARK';
const NODE = `${process.execPath} ${FIXTURE} '{"sdk":"raw","tools":["echo"]}'`;

/** A program that writes down whose it is, and where it runs. */
function program(path: string, whose: string, then: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "${whose} $(basename "$0") $(pwd -P)" >> "$TRAP"\n${then}\n`, {
    mode: 0o755,
  });
}

/** A user with programs of their own, and a project that has others of the same names wherever it can. */
function trap() {
  const home = realpathSync(temporaryDirectory());
  const folder = join(home, '.config/mcp-gateway');
  const project = join(home, 'code/shop');
  const cwd = join(project, 'web');
  const [serve, tell] = [`exec ${NODE}`, 'echo TOKEN=t'];
  for (const [name, then] of [
    ['helper', serve],
    ['secrets', tell],
  ] as const) {
    program(join(home, 'tools', name), 'user', then);
    for (const place of ['.', 'node_modules/.bin', 'bin', '../bin', '../node_modules/.bin'])
      program(join(cwd, place, name), 'PROJECT', then);
  }
  // What npx takes from the directory in which it is called.
  program(join(folder, 'node_modules/.bin/packaged'), 'user', serve);
  for (const place of [cwd, project]) program(join(place, 'node_modules/.bin/packaged'), 'PROJECT', serve);
  mkdirSync(join(project, '.git'));
  const servers = {
    helper: { command: ['helper', '${TOKEN}'] },
    npx: { command: ['npx', '--no', '--offline', 'packaged'] },
  };
  const settings = { secrets: { command: ['secrets'] }, daemon: { idleSeconds: 0.1 } };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ $gateway: settings, ...servers }));
  const file = join(home, 'trap');
  const mark = randomUUID();
  const PATH = [
    ...[`${cwd}/node_modules/.bin`, `${project}/node_modules/.bin`, '', '.', 'bin', `${project}/bin`, cwd],
    ...[join(home, 'tools'), dirname(process.execPath), '/usr/bin', '/bin'],
  ].join(':');
  const of = {
    HOME: home,
    PATH,
    PWD: cwd,
    TRAP: file,
    INIT_CWD: cwd,
    npm_command: 'exec',
    npm_config_local_prefix: cwd,
  };
  const runtime = join(home, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  onTestFinished(() => expectDead(processesWith(MARK, mark), 10_000));
  return {
    ...{ home, folder, project, cwd },
    start(
      words: readonly string[],
      more: Readonly<Record<string, string>> = {},
      stderr: 'ignore' | 'pipe' = 'ignore',
    ): ChildProcess {
      const env = { ...of, XDG_RUNTIME_DIR: runtime, [MARK]: mark, ...more };
      const child = spawn(process.execPath, [...words], { cwd, env, stdio: ['pipe', 'ignore', stderr] });
      onTestFinished(() => void child.kill('SIGTERM'));
      return child;
    },
    /** Who has run, once all have. */
    ran: async (programs: readonly string[]) => {
      const lines = () => wholeLines(file);
      const isDone = () => programs.every((name) => lines().some((line) => line.split(' ')[1] === name));
      await waitUntil(isDone, { timeoutMs: 30_000, what: `${programs} have run; ran: ${lines().join(', ')}` });
      return [...new Set(lines())].sort();
    },
  };
}

const START_LIBRARY = `import { Gateway, loadConfig } from ${JSON.stringify(LIBRARY)};
const gateway = new Gateway(await loadConfig());
await gateway.start({ listen: false });
process.on('SIGTERM', () => gateway.stop().then(() => process.exit(0)));
process.stdin.resume();`;

/** How the gateway is begun, by the words after `node`. */
const MODES: Readonly<Record<string, readonly string[]>> = {
  stdio: [BIN],
  shared: [BIN, '--shared'],
  'shared, said late': [BIN, '--no-project', '--shared'],
  HTTP: [BIN, 'start', '-c', '~/.config/mcp-gateway/config.json', '--port', '0'],
  list: [BIN, 'list'],
  call: [BIN, 'call', 'helper::echo', 'text=hi'],
  doctor: [BIN, 'doctor', 'helper', 'npx'],
  library: ['--input-type=module', '-e', START_LIBRARY],
};

test.each(Object.entries(MODES))(
  'what the user runs is not taken from a project: %s [outside.modes]',
  async (mode, words) => {
    const { start, ran, folder } = trap();
    start(words);
    const programs = mode === 'call' ? ['helper', 'secrets'] : ['helper', 'packaged', 'secrets'];
    expect(await ran(programs)).toEqual(programs.map((name) => `user ${name} ${folder}`));
  },
);

test('with cwd "." a server runs where the client starts the gateway, others beside it do not [outside.where-started]', async () => {
  const { start, ran, folder, cwd, home } = trap();
  program(join(home, 'tools/here'), 'user', `exec ${NODE}`);
  const config = { helper: { command: ['helper'] }, here: { command: ['here'], cwd: '.' } };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ $gateway: { daemon: { idleSeconds: 0.1 } }, ...config }));
  start([BIN]);
  expect(await ran(['helper', 'here'])).toEqual([`user helper ${folder}`, `user here ${cwd}`]);
});

test('a confirmed server of a project runs in it, whatever its command [outside.where-started]', async () => {
  const { start, ran, project, home } = trap();
  program(join(home, 'tools/plain'), 'user', `exec ${NODE}`);
  const file = join(project, '.mcp-gateway.json');
  const servers = {
    plain: { command: ['plain'] },
    dot: { command: ['./bin/helper'], cwd: '.' },
    helper: { enabled: false },
  };
  writeFileSync(file, JSON.stringify(servers));
  const allow = start([BIN, 'allow', file, '--yes']);
  await waitUntil(() => allow.exitCode !== null, { what: 'it is confirmed' });
  start([BIN]);
  const lines = await ran(['plain', 'helper']);
  expect(lines).toContain(`user plain ${project}`);
  expect(lines).toContain(`PROJECT helper ${project}`);
});

/** A server that writes down variables, beside answering. */
function telling(file: string, names: readonly string[]): readonly string[] {
  const told = names.map((name) => `"${name}=\${${name}-none}"`).join(' ');
  return ['sh', '-c', `printf '%s\\n' ${told} > "${file}"; exec helper`];
}

/** What it has written to stderr so far. */
function saidBy({ stderr }: ChildProcess): () => string {
  let said = '';
  stderr?.on('data', (bytes) => {
    said += bytes;
  });
  return () => said;
}

const toldIn = (file: string) => Object.fromEntries(wholeLines(file).map((line) => line.split('=')));

test.each([[[BIN]], [[BIN, '--shared']]])(
  'what leads into the project is inherited where an entry names it, or a file of the project: %j [outside.variables]',
  async (words) => {
    const { start, ran, folder, home, project } = trap();
    const names = ['KUBECONFIG', 'JAVA_HOME', 'LESSOPEN', 'OUTSIDE'];
    const [plain, named] = [join(home, 'plain'), join(home, 'named')];
    const servers = {
      plain: { command: telling(plain, names) },
      named: { command: telling(named, names), environment: { KUBECONFIG: '${KUBECONFIG}' } },
    };
    writeFileSync(
      join(folder, 'config.json'),
      JSON.stringify({ $gateway: { daemon: { idleSeconds: 0.1 } }, ...servers }),
    );
    const within = { KUBECONFIG: `${project}/kube`, JAVA_HOME: `${project}/jdk`, LESSOPEN: `|${project}/x %s` };
    start(words, { ...within, OUTSIDE: `${home}/x` });
    await ran(['helper']);
    await waitUntil(() => [plain, named].every((file) => wholeLines(file).length === names.length), {
      what: 'both have told',
    });
    const none = { KUBECONFIG: 'none', JAVA_HOME: 'none', LESSOPEN: 'none', OUTSIDE: `${home}/x` };
    expect(toldIn(plain)).toEqual(none);
    expect(toldIn(named)).toEqual({ ...none, KUBECONFIG: within.KUBECONFIG });
  },
);

test('a confirmed server of a project inherits what leads into it [outside.variables]', async () => {
  const { start, project, home } = trap();
  const file = join(project, '.mcp-gateway.json');
  const told = join(home, 'told');
  const entry = { command: telling(told, ['KUBECONFIG']), cwd: 'web' };
  writeFileSync(file, JSON.stringify({ own: entry, helper: { enabled: false }, npx: { enabled: false } }));
  const allow = start([BIN, 'allow', file, '--yes']);
  await waitUntil(() => allow.exitCode !== null, { what: 'it is confirmed' });
  start([BIN], { KUBECONFIG: `${project}/kube` });
  await waitUntil(() => wholeLines(told).length === 1, { what: 'it has told', timeoutMs: 30_000 });
  expect(toldIn(told)).toEqual({ KUBECONFIG: `${project}/kube` });
});

test.each(Object.entries(MODES).filter(([mode]) => mode !== 'HTTP'))(
  'a directory for configurations within the project does not count: %s [outside.directories]',
  async (mode, words) => {
    const { start, ran, folder, project } = trap();
    const trapped = { trapped: { command: ['sh', '-c', 'echo "PROJECT trapped here" >> "$TRAP"'], start: 'eager' } };
    mkdirSync(join(project, '.config/mcp-gateway'), { recursive: true });
    writeFileSync(join(project, '.config/mcp-gateway/config.json'), JSON.stringify(trapped));
    const child = start(
      words,
      { XDG_CONFIG_HOME: join(project, '.config'), XDG_DATA_HOME: join(project, '.data') },
      'pipe',
    );
    const programs = mode === 'call' ? ['helper', 'secrets'] : ['helper', 'packaged', 'secrets'];
    expect(await ran(programs)).toEqual(programs.map((name) => `user ${name} ${folder}`));
    if (mode !== 'library') {
      const said = saidBy(child);
      await waitUntil(() => said().includes('XDG_DATA_HOME is ignored'), { what: 'it is said' });
      expect(said()).toMatch(/XDG_CONFIG_HOME is ignored: \S+\/\.config is within the project .*--config/);
    }
    expect(existsSync(join(project, '.data'))).toBe(false);
  },
);

test('which variables were left out is told at debug, by their names [outside.variables]', async () => {
  const { start, folder, project } = trap();
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ $gateway: { logLevel: 'debug' } }));
  const child = start([BIN], { KUBECONFIG: `${project}/kube` }, 'pipe');
  const said = saidBy(child);
  await waitUntil(() => said().includes('not inherited by servers'), {
    what: 'told',
  });
  const [line = '{}'] = said()
    .split('\n')
    .filter((each) => each.includes('not inherited by servers'));
  expect(JSON.parse(line)).toMatchObject({ level: 'debug', variables: expect.arrayContaining(['KUBECONFIG']) });
  expect(line).not.toContain(project);
});

test('variables of an entry: those given as null are not inherited, its own count [variables.plain] [variables.own]', async () => {
  const { start, ran, folder, home } = trap();
  const script = `printf '%s' "\${GONE-gone} $OWN $1 $2" > "${home}/seen"; exec helper`;
  const environment = { GONE: null, OWN: '${BASE}/x', BASE: 'b' };
  const entry = { ...local(), command: ['sh', '-c', script, 'sh', '${OWN}', 8080], environment };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ entry }));
  start([BIN], { GONE: 'inherited', BASE: 'outer' });
  await ran(['helper']);
  expect(readFileSync(join(home, 'seen'), 'utf8')).toBe('gone b/x b/x 8080');
});
