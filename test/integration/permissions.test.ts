import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { serveHttp } from '../helpers/clients/http-clients.ts';
import { errorOf, jsonOf, textOf } from '../helpers/clients/results.ts';
import { NO, notes, ONCE, person, SESSION, startWithPermissions, WAYS } from '../helpers/gateway/permissions.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const ASK = [{ tool: '*_note', readOnlyHint: false, action: 'ask' }];
const codeOf = (result: JsonObject) => (result._meta as JsonObject | undefined)?.['mcp-gateway/error'];

test.each(WAYS)(
  '%s: the person is asked about server, tool and arguments, and their answer counts [permissions.ask, permissions.ask-eras]',
  async (way) => {
    const questions: JsonObject[] = [];
    const answers = person(ONCE, NO, ONCE);
    const { client } = await startWithPermissions(way, ASK, {
      answer: (method, params) => {
        questions.push({ ...params, method });
        return answers(method, params);
      },
    });
    const args = { title: 'shopping', token: 'very-secret', text: 'x'.repeat(3_000) };
    expect(textOf(await client.invoke('u::delete_note', args))).toContain('very-secret');
    const refused = await client.invoke('u::delete_note', args);
    expect(errorOf(refused)).toBe(
      'u::delete_note was not called: the person refused it. Do not try again unless they ask for it.',
    );
    expect(codeOf(refused)).toMatchObject({ code: 'FORBIDDEN', tool: 'u::delete_note' });
    expect((await client.invoke('u::read_note')).isError).not.toBe(true);
    expect((await client.invoke('u::echo')).isError).not.toBe(true);
    expect(questions).toHaveLength(2);
    const [{ method, message, requestedSchema } = {}] = questions;
    expect(method).toBe('elicitation/create');
    expect(message).toMatch(/^Call the tool "delete_note" of the server "u" with:\n\{\n {2}"title": "shopping",/);
    expect(message).toContain('"token": "[redacted]"');
    expect(String(message).length).toBeLessThan(1_500);
    expect(message).toMatch(/Asked because of permissions\[0\] in the gateway's configuration\.$/);
    const choices = way === 'http v2-modern' ? [ONCE, NO] : [ONCE, SESSION, NO];
    expect(requestedSchema).toMatchObject({ properties: { answer: { type: 'string', enum: choices } } });
  },
);

test.each(['stdio v1', 'stdio v2-modern', 'http v1'] as const)(
  '%s: for this session holds for that tool until the session ends [permissions.session]',
  async (way) => {
    const { client } = await startWithPermissions(way, ASK, { answer: person(SESSION) });
    for (let time = 0; time < 3; time++) expect((await client.invoke('u::delete_note')).isError).not.toBe(true);
    expect(client.asked).toHaveLength(1);
    await client.invoke('u::add_note');
    expect(client.asked).toHaveLength(2);
  },
);

test('what one session agreed to is asked of another [permissions.session]', async () => {
  const { connect } = await serveHttp({ permissions: ASK }, { u: notes() });
  const capabilities = { elicitation: {} };
  const first = await connect({ capabilities, answer: person(SESSION) });
  const second = await connect({ capabilities, answer: person(NO) });
  await first.invoke('u::delete_note');
  expect(errorOf(await second.invoke('u::delete_note'))).toContain('the person refused it');
  expect((await first.invoke('u::delete_note')).isError).not.toBe(true);
  expect([first.asked.length, second.asked.length]).toEqual([1, 1]);
});

test('anything but a yes is a no, and nothing is called [permissions.refused]', async () => {
  const { file, events } = journal();
  const answers: JsonObject[] = [
    { action: 'decline' },
    { action: 'cancel' },
    { action: 'accept' },
    { action: 'accept', content: { answer: 'sure' } },
  ];
  const entry = notes(['echo'], { journal: file });
  const { client } = await startWithPermissions('stdio v1', ASK, { entry, answer: () => answers.shift() ?? {} });
  const said: string[] = [];
  for (const _ of [...answers]) said.push(errorOf(await client.invoke('u::delete_note')).split('. ')[0] ?? '');
  expect(said.map((text) => text.replace('u::delete_note was not called: the person ', ''))).toEqual([
    ...['refused it', 'dismissed the question', 'did not agree to it', 'did not agree to it'],
  ]);
  expect(events('call')).toEqual([]);
});

test.each(['stdio v2-modern', 'http v1'] as const)(
  '%s: a client that cannot ask is told which rule wants it, and what helps [permissions.incapable]',
  async (way) => {
    // One that shows addresses and no forms cannot either.
    const { client } = await startWithPermissions(way, ASK, {
      capabilities: way.endsWith('v1') ? {} : { elicitation: { url: {} } },
    });
    const refused = await client.invoke('u::delete_note');
    expect(errorOf(refused)).toMatch(
      /^u::delete_note was not called: permissions\[0\] .* cannot be asked \(it does not offer elicitation\)\. .*only they may change that rule to "allow"/,
    );
    expect(codeOf(refused)).toMatchObject({ code: 'FORBIDDEN', rule: 'permissions[0]' });
  },
);

test('a client that fails on the question has not agreed [permissions.incapable]', async () => {
  const answer = () => Promise.reject(new Error('no window'));
  const { client } = await startWithPermissions('stdio v1', ASK, { answer });
  expect(errorOf(await client.invoke('u::delete_note'))).toMatch(/the client could not ask \(.*no window.*\)/);
});

test('the time of the person is not that of the call [permissions.deadline]', async () => {
  const timeoutMs = 1_500;
  const answer = async () => {
    const since = Date.now();
    await waitUntil(() => Date.now() > since + timeoutMs + 300);
    return { action: 'accept', content: { answer: ONCE } };
  };
  const { client } = await startWithPermissions('stdio v1', [{ tool: 'sleep', action: 'ask' }], { answer });
  const result = await client.invoke('u::sleep', { ms: 50 }, { rest: { timeoutMs } });
  expect(result.isError, textOf(result)).not.toBe(true);
});

test('a caller that gives up takes the question back, and nothing is called [permissions.deadline]', async () => {
  const { file, events } = journal();
  const abort = new AbortController();
  const answer = async () => {
    abort.abort();
    return new Promise<never>(() => {});
  };
  const { client, gateway } = await startWithPermissions('stdio v1', ASK, {
    entry: notes(['echo'], { journal: file }),
    answer,
  });
  await expect(client.invoke('u::delete_note', {}, { signal: abort.signal })).rejects.toThrow();
  const takenBack = ({ method }: JsonObject) => method === 'notifications/cancelled';
  await gateway?.process.peer.waitFor(takenBack);
  await client.invoke('u::echo');
  expect(events('call').map(({ tool, name }) => tool ?? name)).toEqual(['echo']);
});

test('calls of one tool at one time are one question where the first answer does for all [permissions.concurrent]', async () => {
  const { client } = await startWithPermissions('stdio v1', ASK, { answer: person(SESSION) });
  const results = await Promise.all([1, 2, 3].map((n) => client.invoke('u::delete_note', { n })));
  expect(results.filter(({ isError }) => isError)).toEqual([]);
  expect(client.asked).toHaveLength(1);
});

test('once is for one of them: the others are asked about with their own arguments [permissions.concurrent]', async () => {
  const { client } = await startWithPermissions('stdio v2-modern', ASK, { answer: person(ONCE, NO, ONCE) });
  const results = await Promise.all([1, 2, 3].map((n) => client.invoke('u::delete_note', { n })));
  expect(results.filter(({ isError }) => isError)).toHaveLength(1);
  expect(client.asked.map((message) => /"n": (\d)/.exec(message)?.[1]).sort()).toEqual(['1', '2', '3']);
});

test.each(['stdio v1', 'http v2-modern'] as const)(
  '%s: a job is asked about before it is queued [permissions.jobs]',
  async (way) => {
    const { client } = await startWithPermissions(way, ASK, { answer: person(NO, ONCE) });
    const job = { id: 'u::delete_note', args: { title: 'a' } };
    expect(errorOf(await client.callTool('invoke_async', job))).toContain('the person refused it');
    const { jobId } = jsonOf<{ jobId: string }>(await client.callTool('invoke_async', job));
    const status = await client.callTool('job_status', { jobId, waitMs: 20_000 });
    expect(textOf(status)).toContain('"completed"');
    expect(client.asked).toHaveLength(2);
  },
);

test('a server of 2026-07-28 that asks back itself is agreed to once [permissions.continued]', async () => {
  const entry = { ...local({ sdk: 'v2' }), protocol: '2026-07-28' };
  const answer = (_method: string, { requestedSchema }: JsonObject) => {
    const isOurs = JSON.stringify(requestedSchema).includes(SESSION);
    return { action: 'accept', content: isOurs ? { answer: ONCE } : { name: 'Ada' } };
  };
  const { client } = await startWithPermissions('stdio v2-modern', [{ tool: 'ask', action: 'ask' }], { entry, answer });
  const requestedSchema = { type: 'object', properties: { name: { type: 'string' } } };
  const question = { method: 'elicitation/create', params: { mode: 'form', message: 'who?', requestedSchema } };
  const result = await client.invoke('u::ask', { rounds: [{ q: question }, { q: question }] });
  expect(textOf(result)).toContain('Ada');
  expect(client.asked.map((message) => message.split(' ')[0])).toEqual(['Call', 'who?', 'who?']);
});

test('what the client has asked about, by its own hook, is not asked about again [permissions.handover]', async () => {
  const { storeApproval } = await import('../../src/policy/permissions/client-approvals.ts');
  const { client, gateway } = await startWithPermissions('stdio v1', ASK, { answer: person(NO) });
  const call = (id: string, callId: string) => client.invoke(id, {}, { meta: { 'claudecode/toolUseId': callId } });
  await storeApproval(`${gateway?.home}/.data/mcp-gateway`, 'toolu_1', 'u::delete_note');
  expect(errorOf(await call('u::delete_note', 'toolu_2'))).toContain('refused');
  expect(errorOf(await call('u::add_note', 'toolu_1'))).toContain('refused');
  expect((await call('u::delete_note', 'toolu_1')).isError).not.toBe(true);
  expect(errorOf(await call('u::delete_note', 'toolu_1'))).toContain('refused');
});

test('MCP_GATEWAY_ASK=client leaves the asking to the client [permissions.client-asks]', async () => {
  const rules = [{ tool: 'echo', action: 'deny' }, ...ASK];
  const { client } = await startWithPermissions('stdio v1', rules, {
    capabilities: {},
    env: { MCP_GATEWAY_ASK: 'client' },
  });
  expect((await client.invoke('u::delete_note')).isError).not.toBe(true);
  expect(errorOf(await client.invoke('u::echo'))).toMatch(/no tool "u::echo"/);
});
