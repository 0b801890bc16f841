import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer as createSocketServer, type Server } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ForwardProxyServer {
  readonly port: number;
  /** What it was asked for: `GET http://…`, `CONNECT host:port`, `SOCKS host:port`; with the credentials if there were any. */
  readonly asked: string[];
}

/** An HTTP proxy that leads every name to `port` on this machine; with `status` it leads nowhere and answers that. */
export async function startProxy(port: number, status?: number): Promise<ForwardProxyServer> {
  const asked: string[] = [];
  const note = ({ method, url, headers }: IncomingMessage) =>
    asked.push([method, url, headers['proxy-authorization']].filter(Boolean).join(' '));
  const server = createServer((incoming, response) => {
    note(incoming);
    const { pathname, search } = new URL(incoming.url ?? '');
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const { method } = incoming;
    if (status !== undefined) return void response.writeHead(status).end();
    const forwarded = request({ host: '127.0.0.1', port, method, path: pathname + search, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(forwarded.on('error', () => response.destroy()));
  });
  server.on('connect', (incoming, socket) => {
    note(incoming);
    if (status !== undefined) return socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const through = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    for (const each of [through, socket]) each.on('error', () => socket.destroy());
  });
  return { port: await listening(server), asked };
}

/** A SOCKS5 proxy without or with a user, which leads every name to `port` on this machine. */
export async function startSocks(port: number): Promise<ForwardProxyServer> {
  const asked: string[] = [];
  const server = createSocketServer(async (socket) => {
    const next = async () => (await once(socket, 'data'))[0] as Buffer;
    socket.on('error', () => {});
    const wantsUser = (await next()).subarray(2).includes(2);
    socket.write(Buffer.from([5, wantsUser ? 2 : 0]));
    let user = '';
    if (wantsUser) {
      const said = await next();
      const length = said[1] ?? 0;
      user = ` ${said.subarray(2, 2 + length)}:${said.subarray(3 + length)}`;
      socket.write(Buffer.from([1, 0]));
    }
    const wanted = await next();
    const name = wanted.subarray(5, 5 + (wanted[4] ?? 0));
    asked.push(`SOCKS ${name}:${wanted.readUInt16BE(wanted.length - 2)}${user}`);
    const through = connect(port, '127.0.0.1', () => {
      socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
      through.pipe(socket).pipe(through);
    });
    through.on('error', () => socket.destroy());
  });
  return { port: await listening(server), asked };
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
