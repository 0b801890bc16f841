import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { Progress } from '../../src/core/rpc.ts';
import { callAsTask, type TaskCallOptions, type TaskConnection } from '../../src/upstream/task-call.ts';
import { taskSupport } from '../../src/upstream/upstream.ts';
import { type Message, RawPeer } from '../helpers/clients/raw-peer.ts';
import { errorOf, textOf } from '../helpers/clients/results.ts';
import { launchGateway, startGateway } from '../helpers/gateway/gateway.ts';
import { builtFixture } from '../helpers/servers/built-fixtures.ts';
import { type Entry, journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const FIXTURE = builtFixture('upstream/tasks');
const CLIENT = {
  protocolVersion: '2025-11-25',
  capabilities: { elicitation: {} },
  clientInfo: { name: 'test-client', version: '1.0.0' },
};
const RELATED_TASK = 'io.modelcontextprotocol/related-task';
const related = { [RELATED_TASK]: { taskId: expect.any(String) } };

/** The fixture with a journal of what it is asked, each event named after the method. */
function server() {
  const { file, events } = journal();
  const command: readonly string[] = [process.execPath, FIXTURE, JSON.stringify({ journal: file })];
  const paramsOf = (method: string) => events(method).map(({ params }) => params as JsonObject);
  return { command, entry: { type: 'local', command } as Entry, paramsOf };
}

/** The fixture as a direct client sees it. */
async function direct({ command, paramsOf }: Pick<ReturnType<typeof server>, 'command' | 'paramsOf'> = server()) {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const peer = new RawPeer(child.stdin, child.stdout);
  await peer.request('initialize', CLIENT);
  peer.notify('notifications/initialized');
  const call = (name: string, args: JsonObject = {}, options: Partial<TaskCallOptions> = {}) =>
    callAsTask(connectionOf(peer), { name, arguments: args }, { signal: new AbortController().signal, ...options });
  return { peer, paramsOf, call };
}

/** A connection in plain JSON-RPC. */
function connectionOf(peer: RawPeer): TaskConnection {
  let lastToken = 0;
  return {
    request(method, params, { signal, onProgress, progressUntil }) {
      const progressToken = `token ${++lastToken}`;
      peer.onMessage((message) => {
        const { progressToken: token, ...progress } = message.params ?? {};
        if (token === progressToken && !progressUntil?.aborted) onProgress?.(progress as Progress);
      });
      const { id, response } = peer.start(method, { ...params, ...(onProgress && { _meta: { progressToken } }) });
      return new Promise((resolve, reject) => {
        const giveUp = () => {
          peer.notify('notifications/cancelled', { requestId: id });
          reject(signal.reason);
        };
        signal.addEventListener('abort', giveUp, { once: true });
        response.then((message) => {
          signal.removeEventListener('abort', giveUp);
          resolve(message.error ? { error: message.error } : { result: message.result ?? {} });
        }, reject);
      });
    },
  };
}

/** Listens to the status notifications of a server. */
const statusNotifications = (peer: RawPeer) => (listener: (task: JsonObject) => void) => {
  let live = true;
  peer.onMessage(({ method, params }) => {
    if (live && method === 'notifications/tasks/status' && params) listener(params);
  });
  return () => {
    live = false;
  };
};

const answering = (peer: RawPeer, result: JsonObject) =>
  peer.onMessage(({ id, method }) => method === 'elicitation/create' && peer.send({ id, result }));

test.each([
  [{ taskSupport: 'required' }, 'required'],
  [{ taskSupport: 'optional' }, 'optional'],
  [{ taskSupport: 'forbidden' }, 'forbidden'],
  [{ taskSupport: 'sometimes' }, 'forbidden'],
  [{}, 'forbidden'],
  ['required', 'forbidden'],
  [undefined, 'forbidden'],
])('a tool whose execution is %j: task %s', (execution, expected) => {
  expect(taskSupport({ name: 'x', inputSchema: {}, execution })).toBe(expected);
});

test('a task is created with its ttl, followed, and answers with the tool’s own result [tasks.result]', async () => {
  const { call, paramsOf } = await direct();
  expect(await call('quick', { text: 'hello' }, { ttlMs: 60_000 })).toMatchObject({
    result: { content: [{ type: 'text', text: 'hello' }], _meta: { 'fixture/result': true, ...related } },
  });
  expect(paramsOf('tools/call')).toEqual([{ name: 'quick', arguments: { text: 'hello' }, task: { ttl: 60_000 } }]);
  expect(await call('fail')).toMatchObject({ result: { isError: true, content: [{ text: 'no luck' }] } });
});

test('status messages and progress are told while the task runs [tasks.status]', async () => {
  const { call } = await direct();
  const told: JsonObject[] = [];
  const progress: Progress[] = [];
  const onStatus = (task: JsonObject) => told.push(task);
  const answer = await call('steps', { steps: 3 }, { onStatus, onProgress: (each) => progress.push(each) });
  expect(answer).toMatchObject({ result: { content: [{ text: '3 steps' }] } });
  expect(told.map(({ status, statusMessage }) => [status, statusMessage])).toEqual([
    ['working', undefined],
    ['working', 'step 1 of 3'],
    ['working', 'step 2 of 3'],
    ['working', 'step 3 of 3'],
    ['completed', 'step 3 of 3'],
  ]);
  expect(told[0]).toMatchObject({ taskId: expect.any(String), createdAt: expect.any(String), ttl: null });
  expect(progress.map((each) => each.progress)).toEqual([1, 2, 3]);
});

test('a status notification ends the wait for the next look [tasks.notified]', async () => {
  const { peer, call } = await direct();
  const options = { statusNotifications: statusNotifications(peer) };
  // Each would take 5 s without: more than a test has.
  for (let n = 0; n < 7; n++) expect(await call('lazy', {}, options)).toHaveProperty('result');
});

test('a task that needs input gets it, and its status goes on being followed [tasks.input]', async () => {
  const { peer, call } = await direct();
  answering(peer, { action: 'accept', content: { colour: 'blue' } });
  const told: unknown[] = [];
  const answer = await call('ask', {}, { onStatus: ({ status }) => told.push(status) });
  expect(answer).toMatchObject({ result: { content: [{ text: 'accept blue' }] } });
  expect(told.slice(0, 2)).toEqual(['working', 'input_required']);
});

test('a call given up cancels its task and rejects with the reason [tasks.cancel]', async () => {
  const { call, paramsOf } = await direct();
  const stop = new AbortController();
  const outcome = call('hold', {}, { signal: stop.signal });
  await waitUntil(() => paramsOf('tasks/get').length > 0);
  stop.abort(new Error('enough'));
  await expect(outcome).rejects.toThrow('enough');
  expect(paramsOf('tasks/cancel')).toEqual([{ taskId: paramsOf('tasks/get')[0]?.taskId }]);
});

test('a call given up before its task has an id cancels the task, not the request [tasks.cancel]', async () => {
  const { call, paramsOf } = await direct();
  const stop = new AbortController();
  const outcome = call('late', {}, { signal: stop.signal });
  await waitUntil(() => paramsOf('tools/call').length > 0);
  stop.abort(new Error('enough'));
  await expect(outcome).rejects.toThrow('enough');
  expect(paramsOf('tasks/cancel')).toHaveLength(1);
  expect(paramsOf('notifications/cancelled')).toEqual([]);
});

test('a call given up whose creation is never answered is taken back as a request [tasks.cancel]', async () => {
  const { call, paramsOf } = await direct();
  const stop = new AbortController();
  const outcome = call('never', {}, { signal: stop.signal });
  await waitUntil(() => paramsOf('tools/call').length > 0);
  stop.abort(new Error('enough'));
  await expect(outcome).rejects.toThrow('enough');
  await waitUntil(() => paramsOf('notifications/cancelled').length === 1);
  await expect(call('quick', {}, { signal: stop.signal })).rejects.toThrow('enough');
});

test('a server that answers without a task is taken at its word [tasks.direct]', async () => {
  // SDK 1.x does not let such an answer through.
  const { call } = await direct({ command: local({ sdk: 'raw' }).command as string[], paramsOf: () => [] });
  const told: JsonObject[] = [];
  expect(await call('echo', { text: 'at once' }, { onStatus: (task) => told.push(task) })).toMatchObject({
    result: { content: [{ type: 'text', text: expect.stringContaining('at once') }] },
  });
  expect(await call('no such tool')).toMatchObject({ error: { code: -32602 } });
  expect(told).toEqual([]);
});

test('a task that vanishes or is cancelled by its server answers with the server’s error [tasks.lost]', async () => {
  const { call } = await direct();
  expect(await call('vanish')).toMatchObject({ error: { code: -32602, message: expect.stringMatching(/not found/i) } });
  expect(await call('withdraw')).toMatchObject({
    error: { code: expect.any(Number), message: expect.stringContaining('closed for the night') },
  });
});

test('invoke runs a tool that requires it as a task, and others plainly [tasks.required, tasks.optional, tasks.forbidden]', async () => {
  const { entry, paramsOf } = server();
  const gateway = await startGateway({ config: { u: entry } });
  await gateway.knows('u::quick');
  expect(await gateway.invoke('u::quick', { text: 'hello' })).toMatchObject({
    content: [{ type: 'text', text: 'hello' }],
    _meta: { 'fixture/result': true, ...related },
  });
  expect(textOf(await gateway.invoke('u::optional'))).toBe('done');
  expect(textOf(await gateway.invoke('u::plain'))).toBe('done');
  expect(paramsOf('tools/call').map(({ name, task }) => [name, task !== undefined])).toEqual([
    ['quick', true],
    ['optional', false],
    ['plain', false],
  ]);
});

test('invoke tells the progress of a task, and its end [tasks.required, tasks.status, tasks.result]', async () => {
  const gateway = await startGateway({ config: { u: server().entry } });
  await gateway.knows('u::steps');
  const progress: unknown[] = [];
  const onProgress = (each: Progress) => progress.push(each.progress);
  expect(textOf(await gateway.invoke('u::steps', { steps: 3 }, { onProgress }))).toBe('3 steps');
  expect(progress).toEqual(expect.arrayContaining([1, 2, 3]));
  expect(errorOf(await gateway.invoke('u::fail'))).toBe('no luck');
  expect(errorOf(await gateway.invoke('u::vanish'))).toMatch(/not found/i);
});

test('invoke_async runs what may be a task as one, and the rest plainly [tasks.optional, tasks.forbidden]', async () => {
  const { entry, paramsOf } = server();
  const gateway = await startGateway({ config: { u: entry } });
  await gateway.knows('u::quick');
  for (const name of ['quick', 'optional', 'plain']) {
    const { jobId } = await gateway.invokeAsync(`u::${name}`, { text: name });
    const { record, result } = await gateway.jobStatus(jobId, { waitMs: 20_000 });
    expect([record.status, textOf(result)]).toEqual(['completed', name]);
  }
  expect(paramsOf('tools/call').map(({ name, task }) => [name, task !== undefined])).toEqual([
    ['quick', true],
    ['optional', true],
    ['plain', false],
  ]);
});

test('job_status tells the status message of a task, and cancels it [tasks.status, tasks.cancel]', async () => {
  const { entry, paramsOf } = server();
  const gateway = await startGateway({ config: { u: entry } });
  await gateway.knows('u::steps');
  const long = await gateway.invokeAsync('u::steps', { steps: 1_000, quiet: true });
  const shown = async () => JSON.stringify((await gateway.jobStatus(long.jobId)).record.progress ?? '');
  await waitUntil(async () => /step \d+ of 1000/.test(await shown()));
  await gateway.jobStatus(long.jobId, { cancel: true });
  expect((await gateway.jobStatus(long.jobId)).record.status).toBe('cancelled');
  await waitUntil(() => paramsOf('tasks/cancel').length === 1);
  expect(paramsOf('tasks/cancel')[0]?.taskId).toBe(paramsOf('tasks/get')[0]?.taskId);
});

test('a client that gives up, and a deadline, cancel the task [tasks.cancel]', async () => {
  const { entry, paramsOf } = server();
  const gateway = await startGateway({ config: { u: entry } });
  await gateway.knows('u::hold');
  const stop = new AbortController();
  const outcome = gateway.invoke('u::hold', {}, { signal: stop.signal }).catch((error: unknown) => error);
  await waitUntil(() => paramsOf('tasks/get').length > 0);
  stop.abort();
  await outcome;
  await waitUntil(() => paramsOf('tasks/cancel').length === 1);
  expect(errorOf(await gateway.invoke('u::hold', {}, { rest: { timeoutMs: 500 } }))).toContain('500 ms');
  await waitUntil(() => paramsOf('tasks/cancel').length === 2);
});

test('a task’s question reaches the client that invoked it [tasks.input]', async () => {
  const gateway = launchGateway({ config: { u: server().entry } });
  const { peer } = gateway.process;
  await peer.request('initialize', CLIENT);
  peer.notify('notifications/initialized');
  const questions: Message[] = [];
  peer.onMessage((message) => message.method === 'elicitation/create' && questions.push(message));
  answering(peer, { action: 'accept', content: { colour: 'green' } });
  const { result } = await peer.request('tools/call', { name: 'invoke', arguments: { id: 'u::ask' } });
  expect(textOf(result ?? {})).toBe('accept green');
  expect(questions.map(({ params }) => params?.message)).toEqual(['Which colour?']);
});
