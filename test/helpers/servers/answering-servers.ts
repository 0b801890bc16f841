import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { oddServer, RESULTS, type Request, send } from './odd-server.ts';

/** Ways in which an answer may come. */
export const WAYS = ['stdio', 'a body', 'an event', 'the stream of SSE', 'WebSocket'] as const;

export type Way = (typeof WAYS)[number];

/** What a server writes as its answer to the request with that id, as it is. */
export type Write = (id: unknown) => string;

/** Entry of a server, sound but for how it answers one method. */
export async function answering(way: Way, method: string, write: Write): Promise<object> {
  const text = (message: Request) =>
    message.method === method
      ? write(message.id)
      : JSON.stringify({ jsonrpc: '2.0', id: message.id, result: RESULTS[message.method] ?? {} });
  if (way === 'stdio') return overStdio(method, write);
  if (way === 'the stream of SSE') return overSse(text);
  if (way === 'WebSocket') return overWebSocket(text);
  const { url } = await oddServer((message, response) => {
    if (message.id === undefined) return false;
    if (way === 'a body') return send(response, 200, 'application/json', text(message));
    return send(response, 200, 'text/event-stream', `data: ${text(message)}\n\n`);
  });
  return { type: 'remote', url, transport: 'streamable_http', protocol: '2025-11-25' };
}

const MARK = '"the id"';

const STDIO = `
const [method, text, results] = process.argv.slice(1);
require('node:readline').createInterface(process.stdin).on('line', (line) => {
  const message = JSON.parse(line);
  if (message.id === undefined) return;
  const result = JSON.parse(results)[message.method] ?? {};
  const sound = JSON.stringify({ jsonrpc: '2.0', id: message.id, result });
  const odd = text[0] === '(' ? eval(text)(message.id) : text.replaceAll('${MARK}', message.id);
  console.log(message.method === method ? odd : sound);
});`;

/** Only a short text goes as an argument; a function goes as its source. */
function overStdio(method: string, write: Write): object {
  const written = write('the id');
  const text = written.length < 50_000 ? written : `(${write})`;
  return { type: 'local', command: [process.execPath, '-e', STDIO, method, text, JSON.stringify(RESULTS)] };
}

async function overSse(text: (message: Request) => string): Promise<object> {
  let stream: ServerResponse | undefined;
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      return void stream.write('event: endpoint\ndata: /messages\n\n');
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const message: Request = JSON.parse(Buffer.concat(chunks).toString());
    response.writeHead(202).end();
    if (message.id !== undefined) stream?.write(`event: message\ndata: ${text(message)}\n\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`;
  return { type: 'remote', url, transport: 'sse' };
}

async function overWebSocket(text: (message: Request) => string): Promise<object> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const message: Request = JSON.parse(String(data));
      if (message.id !== undefined) socket.send(text(message));
    });
  });
  return { type: 'remote', url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` };
}
