import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { ChildTransport } from '../../src/upstream/child-transport.ts';
import { skippedAnswer } from '../../src/upstream/server-message.ts';
import { temporaryFolder } from '../helpers/system/folders.ts';
import { alive, expectDead, waitUntil } from '../helpers/system/processes.ts';

const LINE = { jsonrpc: '2.0', method: 'notifications/x', params: { text: 'x'.repeat(400_000) } } as const;

/** A child that runs a script, and what its transport tells. */
async function child(script: string, redact?: (text: string) => string) {
  const transport = new ChildTransport({
    command: [process.execPath, '-e', script],
    environment: {},
  });
  if (redact) transport.redact = redact;
  const told = { closed: false, messages: [] as unknown[] };
  transport.onclose = () => {
    told.closed = true;
  };
  transport.onmessage = (message) => told.messages.push(message);
  onTestFinished(() => transport.close());
  await transport.start();
  return { transport, told };
}

/** True until its `exit` event: unlike `alive`, this counts a process that has ended and was not yet waited for. */
function isRunningOrZombie(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const READY = 'console.log(JSON.stringify({ jsonrpc: "2.0", method: "notifications/ready" }));';

test('a line for a server that has closed its stdin provably did not arrive, and the server is ended [faults.unsent]', async () => {
  const { transport, told } = await child(`require('fs').closeSync(0); ${READY} setInterval(() => {}, 1e9)`);
  await waitUntil(() => told.messages.length > 0);
  expect(told.closed).toBe(false);
  await expect(transport.send(LINE)).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    message: 'the server closed its input or has ended (EPIPE)',
  });
  await waitUntil(() => told.closed);
  expect(transport.endCause).toBe('the process closed its stdin');
  await expectDead([transport.pid as number]);
});

test('of lines that queue up only the first is known not to have arrived whole [faults.unsent]', async () => {
  const { transport, told } = await child(`${READY} setInterval(() => {}, 1e9)`);
  await waitUntil(() => told.messages.length > 0);
  const sent = [LINE, LINE, LINE].map((line) => transport.send(line));
  const settled = Promise.allSettled(sent);
  process.kill(transport.pid as number, 'SIGKILL');
  const [first, ...others] = (await settled).map((each) => (each.status === 'rejected' ? each.reason : each.status));
  expect(first).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  for (const other of others) {
    expect(other).not.toHaveProperty('code', 'UPSTREAM_UNAVAILABLE');
    expect(other.message).toContain('the server closed its input or has ended (E');
  }
});

test('a line for a server that has ended is refused with the cause [faults.unsent]', async () => {
  const { transport, told } = await child('process.exit(7)');
  await waitUntil(() => told.closed);
  await expect(transport.send(LINE)).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    message: 'the process exited with code 7',
  });
});

test('the last words of a process are read, however late they come and busy the gateway is [faults.in-words]', async () => {
  const permission = join(temporaryFolder('mcp-gateway-words-'), 'permission');
  // The process exits; its words come from a helper that holds its stderr.
  const helper = `const fs = require('fs'); while (!fs.existsSync('${permission}')); console.error('last words')`;
  const spawned = `spawn(process.execPath, ['-e', ${JSON.stringify(helper)}], { stdio: ['ignore', 'ignore', 'inherit'] })`;
  const { transport } = await child(`require('child_process').${spawned}.unref(); process.exit(6)`, (text) => text);
  while (isRunningOrZombie(transport.pid as number)) await setImmediate();
  await expect(transport.send(LINE)).rejects.toThrow(/^the process exited with code 6$/);
  writeFileSync(permission, '');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
  await transport.ownEnd();
  expect(transport.endCause).toBe('the process exited with code 6; it last said: last words');
});

test('a server that closes its stdout is ended, as nothing can come from it [faults.mid-call]', async () => {
  const { transport, told } = await child(`${READY} require('fs').closeSync(1); setInterval(() => {}, 1e9)`);
  expect(alive(transport.pid as number)).toBe(true);
  await waitUntil(() => told.closed);
  expect(transport.endCause).toBe('the process closed its stdout');
});

