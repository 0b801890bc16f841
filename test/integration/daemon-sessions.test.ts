import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { SharedHome, type SharedSession } from '../helpers/gateway/shared-sessions.ts';
import { type Entry, journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const ELICIT = {
  method: 'elicitation/create',
  params: { mode: 'form', message: 'who?', requestedSchema: { type: 'object', properties: {} } },
};
const SAMPLE = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'who?' } }], maxTokens: 9 },
};
const ROOTS = { method: 'roots/list', params: {} };
const asking = (question: JsonObject, more: JsonObject = {}) => ({ rounds: [{ q: question }], ...more });

/** A fixture whose command has a word more. */
function withWord({ command, ...entry }: Entry, word: string): Entry {
  return { ...entry, command: [...(command as string[]), word] };
}

const pidsOf = (sessions: readonly SharedSession[], id = 'a::pid') =>
  Promise.all(sessions.map((session) => session.invoke(id)));

describe('questions of a shared server', () => {
  test('go to the session whose call is on its way, one after the other [daemon.questions]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw' }) });
    const sessions = await home.openMany(3);
    for (const session of sessions) {
      expect(await session.invoke('a::ask', asking(ELICIT))).toContain(`"who":"${session.name}"`);
      expect(await session.invoke('a::ask', asking(SAMPLE))).toContain(`"model":"${session.name}"`);
    }
    expect(sessions.map(({ asked }) => asked.map(({ method }) => method))).toEqual(
      sessions.map(() => ['elicitation/create', 'sampling/createMessage']),
    );
    expect(new Set(await pidsOf(sessions)).size).toBe(1);
  });

  test('that may be for any of several are put to none; then each has a server of its own [daemon.questions]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw' }) });
    const sessions = await home.openMany(2);
    const both = await Promise.all(sessions.map((each) => each.invoke('a::ask', asking(ELICIT, { firstMs: 400 }))));
    expect(both.join()).toContain('cannot tell whom elicitation/create is for');
    for (const session of sessions) session.asked.length = 0;
    const questions = [ELICIT, SAMPLE, ROOTS];
    const answers = await Promise.all(
      sessions.map((session) =>
        Promise.all(questions.map((each) => session.invoke('a::ask', asking(each, { firstMs: 100 })))),
      ),
    );
    sessions.forEach(({ name, asked }, index) => {
      expect(answers[index]?.join()).toMatch(new RegExp(`"who":"${name}".*"model":"${name}".*file:///${name}`));
      expect(asked).toHaveLength(questions.length);
    });
    expect(new Set(await pidsOf(sessions)).size).toBe(2);
  });

  test('a server that asks for roots has one instance for each session, also with the next daemon [daemon.roots]', async () => {
    const { file, events } = journal();
    const home = new SharedHome({ a: local({ sdk: 'raw', journal: file }), b: local({ sdk: 'raw' }) });
    const first = await home.open();
    expect(await first.invoke('a::ask', asking(ROOTS))).toContain(`file:///${first.name}`);
    const check = async () => {
      const sessions = await home.openMany(3);
      const roots = await Promise.all(sessions.map((each) => each.invoke('a::ask', asking(ROOTS, { firstMs: 50 }))));
      expect(roots.map((text) => /file:\/\/\/(\w+)/.exec(text)?.[1])).toEqual(sessions.map(({ name }) => name));
      expect(new Set(await pidsOf(sessions)).size).toBe(3);
      expect(new Set(await pidsOf(sessions, 'b::pid')).size).toBe(1);
    };
    await check();
    const daemon = await home.daemon();
    await Promise.all(home.sessions.map(({ process }) => process.stop()));
    await waitUntil(() => !home.daemons().includes(daemon));
    const before = events('start').length;
    await check();
    // None to learn what is known.
    expect(events('start').length - before).toBe(3);
  });

  test('that a client cannot answer make it have a server that knows so [daemon.questions]', async () => {
    const { file, events } = journal();
    const home = new SharedHome({ a: local({ sdk: 'raw', journal: file }) });
    const mute = await home.open({ capabilities: {} });
    const other = await home.open();
    expect(await mute.invoke('a::ask', asking(ELICIT))).toContain('the client does not offer elicitation/create');
    const pids = await pidsOf([mute, other]);
    expect(new Set(pids).size).toBe(2);
    expect(events('initialize').at(-1)).toMatchObject({ capabilities: {}, clientInfo: { name: mute.name } });
    expect(await other.invoke('a::ask', asking(ELICIT))).toContain(`"who":"${other.name}"`);
  });
});

