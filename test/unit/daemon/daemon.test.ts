import { once } from 'node:events';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate as immediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { commonEnvironment, identityOf, socketDirectory } from '../../../src/daemon/locate.ts';
import { messageHead, Relay } from '../../../src/daemon/relay.ts';
import { PendingRequests } from '../../../src/daemon/session-replay.ts';
import { addressesOf, claim, withdraw } from '../../../src/daemon/sockets.ts';
import { createLogger } from '../../../src/platform/log.ts';
import { usersEnvironment } from '../../../src/platform/users-environment.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

describe('the sockets', () => {
  function claims(directory: string, count: number): Promise<(string | undefined)[]> {
    const servers: Server[] = Array.from({ length: count }, () => createServer((socket) => socket.destroy()));
    onTestFinished(() => void servers.map((server) => server.close()));
    return Promise.all(servers.map((server) => claim({ directory, id: 'x' }, server)));
  }

  test('of daemons that come up at once one stays [daemon.race]', async () => {
    const directory = temporaryDirectory();
    const addresses = (await claims(directory, 8)).filter((each) => each !== undefined);
    expect(addresses).toHaveLength(1);
    expect(await addressesOf({ directory, id: 'x' })).toEqual(addresses);
    expect(await claims(directory, 2)).toEqual([undefined, undefined]);
  });

  test('one that has withdrawn is followed by the next [daemon.race]', async () => {
    const directory = temporaryDirectory();
    const [first] = await claims(directory, 1);
    await withdraw(first as string);
    const [second] = await claims(directory, 1);
    expect(await addressesOf({ directory, id: 'x' })).toEqual([second]);
  });

  test('stand where nobody else can enter, or nowhere [daemon.private]', () => {
    const runtime = temporaryDirectory();
    const directory = join(runtime, 'mcp-gateway');
    expect(socketDirectory({ XDG_RUNTIME_DIR: runtime })).toBe(directory);
    expect(socketDirectory({ XDG_RUNTIME_DIR: runtime })).toBe(directory);
    chmodSync(directory, 0o755);
    expect(() => socketDirectory({ XDG_RUNTIME_DIR: runtime })).toThrow(/that nobody else can enter/);
    const other = temporaryDirectory();
    mkdirSync(join(other, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(other, 'elsewhere'), join(other, 'mcp-gateway'));
    expect(() => socketDirectory({ XDG_RUNTIME_DIR: other })).toThrow(/that nobody else can enter/);
    expect(() => socketDirectory({ XDG_RUNTIME_DIR: runtime }, 12_345)).toThrow(/that nobody else can enter/);
  });

  test('a path too long for a socket is not taken [daemon.private]', () => {
    const runtime = join(temporaryDirectory(), 'x'.repeat(100));
    expect(socketDirectory({ XDG_RUNTIME_DIR: runtime })).not.toContain('xxx');
  });
});

describe('the identity', () => {
  const file = () => {
    const path = join(temporaryDirectory(), 'c.json');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a configuration
    writeFileSync(path, '{"a": {"command": ["x", "${NAMED}", "{env:ALSO}", "${env:THIRD:-z}"]}}');
    return path;
  };
  const base = { HOME: '/h', PATH: '/bin' };

  test('changes with what the servers get to see, and with nothing else [daemon.identity]', () => {
    const path = file();
    const id = identityOf([path], base);
    const same = [
      { TERM: 'x' },
      { XDG_SESSION_ID: '4' },
      { XDG_ACTIVATION_TOKEN: 'x' },
      { PWD: '/x' },
      { UNNAMED: 'x' },
      { NAMED: undefined },
    ];
    for (const more of same) expect(identityOf([path], { ...base, ...more }), JSON.stringify(more)).toBe(id);
    const others = [
      ...[{ NAMED: 'x' }, { NAMED: 'y' }, { ALSO: 'x' }, { THIRD: 'x' }, { PATH: '/usr/bin' }, { HOME: '/g' }],
      ...[{ GITHUB_TOKEN: 'x' }, { AWS_PROFILE: 'x' }, { HTTPS_PROXY: 'x' }, { XDG_CONFIG_HOME: '/x' }],
    ];
    const ids = others.map((more) => identityOf([path], { ...base, ...more }));
    const elsewhere = [identityOf([path, file()], base), identityOf([file()], base), identityOf([path], base, '0.0.1')];
    expect(new Set([id, ...elsewhere, ...ids]).size).toBe(others.length + 4);
  });

  test('is the same from npx in whichever directory [daemon.identity]', () => {
    const path = file();
    const from = (cwd: string) =>
      commonEnvironment([path], {
        ...base,
        ...{ PWD: cwd, INIT_CWD: cwd, PATH: `${cwd}/node_modules/.bin:/npm/node-gyp-bin:/bin` },
      });
    expect(from('/a').PATH).toBe('/bin');
    expect(from('/a')).toEqual(from('/b'));
    expect(identityOf([path], from('/a'))).toBe(identityOf([path], from('/b')));
  });

  test('is that of the directory where the file names it [daemon.identity]', () => {
    const path = join(temporaryDirectory(), 'c.yml');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a configuration
    writeFileSync(path, 'a: {command: [x, "${PWD}"]}');
    const from = (PWD: string) => commonEnvironment([path], { ...base, PWD });
    expect(from('/a').PWD).toBe('/a');
    expect(identityOf([path], from('/a'))).not.toBe(identityOf([path], from('/b')));
  });
});

test('what leads into a project is there for the file that names it, and for no server else [daemon.identity] [outside.variables]', () => {
  const home = temporaryDirectory();
  const project = join(home, 'shop');
  mkdirSync(join(project, '.git'), { recursive: true });
  const path = join(home, 'c.json');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a configuration
  writeFileSync(path, '{"a": {"command": ["x", "${KUBECONFIG}", "${NODE_OPTIONS}", "${PATH}"]}}');
  const within = { KUBECONFIG: `${project}/k`, NODE_OPTIONS: `-r ${project}/x.js`, JAVA_HOME: `${project}/jdk` };
  const env = commonEnvironment([path], { HOME: home, PWD: project, PATH: `${project}/bin:/bin`, ...within });
  expect(env).toEqual({
    ...{ HOME: home, PWD: home, PATH: '/bin', KUBECONFIG: within.KUBECONFIG },
    MCP_GATEWAY_WITHHELD: 'KUBECONFIG',
  });
  expect(usersEnvironment(env, { cwd: home, home })).toEqual({ HOME: home, PWD: home, PATH: '/bin' });
});

describe('what has no answer', () => {
  const call = (id: number, name = 'invoke') => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name, arguments: { id: `s::t${id}`, args: { n: id } } },
  });
  const taken = (...messages: ReturnType<typeof call>[]) => {
    const unanswered = new PendingRequests();
    for (const message of messages) unanswered.take(message, message.id);
    return unanswered;
  };
  const give = (unanswered: PendingRequests) => unanswered.waiting().map(({ id }) => unanswered.given(id as number));

  test('waits for the next daemon, unless a server may have had it [daemon.death]', () => {
    const unanswered = taken(call(1), call(2), call(3), call(4));
    give(unanswered);
    unanswered.answered(1);
    unanswered.sending(2);
    const { answers } = unanswered.lost();
    expect(answers).toMatchObject([
      {
        id: 2,
        result: { isError: true, _meta: { 'mcp-gateway/error': { code: 'UPSTREAM_UNAVAILABLE', sent: true } } },
      },
    ]);
    expect(JSON.stringify(answers)).toContain('s::t2');
    expect(unanswered.waiting().map(({ id }) => id)).toEqual([3, 4]);
    expect(unanswered.has(2)).toBe(false);
  });

  test('is given to a second daemon, and to no third [daemon.death]', () => {
    const unanswered = taken(call(1));
    give(unanswered);
    expect(unanswered.lost().answers).toEqual([]);
    give(unanswered);
    expect(unanswered.lost().answers).toMatchObject([{ id: 1, result: { isError: true } }]);
    expect(unanswered.waiting()).toEqual([]);
  });

  test('a job is kept with its request as long as that was not sent [daemon.jobs]', () => {
    const names = ['queued', 'begun', 'ended'];
    const unanswered = taken(...names.map((_, index) => call(index, 'invoke_async')), call(3));
    give(unanswered);
    names.forEach((name, index) => {
      unanswered.becameJob(index, name);
      unanswered.answered(index);
    });
    unanswered.becameJob(3, 'handed over');
    unanswered.answered(3);
    unanswered.sending(1);
    unanswered.jobEnded('ended');
    expect(unanswered.lost()).toEqual({
      answers: [],
      jobs: [
        { jobId: 'queued', tool: 's::t0', request: call(0, 'invoke_async') },
        { jobId: 'begun', tool: 's::t1' },
        { jobId: 'ended', tool: 's::t2' },
        { jobId: 'handed over', tool: 's::t3', request: call(3) },
      ],
    });
  });
});

