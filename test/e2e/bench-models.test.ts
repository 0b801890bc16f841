import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { run } from '../bench/models/bench.ts';
import { OWN_TASKS } from '../bench/models/own-tasks.ts';
import type { Result } from '../bench/models/results.ts';
import { solution } from '../bench/models/solution.ts';
import type { Task } from '../bench/models/task.ts';
import { VENDOR_TOOLS } from '../bench/models/vendors.ts';
import { temporaryDirectory } from '../helpers/servers/fixture.ts';
import { chatCompletions } from '../hosts/chat-completions.ts';
import { messagesApi } from '../hosts/messages-api.ts';
import type { Answer, Dialect, ModelRequest } from '../hosts/model-dialect.ts';
import { ScriptedModel } from '../hosts/scripted-model.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const RUNNER = 'test/bench/run.mjs models/bench';
const KEY = 'sk-of-nobody-123';
const TURNS = 200;

test('each task is done in all three ways, and the table has means and paired intervals [models.paired]', async () => {
  const { address, requests } = await startModel(messagesApi);
  const out = join(temporaryDirectory(), 'results.jsonl');
  const words = ['--only', 'credit-damaged,hand-over,collect-rest', '--sizes', '60', '--out', out];
  const { code, stdout, stderr } = await bench(`${address}/v1/messages`, ...words, '--yes');
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining('9/9 collect-rest, original, 60 tools'),
  });
  const results = resultsIn(out);
  // In the way of the original the script takes a paid invoice in place of the open one.
  const wrong = ({ task, arm }: Result) => task === 'credit-damaged' && arm === 'original';
  expect(results.map((one) => [one.task, one.arm, one.right])).toEqual(
    results.map((one) => [one.task, one.arm, !wrong(one)]),
  );
  expect(results.find(wrong)).toMatchObject({ tool: true, schema: true, values: false });
  expect(results.filter(({ arm }) => arm !== 'all').every(({ searches }) => searches === 1)).toBe(true);
  expect(requests.filter(({ tools }) => tools.length === 60).length).toBeGreaterThan(0);
  expect(requests.filter(({ system }) => system.includes('ledgerly')).length).toBeGreaterThan(0);
  expect(stdout).toContain('60 tools: all 3 runs; gateway 3 runs; original 3 runs');
  expect(stdout).toMatch(
    /^\| right % +\| 100\.0 +\| 100\.0 +\| 66\.7 +\| \+0\.0 \(\+0\.0 to \+0\.0\) +\| \+33\.3 \(\+0\.0 to \+100\.0\)/m,
  );
  expect(stdout).toContain('bootstrap over tasks');
});

test('a rerun makes the runs that are missing, the torn one too [models.resume]', async () => {
  const { address, requests } = await startModel(chatCompletions);
  const out = join(temporaryDirectory(), 'results.jsonl');
  const words = ['--only', 'late-enough', '--arms', 'all,gateway', '--sizes', '50', '--out', out, '--yes'];
  const url = `${address}/v1/chat/completions`;
  expect(await bench(url, ...words)).toMatchObject({ code: 0 });
  const [first = '', second = ''] = readFileSync(out, 'utf8').split('\n');
  const asked = requests.length;
  expect(await bench(url, ...words)).toMatchObject({ code: 0, stdout: expect.stringContaining('gateway 1 runs') });
  expect(requests.length).toBe(asked);
  writeFileSync(out, `${first}\n${second.slice(0, 40)}`);
  const { code, stderr } = await bench(url, ...words);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining('1/1 late-enough, gateway, 50 tools: right'),
  });
  expect(resultsIn(out).map(({ arm, right }) => [arm, right])).toEqual([
    ['all', true],
    ['gateway', true],
  ]);
});

test('a missing tool is right when it is reported and nothing else is done [models.missing]', async () => {
  const { address } = await startModel(chatCompletions);
  const out = join(temporaryDirectory(), 'results.jsonl');
  const words = ['--only', 'refund-card', '--arms', 'all,gateway', '--sizes', '50', '--out', out, '--yes'];
  expect(await bench(`${address}/v1/chat/completions`, ...words)).toMatchObject({ code: 0 });
  // With all definitions the script gives a credit note in place of the refund.
  expect(resultsIn(out)).toMatchObject([
    { arm: 'all', right: false, tool: false, answer: true },
    { arm: 'gateway', right: true, tool: true, answer: true, received: [] },
  ]);
});