describe('sessions', () => {
  test('get their own progress and their own jobs, at the same time [daemon.sessions]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw' }) });
    const sessions = await home.openMany(5);
    const jobs = await Promise.all(
      sessions.map(async (session) => {
        const progress = [1, 2, 3].map((step) => ({ progress: step, message: session.name }));
        await session.call('invoke', { id: 'a::steps', args: { progress } }, { progressToken: 'p' });
        return session.job('a::echo', { text: session.name });
      }),
    );
    for (const { name, peer } of sessions) {
      const progress = peer.messages.filter(({ method }) => method === 'notifications/progress');
      expect(progress.map(({ params }) => [params?.progress, params?.message])).toEqual(
        [1, 2, 3].map((step) => [step, name]),
      );
    }
    const ended = await Promise.all(sessions.map((session, index) => session.ended(jobs[index] ?? '')));
    expect(ended.map(({ text }) => text)).toEqual(sessions.map(({ name }) => JSON.stringify({ text: name })));
    const foreign = await sessions[0]?.call('job_status', { jobId: jobs[1] });
    expect(JSON.stringify(foreign?.result)).toContain('JOB_NOT_FOUND');
    expect(new Set(await pidsOf(sessions)).size).toBe(1);
  });

  test('hear of the log what they want, of their own calls [daemon.sessions]', async () => {
    const home = new SharedHome({ a: local({ sdk: 'raw' }) });
    const [all, few, usual] = (await home.openMany(3)) as [SharedSession, SharedSession, SharedSession];
    await few.invoke('a::pid');
    await few.peer.request('logging/setLevel', { level: 'error' });
    await all.peer.request('logging/setLevel', { level: 'debug' });
    for (const session of [all, few, usual]) await session.invoke('a::logs');
    const heard = ({ peer }: SharedSession) =>
      peer.messages.filter(({ method }) => method === 'notifications/message').length;
    expect([heard(all), heard(few), heard(usual)]).toEqual([8, 4, 7]);
  });

  test('end alone: what they asked for is given up, whatever the others do [daemon.sessions]', async () => {
    const { file, events } = journal();
    const home = new SharedHome({ a: local({ sdk: 'raw', journal: file }) });
    const [first, second] = (await home.openMany(2)) as [SharedSession, SharedSession];
    const begun = second.begin('a::sleep', { ms: 1_500 });
    first.begin('a::sleep', { ms: 60_000 });
    await first.call('invoke_async', { id: 'a::sleep', args: { ms: 60_001 } });
    await waitUntil(() => events('call').length === 3);
    await first.process.stop('SIGKILL');
    await waitUntil(() => events('cancelled').length === 2);
    expect(await begun.text).toBe('slept 1500');
  });

  test('have the directory that the entry says: of all, or of the session [daemon.directories]', async () => {
    const home = new SharedHome({
      plain: local({ sdk: 'raw' }),
      named: local({ sdk: 'raw' }, { cwd: '/usr' }),
      own: local({ sdk: 'raw' }, { shared: false }),
      here: local({ sdk: 'raw' }, { cwd: '.' }),
      relative: withWord(local({ sdk: 'raw' }), './here'),
    });
    const sessions = await home.openMany(2);
    const of = (id: string) => pidsOf(sessions, `${id}::cwd`);
    const common = realpathSync(home.home);
    const each = sessions.map(({ name }) => join(common, name));
    // Where the configuration stands, here the home directory; only an entry that says so runs in the session's.
    for (const id of ['plain', 'own', 'relative']) expect(await of(id), id).toEqual([common, common]);
    expect([await of('named'), await of('here')]).toEqual([['/usr', '/usr'], each]);
    const variables = await Promise.all(sessions.map((session) => session.invoke('here::env', { name: 'PWD' })));
    expect(variables.map((path) => realpathSync(path))).toEqual(each);
  });
});
