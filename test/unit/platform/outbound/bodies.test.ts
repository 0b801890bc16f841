import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { MAX_ANSWER_BYTES } from '../../../../src/platform/outbound/body-filter.ts';
import { bounded, boundedText } from '../../../../src/platform/outbound/bounded-body.ts';
import { Outbound } from '../../../../src/platform/outbound/outbound.ts';
import { MAX_MESSAGE_BYTES } from '../../../../src/upstream/limits.ts';

const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
const MIB = 1024 * 1024;

/** A server that answers as `answer` does, and its address. */
async function serve(answer: (path: string, response: ServerResponse) => void): Promise<string> {
  const server = createServer(({ url = '' }, response) => answer(url, response)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

test('a response that is silent for longer than fetch waits arrives all the same [faults.silent-response]', async () => {
  const silent = new Map<string, ServerResponse>();
  const address = await serve((path, response) => {
    response.write('a');
    silent.set(path, response);
  });

  // What would be 5 minutes is made a second, its finest grain, in this process's own fetch.
  await fetch('data:,');
  const usual: object = Reflect.get(globalThis, DISPATCHER);
  onTestFinished(() => void Reflect.set(globalThis, DISPATCHER, usual));
  Reflect.set(globalThis, DISPATCHER, Reflect.construct(usual.constructor, [{ bodyTimeout: 1_000 }]));

  const patient = await new Outbound({ url: address }).fetch(`${address}/patient`);
  const impatient = await fetch(`${address}/impatient`);
  await expect(impatient.text()).rejects.toThrow('terminated');
  silent.get('/patient')?.end('b');
  expect(await patient.text()).toBe('ab');
});

const BOMB = Buffer.alloc(8 * MIB, ' ');

test.each([
  ['gzip', gzipSync(BOMB)],
  ['br', brotliCompressSync(BOMB)],
  ['deflate', deflateSync(BOMB)],
  ['identity', BOMB],
] as const)('what %s unpacks to is what counts [outbound.bytes]', async (encoding, body) => {
  const address = await serve((path, response) => {
    const [, status = '200', type = ''] = path.split('/').map(decodeURIComponent);
    response.writeHead(Number(status), { 'content-type': type, 'content-encoding': encoding }).end(body);
  });
  const { fetch } = new Outbound({ url: address });
  const got = async (status: number, type: string) => {
    const response = await fetch(`${address}/${status}/${encodeURIComponent(type)}`);
    return bounded(response, 4 * MIB).text();
  };
  for (const type of ['application/json', 'application/problem+json'])
    await expect(got(200, type)).rejects.toThrow('the answer is longer than the 4 MiB that are taken');
  await expect(got(200, 'text/event-stream')).rejects.toThrow('an event of the stream is longer than the 4 MiB');
  for (const [status, type] of [
    [200, 'text/html'],
    [202, ''],
    [401, 'application/json'],
    [500, 'application/json'],
    [503, 'text/event-stream'],
    [302, 'text/plain'],
  ] as const)
    expect((await got(status, type)).length, `${status} ${type}`).toBe(64 * 1024);
  const short = await fetch(`${address}/200/${encodeURIComponent('application/json')}`);
  await expect(boundedText(short, MIB)).rejects.toThrow('longer than the 1 MiB');
});

test('a body that is given up is read no more [outbound.bytes]', async () => {
  const ended: Promise<unknown>[] = [];
  const address = await serve((_, response) => {
    response.writeHead(500);
    const more = () => response.write(Buffer.alloc(MIB)) && setImmediate(more);
    response.on('drain', more);
    ended.push(once(response, 'close'));
    more();
  });
  const response = await new Outbound({ url: address }).fetch(address);
  expect((await response.text()).length).toBe(64 * 1024);
  await Promise.all(ended);
});

test('an answer is as long as a message over stdio may be [outbound.bytes]', () => {
  expect(MAX_ANSWER_BYTES).toBe(MAX_MESSAGE_BYTES);
});

/** A stream of events as it arrives, read through a bound of `max` bytes for each. */
function events(max: number, ...chunks: string[]): Promise<string> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
      controller.close();
    },
  });
  return bounded(new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } }), max).text();
}

test.each([
  ['\n', 'LF'],
  ['\r\n', 'CRLF'],
  ['\r', 'CR'],
])('each event is counted, not the stream, however its lines end (%j) [outbound.events]', async (end) => {
  const event = `data: ${'x'.repeat(20)}${end}id: 1${end}${end}`;
  const stream = event.repeat(30);
  for (const size of [1, 3, 7, 64, stream.length]) {
    const chunks = stream.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    expect(await events(64, ...chunks), `in chunks of ${size}`).toBe(stream);
  }
  const long = `data: ${'x'.repeat(30)}${end}`.repeat(4);
  for (const size of [5, long.length]) {
    const chunks = long.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    await expect(events(64, event, ...chunks), `in chunks of ${size}`).rejects.toThrow('an event of the stream');
  }
});

test('a line comes in one piece, and what has no end comes at the end [outbound.events]', async () => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of ['da', 'ta: 1', '\n', '\nda', 'ta']) controller.enqueue(Buffer.from(chunk));
      controller.close();
    },
  });
  const response = bounded(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
  const chunks: string[] = [];
  for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk).toString());
  expect(chunks).toEqual(['data: 1\n', '\n', 'data']);
});
