import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeRecord } from '../../src/config/project/project-file.ts';
import { dataDirectory } from '../../src/platform/directories.ts';
import { SharedHome } from '../helpers/gateway/shared-sessions.ts';
import { journal, local, REAL, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { alive, commandOf, descendants, expectDead, waitUntil } from '../helpers/system/processes.ts';

const started = (events: readonly { readonly pid: number; readonly name?: unknown }[], name: string) =>
  new Set(events.filter((event) => event.name === name).map(({ pid }) => pid));

describe('one daemon', () => {
  test('ten sessions that start at once have one daemon, and one process for each server [daemon.one]', async () => {
    const { file, events } = journal();
    const home = new SharedHome({
      a: local({ name: 'a', sdk: 'raw', journal: file }),
      b: local({ name: 'b', sdk: 'raw', journal: file }),
      memory: REAL.memory(join(temporaryDirectory(), 'memory.json')),
    });
    const sessions = await home.openMany(10);
    await Promise.all(sessions.map((session) => session.invoke('memory::read_graph')));
    expect(home.processes().filter((pid) => commandOf(pid).join().includes('server-memory'))).toHaveLength(1);
    const pids = await Promise.all(
      sessions.flatMap((session) => ['a', 'b'].map((server) => session.invoke(`${server}::pid`))),
    );
    expect(new Set(pids).size).toBe(2);
    for (const server of ['a', 'b']) expect(started(events('start'), server).size, server).toBe(1);
    expect(home.logged('shared gateway started')).toHaveLength(1);
    await home.daemon();
    // A host that ends all that descends from one of its sessions must not end the daemon of the others.
    await waitUntil(() => sessions.every(({ process }) => descendants(process.pid).length === 0));
  });

  test('sessions of a project have its servers, others have not [daemon.project]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw' }) });
    const project = join(home.home, 'shop');
    const path = join(project, '.mcp-gateway.json');
    mkdirSync(join(project, 'inner'), { recursive: true });
    writeFileSync(path, JSON.stringify({ b: local({ sdk: 'raw' }) }));
    const waiting = await home.open({ cwd: project });
    expect(await waiting.invoke('b::pid')).toContain('no tool "b::pid"');
    await writeRecord(dataDirectory(home.env), { path, text: readFileSync(path, 'utf8') });
    await waitUntil(async () => /^\d+$/.test(await waiting.invoke('b::pid')));
    const inner = await home.open({ cwd: join(project, 'inner') });
    expect(await inner.invoke('b::pid')).toBe(await waiting.invoke('b::pid'));
    const elsewhere = await home.open();
    expect(await elsewhere.invoke('b::pid')).toContain('no tool "b::pid"');
    expect(await elsewhere.invoke('a::pid')).toMatch(/^\d+$/);
  });

  test('a daemon that comes up beside another one ends by itself [daemon.race]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw' }) });
    const session = await home.open();
    const first = await home.daemon();
    const [file = '', ...args] = commandOf(first);
    const others = Array.from({ length: 3 }, () => spawn(file, args, { env: home.env, stdio: 'ignore' }));
    const codes = await Promise.all(others.map((other) => once(other, 'exit')));
    expect(codes).toEqual(others.map(() => [0, null]));
    expect(await home.daemon()).toBe(first);
    expect(await session.invoke('a::echo', { text: 'x' })).toContain('x');
  });

  test('when the last session has gone nothing is left, however it went [daemon.end]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw', ignoreSigterm: true }) });
    const [first, second] = await home.openMany(2);
    await first?.invoke('a::pid');
    const running = home.processes();
    await first?.process.stop();
    await second?.process.stop('SIGKILL');
    await expectDead(running, 15_000);
    expect(home.sockets()).toEqual([]);
  });

  test('who only knocks, while it comes up or later, does not keep it running [daemon.end]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw' }) });
    const opening = home.open();
    let knocks = 0;
    const knocking = setInterval(() => {
      for (const name of home.sockets())
        connect(join(home.home, 'run/mcp-gateway', name), () => knocks++)
          .on('error', () => {})
          .end();
    }, 1);
    const session = await opening;
    await session.invoke('a::pid');
    clearInterval(knocking);
    expect(knocks).toBeGreaterThan(0);
    const running = home.processes();
    await session.process.stop();
    await expectDead(running, 15_000);
  });

  test('what a daemon that was killed leaves behind keeps nobody from starting another [daemon.stale]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw' }) });
    const first = await home.open();
    const daemon = await home.daemon();
    const address = await waitUntil(() => (home.sockets().length === 1 ? home.sockets()[0] : undefined));
    process.kill(daemon, 'SIGKILL');
    await first.process.stop('SIGKILL');
    await waitUntil(() => !alive(daemon));
    const second = await home.open();
    expect(await second.invoke('a::echo', { text: 'x' })).toContain('x');
    await waitUntil(() => home.sockets().length === 1 && !home.sockets().includes(address));
  });

  test('another environment, file or version has a daemon of its own [daemon.identity]', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a configuration
    const home = new SharedHome({ a: local({ sdk: 'raw' }, { environment: { SECRET: '${WHO:-nobody}' } }) });
    const ask = async (env: Record<string, string>) => (await home.open({ env })).invoke('a::env', { name: 'SECRET' });
    expect(
      await Promise.all([ask({}), ask({ WHO: 'x' }), ask({ WHO: 'y' }), ask({ WHO: 'y', TERM_PROGRAM: 'z' })]),
    ).toEqual(['nobody', 'x', 'y', 'y']);
    expect(home.daemons()).toHaveLength(3);
  });

  test('an edit of the file reaches all sessions [daemon.reload]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw' }) });
    const sessions = await home.openMany(2);
    await sessions[0]?.invoke('a::pid');
    home.writeConfig({ a: local({ sdk: 'raw' }), b: local({ sdk: 'raw' }) });
    await waitUntil(() => home.logged('configuration taken over').length > 0);
    const pids = await Promise.all(sessions.map((session) => session.invoke('b::pid')));
    expect(new Set(pids).size).toBe(1);
  });

  test('where the socket would not be safe, the session has a gateway of its own [daemon.own-gateway]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw' }) });
    writeFileSync(join(home.home, 'run', 'mcp-gateway'), 'not a directory');
    const session = await home.open();
    expect(await session.invoke('a::echo', { text: 'x' })).toContain('x');
    expect(home.daemons()).toEqual([]);
    expect(session.process.tail()).toContain('not shared with other sessions');
  });
});
