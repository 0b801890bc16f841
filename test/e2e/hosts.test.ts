import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { isJsonObject } from '../../src/core/json.ts';
import type { Host } from '../hosts/host.ts';
import { installHosts, pinnedVersion } from '../hosts/installed-hosts.ts';
import { HOSTS, Machine, SERVERS } from '../hosts/machine.ts';
import type { Answer, Block, ModelRequest } from '../hosts/model-dialect.ts';
import { type Run, runAttended, runCutShort, runHost } from '../hosts/run-host.ts';

// A run of a host takes a few seconds, and up to a minute where the tests beside it take both cores.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const INSTALL_TIMEOUT_MS = 600_000;

const META_TOOLS = ['describe', 'invoke', 'invoke_async', 'job_status', 'search'];
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Its hosts are on the gateway until the last tests. */
let machine: Machine;

beforeAll(async () => {
  await installHosts();
  machine = new Machine();
  machine.move();
  return () => machine.home.remove();
}, INSTALL_TIMEOUT_MS);

test('three commands lead both hosts to the gateway, with every server of theirs [hosts.move]', () => {
  for (const host of HOSTS) expect(Object.keys(machine.servers(host).now)).toEqual(['gateway']);
  expect(Object.keys(JSON.parse(machine.home.read('.config/mcp-gateway/config.json'))).sort()).toEqual(SERVERS);
});

