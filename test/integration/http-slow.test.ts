import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startHttpGateway } from '../helpers/gateway/http-gateway.ts';
import { rssOf } from '../helpers/system/process-figures.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'patient', version: '1' } },
});
const HEAD =
  'POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\n';
/** Longest wait for a slow client to be cut off; no wait here ends by itself otherwise. */
const CUT_MS = 75_000;
const BODY_BYTES = 50 * 1024 * 1024;
const LIMIT_BYTES = 1024 * 1024;

test(
  'headers and bodies that come byte by byte are cut off, and others are served meanwhile [http.slow]',
  async () => {
    const { address, port } = await startHttpGateway();
    const slow = [
      trickle(port, '', HEAD.repeat(1000)),
      trickle(port, `${HEAD}content-length: ${INITIALIZE.length * 1000}\r\n\r\n`, INITIALIZE.repeat(1000)),
    ];
    expect(await initialize(address)).toBe(200);
    const cut = () => slow.every(({ socket }) => socket.closed);
    await waitUntil(cut, { timeoutMs: CUT_MS, what: 'both slow clients are cut off' });
    for (const each of slow) expect(each.sent(), 'bytes sent before the cut').toBeLessThan(each.total);
    expect(await initialize(address)).toBe(200);
  },
  CUT_MS + 20_000,
);

test('a body of 50 MB is answered with 413 before it is sent [http.large-body]', async () => {
  const { address, port } = await startHttpGateway({ http: { maxBodyBytes: LIMIT_BYTES } });
  const client = open(port);
  client.socket.write(`${HEAD}content-length: ${BODY_BYTES}\r\n\r\n{`);
  await waitUntil(() => client.received().includes('\r\n\r\n'), { what: 'an answer to the head' });
  expect(client.received()).toMatch(/^HTTP\/1\.1 413 /);
  client.socket.destroy();
  expect(await initialize(address)).toBe(200);
});

test('a body of 50 MB that does not say its length is answered with 413 and not kept [http.large-body]', async () => {
  const { address, port, pid } = await startHttpGateway({ http: { maxBodyBytes: LIMIT_BYTES } });
  expect(await initialize(address)).toBe(200);
  const before = rssOf(pid);
  const answers: string[] = [];
  // A connection that is ended while its client still writes is reset, and the answer may be lost on the way.
  while (answers.length < 5 && !answers.some(Boolean)) answers.push(await answerToEndlessBody(port));
  expect(answers.at(-1)).toMatch(/^HTTP\/1\.1 413 /);
  if (process.platform === 'linux') expect(rssOf(pid) - before).toBeLessThan(BODY_BYTES);
  expect(await initialize(address)).toBe(200);
});

test('10,000 headers are refused, and the next client is served [http.many-headers]', async () => {
  const { address, port } = await startHttpGateway();
  const client = open(port);
  const headers = Array.from({ length: 10_000 }, (_, index) => `x-${index}: ${index}\r\n`).join('');
  client.socket.write(`${HEAD}${headers}content-length: ${INITIALIZE.length}\r\n\r\n${INITIALIZE}`);
  await waitUntil(() => client.socket.closed, { what: 'the connection is closed' });
  expect(client.received()).toMatch(/^(HTTP\/1\.1 431 |$)/);
  expect(await initialize(address)).toBe(200);
});

/** Writes a body that does not say its length until it is answered or its connection ended: what was answered. */
async function answerToEndlessBody(port: number): Promise<string> {
  const client = open(port);
  client.socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
  const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
  let sent = 0;
  while (sent < BODY_BYTES && client.received() === '' && !client.socket.destroyed) {
    sent += 65_536;
    if (!client.socket.write(chunk)) await Promise.race([drained(client.socket), client.answered]);
  }
  await client.answered;
  expect(sent).toBeLessThan(BODY_BYTES);
  client.socket.destroy();
  return client.received();
}

/** Resolves when more can be written; never where the connection ends before. */
const drained = (socket: Socket) => new Promise<void>((resolve) => socket.once('drain', () => resolve()));

/** A client in bytes: what it received so far, and when that begins or the connection ends. */
function open(port: number): { socket: Socket; received: () => string; answered: Promise<void> } {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let received = '';
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      resolve();
    });
    socket.on('close', () => resolve());
  });
  // Refused while it writes: what matters is the answer and the end.
  socket.on('error', () => {});
  return { socket, received: () => received, answered };
}

/** A client that sends `text` one byte at a time after a quick beginning, until it is cut off. */
function trickle(port: number, beginning: string, text: string) {
  const { socket } = open(port);
  let sent = 0;
  socket.write(beginning);
  const timer = setInterval(() => void socket.write(text[sent++] ?? ''), 100);
  socket.on('close', () => clearInterval(timer));
  return { socket, sent: () => sent, total: text.length };
}

/** The status that a new client's first request gets. */
async function initialize(address: string): Promise<number> {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const response = await fetch(`${address}/mcp`, { method: 'POST', headers, body: INITIALIZE });
  await response.text();
  return response.status;
}