test('where no daemon is to be had, every request is answered with the reason [daemon.own-gateway]', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const attachment = new Relay({
    input,
    output,
    hello: { session: 's', directory: '/' },
    reach: async () => {
      await immediate();
      throw new Error('none came up');
    },
    log: createLogger(() => {}),
  });
  input.write('{"jsonrpc":"2.0","id":1,"method":"initialize"}\n');
  await expect(attachment.run()).rejects.toThrow('none came up');
  attachment.giveUp('none came up');
  expect(JSON.parse(String(await once(output, 'data')))).toMatchObject({ id: 1, error: { message: 'none came up' } });
});

test.each([
  { jsonrpc: '2.0', id: 7, result: { id: 8 } },
  { jsonrpc: '2.0', id: 'a"\\b', error: { code: 1, message: 'x' } },
  { jsonrpc: '2.0', method: 'notifications/x', params: { id: 1 } },
  { jsonrpc: '2.0', id: -1, method: 'ping' },
  { result: {}, jsonrpc: '2.0', id: 3 },
  { id: 4, method: 'm', jsonrpc: '2.0' },
])('the head of %j is its id and method [daemon.death]', (message) => {
  const { id, method } = message as { id?: unknown; method?: unknown };
  expect(messageHead(JSON.stringify(message))).toMatchObject({
    ...(id !== undefined && { id }),
    ...(method !== undefined && { method }),
  });
  expect(messageHead(JSON.stringify(message)).method).toBe(method);
});