test('an answer that is too long to be taken is answered by an error in its place [faults.too-long]', async () => {
  const { told } = await child(`
    const { writeSync } = require('fs');
    const write = (text) => { for (let at = 0; at < text.length; ) at += writeSync(1, text, at); };
    const megabyte = Buffer.alloc(1 << 20, 'x');
    write(Buffer.from('{"result":{"content":[{"type":"text","text":"'));
    for (let count = 0; count < 257; count++) write(megabyte);
    write(Buffer.from('"}]},"jsonrpc":"2.0","id":1000001}\\n{"jsonrpc":"2.0","id":1000002,"result":{}}\\n'));
    process.stdin.resume();`);
  await waitUntil(() => told.messages.length === 2);
  expect(told.messages).toEqual([
    {
      jsonrpc: '2.0',
      id: 1_000_001,
      error: { code: -32_603, message: expect.stringMatching(/skipped.*268435456 bytes/) },
    },
    { jsonrpc: '2.0', id: 1_000_002, result: {} },
  ]);
});

test('whose a skipped answer was is told from either end of its line [faults.too-long]', () => {
  const idOf = (head: string, tail: string) => skippedAnswer({ head, tail });
  const answer = expect.objectContaining({ id: 12 });
  expect(idOf('{"jsonrpc":"2.0","id":12,"result":{"content":[{"te', 'xx"}]}}')).toEqual(answer);
  expect(idOf('{"id": 12, "result": {"content":[{"te', 'xx"}]}}')).toEqual(answer);
  expect(idOf('{"result":{"content":[{"te', 'xx"}]},"jsonrpc":"2.0","id":12}')).toEqual(answer);
  expect(idOf('{"result":{"content":[{"te', 'xx"}]},"id":12,"jsonrpc":"2.0"}\r')).toEqual(answer);
  expect(idOf('{"result":{"content":[{"te', 'xx \\"id\\":12}')).toBeUndefined();
  expect(idOf('{"result":{"content":[{"te', '"id":12}}')).toBeUndefined();
  expect(idOf('{"jsonrpc":"2.0","id":12,"method":"sampling/createMessage","params":{', 'xx"}]}}')).toBeUndefined();
});

test('a secret is blanked before the last words of a process are cut, and in what is no message [secrets.stderr]', async () => {
  const secret = 'Zq7kP2vL9';
  const said = `process.stderr.write('${'x'.repeat(20)}Zq7k'); setTimeout(() => process.stderr.write('P2vL9 ${'y'.repeat(395)}\\n'), 50)`;
  const script = `console.log('no JSON, ${'z'.repeat(105)}${secret}'); ${said}; setTimeout(() => process.exit(3), 100)`;
  const transport = new ChildTransport({ command: [process.execPath, '-e', script], environment: {} });
  const errors: string[] = [];
  let isClosed = false;
  transport.onerror = ({ message }) => errors.push(message);
  transport.onclose = () => {
    isClosed = true;
  };
  transport.redact = (text) => text.replaceAll(secret, '[redacted]');
  onTestFinished(() => transport.close());
  await transport.start();
  await waitUntil(() => isClosed);
  expect(transport.endCause).toMatch(/exited with code 3; it last said: …y{395}$/);
  for (const text of [transport.endCause, ...errors]) expect(text).not.toMatch(/Zq7|kP2|vL9/);
  expect(errors.join()).toContain('what is not JSON: no JSON');
});

test('the last words of a process begin with a word, and its end says what it may be for [faults.in-words]', async () => {
  const words = Array.from({ length: 100 }, (_, at) => `word-${at}`).join(' ');
  const ended = async (script: string) => {
    const { transport, told } = await child(script, (text) => text);
    await waitUntil(() => told.closed);
    return transport.endCause;
  };
  const isServer = 'by itself, without a message: is it an MCP server over stdio, with the right arguments?';
  const cut = await ended(`console.error('${words}'); process.exitCode = 1`);
  expect(cut).toMatch(/^the process exited with code 1; it last said: …word-\d+ .* word-99$/);
  expect(await ended("console.error('usage: tool FILE')")).toBe(
    `the process exited with code 0 ${isServer}; it last said: usage: tool FILE`,
  );
  expect(await ended("console.log('tool 1.0')")).toBe(`the process exited with code 0 ${isServer}`);
  expect(await ended(READY)).toBe('the process exited with code 0');
  const { transport } = await child("process.stdin.resume(); console.error('up')");
  const heard = new Promise<string>((resolve) => {
    transport.onstderr = resolve;
  });
  expect(await heard).toBe('up');
  await transport.close();
  expect(transport.endCause).not.toContain('by itself');
});