describe.each(HOSTS.map((host) => ({ name: host.package, host })))('$name', ({ host }) => {
  const call = (tool: string, input: object): Answer => ({
    calls: [{ tool: host.toolName('gateway', tool), input: { ...input } }],
  });
  const invoke = (id: string, args: object = {}) => call('invoke', { id, args });
  let run: Run;

  beforeAll(async () => {
    run = await runHost(machine.home, host, [
      call('search', { query: 'content' }),
      invoke('pictures::image'),
      invoke('weather::structured', { city: 'Oslo' }),
      invoke('weather::add', { a: 20, b: 22 }),
      call('invoke_async', { id: 'slow::progress', args: { steps: 3, ms: 50 } }),
      (told) => call('job_status', { jobId: /job_\w+/.exec(textOf(told))?.[0] ?? '', waitMs: 20_000 }),
      { text: 'Everything is done.' },
    ]);
  });

  test('its model is offered the five tools in every request, and no other of a server [hosts.five-tools]', () => {
    expect(run.requests, run.said).toHaveLength(7);
    for (const told of run.requests) expect(offered(told, host)).toEqual(gatewayTools(host));
  });

  test('its model reads our instructions, with the names of the servers [hosts.instructions]', () => {
    const [first] = run.requests;
    const told = `${first?.system}\n${textOf(first)}`.replaceAll('\\n', '\n');
    expect(told).toContain('`search` for what you need, then `invoke` with the id and args');
    for (const server of SERVERS) expect(told).toMatch(new RegExp(`^ *- ${server}(?:$|:)`, 'm'));
  });

  test('what it finds it can invoke: an image arrives as one, text and structured content as text [hosts.results]', () => {
    expect(news(run, 1)).toContainEqual(textBlock(expect.stringContaining('"pictures::image"')));
    expect(news(run, 2).filter(({ type }) => type === 'image')).toEqual([
      { type: 'image', mimeType: 'image/png', data: PNG },
    ]);
    expect(textOf(run.requests[2])).not.toContain(PNG);
    expect(textOf(run.requests[2])).toContain('caption');
    expect(news(run, 3)).toContainEqual(textBlock('{"city":"Oslo","celsius":21}'));
    expect(news(run, 4)).toContainEqual(textBlock('42'));
  });

  test('a job is started, waited for and read [hosts.job]', () => {
    expect(news(run, 5)).toContainEqual(textBlock(expect.stringMatching(/^\{"jobId":"job_\w+","status":/)));
    expect(textOf(run.requests[6])).toMatch(/"status":"completed".*done after 3/s);
  });

  test('it ends by itself, has needed nothing but loopback, and leaves no process [hosts.clean-end]', async () => {
    expect(run.exit, run.said).toEqual({ code: 0, signal: null });
    expect(run.output).toContain('Everything is done.');
    expect(run.strays.filter((stray) => !host.strays.includes(stray))).toEqual([]);
    await machine.home.quiet();
  });

  test('servers hear its own name, version and abilities [hosts.introduction]', async () => {
    const { name, capabilities } = host.introduction;
    const version = await pinnedVersion(host.package);
    const heard = machine.home
      .events('initialize')
      .filter(({ clientInfo }) => isJsonObject(clientInfo) && clientInfo.name === name);
    expect(heard.length).toBeGreaterThan(0);
    for (const each of heard) {
      expect(each).toMatchObject({ clientInfo: { name, version } });
      expect(each.capabilities).toEqual(capabilities);
    }
  });

  test('it asks its person before invoke, and calls or not as they say [hosts.permission]', async () => {
    const earlier = machine.calls('add').length;
    const turns = [1, 2].map((a) => invoke('weather::add', { a, b: 1 }));
    const decisions = ['allow', 'deny'] as const;
    const asked = await runAttended(machine.home, host, [...turns, { text: 'So be it.' }], (_, nth) => decisions[nth]);
    const permission = expect.objectContaining({ kind: 'permission', about: host.toolName('gateway', 'invoke') });
    expect(asked.questions, asked.said).toEqual([permission, permission]);
    expect(asked.questions.map(({ details }) => details.includes('weather::add'))).toEqual([
      host.showsArguments,
      host.showsArguments,
    ]);
    expect(news(asked, 1)).toContainEqual(textBlock('2'));
    expect(machine.calls('add').slice(earlier)).toEqual([{ a: 1, b: 1 }]);
    await machine.home.quiet();
  });

  test('what a server asks reaches its person, or its model is told that nobody can be asked [hosts.question]', async () => {
    const requestedSchema = { type: 'object', properties: { sure: { type: 'boolean' } } };
    const params = { mode: 'form', message: 'May I?', requestedSchema };
    const ask = invoke('notes::ask', { rounds: [{ q: { method: 'elicitation/create', params } }] });
    const asked = await runAttended(machine.home, host, [ask, { text: 'Asked.' }], ({ kind }) =>
      kind === 'elicitation' ? { sure: true } : 'allow',
    );
    const questions = asked.questions.filter(({ kind }) => kind === 'elicitation').map(({ about }) => about);
    const canAsk = 'elicitation' in host.introduction.capabilities;
    expect(questions, asked.said).toEqual(canAsk ? ['May I?'] : []);
    expect(textOf(asked.requests[1])).toContain(canAsk ? '"content":{"sure":true}' : 'does not offer elicitation');
    await machine.home.quiet();
  });

  test('a rule of the gateway asks about the inner tool where the host can show it [hosts.rules]', async () => {
    const earlier = machine.calls('add').length;
    const takeBack = machine.permit([
      { id: 'weather::add', action: 'ask' },
      { id: 'notes::*', action: 'deny' },
    ]);
    const turns = [invoke('weather::add', { a: 3, b: 4 }), invoke('notes::echo', { text: 'x' }), { text: 'Done.' }];
    const asked = await runAttended(machine.home, host, turns, ({ kind }) =>
      kind === 'elicitation' ? { answer: 'once' } : 'allow',
    );
    takeBack();
    const canAsk = 'elicitation' in host.introduction.capabilities;
    const questions = asked.questions.filter(({ kind }) => kind === 'elicitation').map(({ about }) => about);
    expect(questions, asked.said).toEqual(canAsk ? [expect.stringMatching(/(?=.*weather)(?=.*add)/s)] : []);
    expect(machine.calls('add').slice(earlier)).toEqual(canAsk ? [{ a: 3, b: 4 }] : []);
    expect(textOf(asked.requests[1])).toMatch(canAsk ? /^7$/m : /a person is to be asked|cannot ask|cannot be asked/);
    expect(textOf(asked.requests[2])).toContain('no tool "notes::echo"');
    await machine.home.quiet();
  });

  test.each(['Ctrl-C', 'SIGKILL'] as const)(
    'ended by %s in the middle of a call it leaves no process [hosts.cut-short]',
    async (by) => {
      const earlier = machine.calls('hang').length;
      const isTime = () => machine.calls('hang').length > earlier;
      const cut = await runCutShort(machine.home, host, [invoke('slow::hang')], { isTime, by });
      expect(cut.requests, cut.said).toHaveLength(1);
      await machine.home.quiet();
    },
  );
});

test('the hook for Claude Code decides by the rules, and nobody is asked twice [hosts.hook]', async () => {
  const [host] = HOSTS;
  if (!host) expect.fail();
  const earlier = machine.calls('add').length;
  const takeBack = machine.permit([
    { id: 'weather::add', action: 'ask' },
    { id: 'notes::*', action: 'deny' },
    { action: 'allow' },
  ]);
  machine.home.write('.claude/settings.json', machine.home.gateway('hooks', 'claude-code'));
  const ids: [string, object][] = [
    ['weather::add', { a: 5, b: 6 }],
    ['notes::echo', { text: 'x' }],
    ['weather::structured', { city: 'Oslo' }],
  ];
  const turns = ids.map(([id, args]) => ({
    calls: [{ tool: host.toolName('gateway', 'invoke'), input: { id, args } }],
  }));
  const run = await runAttended(machine.home, host, [...turns, { text: 'Done.' }], () => 'allow');
  takeBack();
  machine.home.write('.claude/settings.json', '{}');
  expect(
    run.questions.map(({ kind }) => kind),
    run.said,
  ).toEqual(['permission']);
  expect(machine.calls('add').slice(earlier)).toEqual([{ a: 5, b: 6 }]);
  expect(textOf(run.requests[1])).toContain('11');
  expect(textOf(run.requests[2])).toContain('notes::echo');
  expect(textOf(run.requests[3])).toContain('"celsius":21');
  await machine.home.quiet();
});

test('--undo gives both hosts their own servers back, which they start again [hosts.move-back]', async () => {
  machine.moveBack();
  for (const host of HOSTS) {
    const { now, before } = machine.servers(host);
    expect(now).toEqual(before);
    const { requests, said } = await runHost(machine.home, host, [{ text: 'Nothing to do.' }]);
    const [first] = requests;
    // Claude Code only names the tools that it keeps behind its own search.
    const known = [...(first?.tools ?? []).map(({ name }) => name), textOf(first)].join('\n');
    for (const server of Object.keys(before)) expect(known, said).toContain(host.toolName(server, ''));
    expect(known).not.toContain(host.toolName('gateway', ''));
  }
});

test('where nobody has changed the files since, --undo restores them byte for byte [hosts.move-back]', async () => {
  const untouched = new Machine();
  try {
    untouched.move();
    for (const host of HOSTS) expect(untouched.settings(host).now).toContain('gateway');
    untouched.moveBack();
    for (const host of HOSTS) expect(untouched.settings(host).now).toBe(untouched.settings(host).before);
  } finally {
    await untouched.home.remove();
  }
});

test('the entries with npx and bunx work in both hosts, offline [hosts.runners]', async () => {
  const words = ['pack', '--ignore-scripts', '--silent', '--pack-destination', machine.home.folder];
  const name = execFileSync('npm', words, { encoding: 'utf8' }).trim();
  const runnerOf = (host: Host) => (host === HOSTS[0] ? 'npx' : 'bunx');
  machine.move((host) => ['--package', `${machine.home.folder}/${name}`, '--runner', runnerOf(host)]);
  for (const host of HOSTS) {
    expect(JSON.stringify(machine.servers(host).now)).toContain(`"${runnerOf(host)}"`);
    const { requests, said } = await runHost(machine.home, host, [{ text: 'Nothing to do.' }]);
    expect(requests[0] && offered(requests[0], host), said).toEqual(gatewayTools(host));
    await machine.home.quiet();
  }
});

const textBlock = (text: unknown) => ({ type: 'text', text });

/** What the model was told before its turn of that number, from 0; hosts put reminders of their own beside results. */
function news({ requests }: Run, turn: number): readonly Block[] {
  return requests[turn]?.news ?? [];
}

function textOf(told: ModelRequest | undefined): string {
  return (told?.news ?? []).map((block) => (block.type === 'text' ? block.text : '')).join('\n');
}

/** Names of the tools of MCP servers that the model is offered. */
function offered({ tools }: ModelRequest, host: Host): string[] {
  const prefixes = ['gateway', ...SERVERS].map((server) => host.toolName(server, ''));
  const names = tools.map(({ name }) => name);
  return names.filter((name) => prefixes.some((prefix) => name.startsWith(prefix))).sort();
}

function gatewayTools(host: Host): string[] {
  return META_TOOLS.map((tool) => host.toolName('gateway', tool));
}