test('what it will cost is shown first, and without --yes nothing is sent [models.cost]', async () => {
  const { address, requests } = await startModel(messagesApi);
  const words = ['--only', 'hand-over,refund-card', '--out', join(temporaryDirectory(), 'results.jsonl')];
  const prices = ['--price-in', '3', '--price-out', '15', '--context', '100000'];
  const { code, stdout, stderr } = await bench(`${address}/v1/messages`, ...words, ...prices);
  expect({ code, stdout, asked: requests.length }).toEqual({ code: 0, stdout: '', asked: 0 });
  expect(stderr).toContain('2 runs are left out: their definitions are more than 100000 tokens (--context)');
  expect(stderr).toMatch(/^\| 250 +\| gateway +\| 2 +\| [\d,]+ +\| [\d,]+ +\| \$\d+\.\d\d +\|$/m);
  expect(stderr).toContain('add --yes to go on');
  const { stderr: unpriced } = await bench(`${address}/v1/messages`, ...words);
  expect(unpriced).toMatch(/^\| all +\| +\| 16 +\| .* \| unknown +\|$/m);
});

test('429 and 5xx are tried again, a refusal is kept, and the key is never shown [models.endpoint]', async () => {
  const { address } = await startModel(chatCompletions);
  const out = join(temporaryDirectory(), 'results.jsonl');
  const faults = [429, 503];
  const front = await startFront(address, (body) => (body.includes('ledgerly__get_customer') ? 400 : faults.shift()));
  const words = ['--only', 'void-duplicate', '--sizes', '50', '--out', out, '--yes'];
  const { code, stdout, stderr } = await bench(`${front}/v1/chat/completions`, ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining(KEY) });
  expect(stdout).toContain('all 1 runs, 1 of them refused by the endpoint and left out; gateway 1 runs');
  expect(resultsIn(out)).toMatchObject([
    { arm: 'all', ending: 'refused', right: false, text: expect.stringContaining('Fault for [key]') },
    { arm: 'gateway', right: true, counted: true },
    { arm: 'original', right: true, counted: true },
  ]);
  expect(faults).toEqual([]);
  expect(readFileSync(out, 'utf8')).not.toContain(KEY);
});

test('an endpoint that takes no request ends the runs, which a rerun makes [models.endpoint]', async () => {
  const { address } = await startModel(chatCompletions);
  const out = join(temporaryDirectory(), 'results.jsonl');
  const front = await startFront(address, () => 401);
  const words = ['--only', 'hand-over,insure', '--arms', 'original', '--sizes', '50', '--out', out, '--yes'];
  const { code, stderr } = await bench(`${front}/v1/chat/completions`, ...words);
  expect(code).toBe(1);
  expect(stderr).toContain('1/2 hand-over, original, 50 tools: not made: the endpoint answered 401: Fault for [key]');
  expect(stderr).not.toContain('2/2');
  const again = await bench(`${address}/v1/chat/completions`, ...words);
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('0 of 2 runs are in') });
});

test('a model that does not answer in time, or never comes to an end, is not right [models.endpoint]', async () => {
  const { address } = await startModel(chatCompletions, () => ({ calls: [{ tool: 'search', input: { query: 'x' } }] }));
  const silent = await startFront(address, () => 0);
  const words = [
    '--only',
    'insure',
    '--arms',
    'original',
    '--sizes',
    '50',
    '--max-turns',
    '3',
    '--turn-seconds',
    '1',
    '--yes',
  ];
  const outs = [join(temporaryDirectory(), 'late.jsonl'), join(temporaryDirectory(), 'turns.jsonl')];
  await bench(`${silent}/v1/chat/completions`, ...words, '--out', outs[0] ?? '');
  await bench(`${address}/v1/chat/completions`, ...words, '--turn-seconds', '60', '--out', outs[1] ?? '');
  expect(outs.flatMap(resultsIn)).toMatchObject([
    { ending: 'late', right: false, turns: 0 },
    { ending: 'turns', right: false, turns: 3, searches: 3 },
  ]);
});

test('`npm run bench:models` builds and then runs it [models.paired]', () => {
  expect(manifest.scripts).toMatchObject({
    'prebench:models': 'npm run --silent build',
    'bench:models': `node ${RUNNER}`,
  });
});

