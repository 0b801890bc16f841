import { describe, expect, test } from 'vitest';
import { SharedHome } from '../helpers/gateway/shared-sessions.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { expectDead, waitUntil } from '../helpers/system/processes.ts';

describe('a daemon that is killed', () => {
  test('under load loses no call that waits, and makes none twice [daemon.death]', async () => {
    const { file, events } = journal();
    const home = new SharedHome({ a: local({ sdk: 'raw', journal: file }, { maxConcurrency: 2 }) });
    const sessions = await home.openMany(4);
    const daemon = await home.daemon();
    const calls = sessions.flatMap((session) =>
      [1, 2, 3, 4].map((n) => session.invoke('a::sleep', { ms: 100, tag: `${session.name}.${n}` })),
    );
    const searches = sessions.map((session) => session.call('search', { query: 'sleep' }));
    // Six are through or with the server, ten wait.
    await waitUntil(() => events('call').length >= 6);
    process.kill(daemon, 'SIGKILL');
    const texts = await Promise.all(calls);
    const failed = texts.filter((text) => text !== 'slept 100');
    expect(failed.length).toBeLessThanOrEqual(2);
    for (const text of failed) expect(text).toMatch(/a::sleep: the shared gateway ended .*may have taken effect/);
    for (const { error } of await Promise.all(searches)) expect(error).toBeUndefined();
    const tags = events('call').map(({ args }) => (args as { tag: string }).tag);
    expect(new Set(tags).size).toBe(16);
    expect(tags).toHaveLength(16);
    for (const session of sessions)
      for (const [id, count] of session.answers()) expect(count, `answers to ${id}`).toBe(1);
    expect(await home.daemon()).not.toBe(daemon);
  });

  test('is followed by one that knows the session: who it is, what it follows and wants [daemon.death]', async () => {
    const { file, events } = journal();
    const home = new SharedHome({ a: local({ sdk: 'v1', primitives: true, journal: file }) });
    const session = await home.open();
    await session.invoke('a::pid');
    await session.peer.request('logging/setLevel', { level: 'error' });
    const { result } = await session.peer.request('resources/list');
    const { uri = '' } = (result?.resources as { uri: string }[] | undefined)?.[0] ?? {};
    expect((await session.peer.request('resources/subscribe', { uri })).error).toBeUndefined();
    const daemon = await home.daemon();
    const question = {
      method: 'elicitation/create',
      params: { message: 'hold', requestedSchema: { type: 'object', properties: {} } },
    };
    const asked = session.begin('a::ask', { rounds: [{ q: question }] });
    await waitUntil(() => session.asked.length === 1);
    process.kill(daemon, 'SIGKILL');
    expect(await asked.text).toContain('may have taken effect');
    const cancelled = await session.peer.waitFor(({ method }) => method === 'notifications/cancelled');
    expect(cancelled.params?.requestId).toBe(session.asked[0]?.id);
    // The late answer to what nobody asks any more is for nobody.
    session.peer.send({ id: session.asked[0]?.id as number, result: { action: 'decline' } });
    await session.invoke('a::logs');
    const logged = session.peer.messages.filter(({ method }) => method === 'notifications/message');
    expect(logged.map(({ params }) => params?.level)).toEqual(['error', 'critical', 'alert', 'emergency']);
    await session.invoke('a::tell', { method: 'notifications/resources/updated', params: { uri } });
    await session.peer.waitFor(({ method }) => method === 'notifications/resources/updated');
    expect(
      await session.invoke('a::ask', {
        rounds: [{ q: { ...question, params: { ...question.params, message: 'now' } } }],
      }),
    ).toContain(session.name);
    expect(session.asked[1]?.id).not.toBe(session.asked[0]?.id);
    expect(events('initialize')).toHaveLength(2);
    for (const [id, count] of session.answers()) expect(count, `answers to ${id}`).toBe(1);
  });

  test('hands over jobs that had not begun, and says which are lost [daemon.jobs]', async () => {
    const { file, events } = journal();
    const home = new SharedHome({ a: local({ sdk: 'raw', journal: file }) });
    const session = await home.open();
    const ended = await session.job('a::echo', { text: 'first' });
    expect((await session.ended(ended)).status).toBe('completed');
    const begun = await Promise.all([1, 2, 3].map((n) => session.job('a::sleep', { ms: 60_000 + n })));
    const queued = await session.job('a::echo', { text: 'queued' });
    const dropped = await session.job('a::echo', { text: 'dropped' });
    await session.call('job_status', { jobId: dropped, cancel: true });
    await waitUntil(() => events('call').length === 4);
    process.kill(await home.daemon(), 'SIGKILL');
    expect(await session.ended(queued)).toMatchObject({
      status: 'completed',
      text: JSON.stringify({ text: 'queued' }),
    });
    for (const jobId of [...begun, ended, dropped]) {
      const { status, error } = await session.ended(jobId);
      expect([status, error?.message]).toEqual(['failed', expect.stringContaining('its result is lost')]);
    }
    expect(events('call').filter(({ tool }) => tool === 'echo')).toHaveLength(2);
  });

  test('is not followed for sessions that have gone [daemon.death]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw' }) });
    const session = await home.open();
    await session.invoke('a::pid');
    const running = home.processes();
    await Promise.all([session.process.stop('SIGKILL'), process.kill(await home.daemon(), 'SIGKILL')]);
    await expectDead(running, 15_000);
    expect(home.processes()).toEqual([]);
  });
});

test('a daemon that is told to stop lets calls come to their end, and the next one goes on [daemon.stop]', async () => {
  const home = new SharedHome({ a: local({ sdk: 'raw' }) });
  const session = await home.open();
  const daemon = await home.daemon();
  await session.invoke('a::pid');
  const begun = session.begin('a::sleep', { ms: 700 });
  const asked = session.begin('a::sleep', { ms: 701 });
  await session.call('search', { query: 'x' });
  process.kill(daemon, 'SIGTERM');
  const later = session.begin('a::echo', { text: 'later' });
  expect(await Promise.all([begun.text, asked.text])).toEqual(['slept 700', 'slept 701']);
  expect(await later.text).toContain('later');
  await expectDead([daemon], 10_000);
  expect(await home.daemon()).not.toBe(daemon);
});