test.each([
  ['/v1/messages', ['--only', 'nothing'], '--only: there is no nothing; there are credit-damaged'],
  ['/v1/messages', ['--arms', 'all,ours'], '--arms: there is no ours; there are all, gateway, original'],
  ['/v1/messages', ['--sizes', '50,many'], '--sizes: many is no whole number'],
  ['/v1/messages', ['--body', '[]'], '--body: [] is no JSON object'],
  ['/v1/messages', ['--price-in', 'much'], '--price-in: much is no price'],
  ['/v1', [], 'must end in /messages or /chat/completions'],
])('%s with %j is refused with the reason', async (path, words, reason) => {
  vi.stubEnv('BENCH_MODEL_URL', `http://127.0.0.1:9${path}`);
  vi.stubEnv('BENCH_MODEL', 'scripted');
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(run([...words, '--tasks', 'own', '--out', join(temporaryDirectory(), 'results.jsonl')])).rejects.toThrow(
    reason,
  );
});

test('--help needs no endpoint', async () => {
  expect(await bench('', '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('BENCH_MODEL_URL') });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the benchmark without labelled data; not synchronously, since the model is in this process. */
function bench(url: string, ...words: string[]): Promise<Ran> {
  const model = { BENCH_MODEL_URL: url, BENCH_MODEL: 'scripted', BENCH_MODEL_KEY: KEY };
  const env = { ...process.env, ...model, TOOL_SEARCH_DATA: join(ROOT, 'no-such-folder') };
  return new Promise((ended) => {
    execFile(process.execPath, [...RUNNER.split(' '), ...words], { cwd: ROOT, env }, (error, stdout, stderr) =>
      ended({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

const resultsIn = (file: string): Result[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []));

async function startModel(dialect: Dialect, turn = player()): Promise<ScriptedModel> {
  const model = new ScriptedModel(dialect, Array(TURNS).fill(turn));
  await model.open();
  onTestFinished(() => model.close());
  return model;
}

/**
 * What is in front of the model: answers a request with a status, or passes it on and leaves out the usage. Status 0: it
 * never answers. It repeats the key, as endpoints do that do not know it.
 */
async function startFront(model: string, statusFor: (body: string) => number | undefined): Promise<string> {
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const status = statusFor(body);
    if (status === 0) return;
    if (status !== undefined) {
      response
        .writeHead(status, { 'retry-after': '0' })
        .end(`Fault for ${request.headers.authorization?.split(' ')[1]}`);
      return;
    }
    const answer = await fetch(`${model}${request.url}`, { method: 'POST', body });
    const { usage: _, ...rest } = (await answer.json()) as { usage: unknown };
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(rest));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A model that does the tasks by their steps, in whichever way it is given tools, but for two of them in one way. */
function player(): (request: ModelRequest) => Answer {
  let script: Answer[] = [];
  return ({ tools, news }) => {
    const said = news.map((block) => ('text' in block ? block.text : '')).join('\n');
    const task = OWN_TASKS.find(({ prompt }) => said.includes(prompt));
    if (task) script = scriptOf(task, tools);
    return script.shift() ?? { text: 'The script has ended.' };
  };
}

function scriptOf(task: Task, tools: ModelRequest['tools']): Answer[] {
  const isMeta = tools.some(({ name }) => name === 'invoke');
  const isOriginal = tools.some(({ description }) => description.startsWith('Get the full definition'));
  const calls = solution(task, VENDOR_TOOLS).map(({ id, args }) => {
    const input = isOriginal && args.invoice_id === 'inv_3081' ? { ...args, invoice_id: 'inv_3077' } : args;
    return isMeta ? { tool: 'invoke', input: { id, args: input } } : { tool: id.replace('::', '__'), input };
  });
  const credit = { invoice_id: 'inv_1', amount_cents: 3000, reason: 'goodwill' };
  if (task.missing && !isMeta) calls.push({ tool: 'ledgerly__create_credit_note', input: credit });
  const search = { tool: 'search', input: { query: task.prompt } };
  return [
    ...(isMeta ? [search, ...calls] : calls).map((call) => ({ calls: [call] })),
    { text: task.missing ? 'NO TOOL: there is none for it.' : `Done: ${task.says}` },
  ];
}
