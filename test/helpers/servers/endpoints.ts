import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A port on which nobody listens: it was free a moment ago. */
export async function refusedPort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** Port of a web server that answers every request with this and no more. Ends with the test. */
export function answeringPort(status: number, body = '', type = 'text/plain'): Promise<number> {
  return listening(
    endedWithTest(
      createHttpServer((_request, response) => response.writeHead(status, { 'content-type': type }).end(body)),
    ),
  );
}

/** Port of a server that accepts connections, reads what comes and never answers. Ends with the test. */
export function silentPort(): Promise<number> {
  return listening(endedWithTest(createServer((socket) => void socket.resume().on('error', () => {}))));
}

/** A TCP proxy whose connections can be frozen, as when a cable is pulled: half-open, and nobody is told. */
export class TcpProxy {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #port = 0;

  get port(): number {
    return this.#port;
  }

  async start(target: number): Promise<this> {
    const server = createServer((near) => this.#join(near, connect(target, '127.0.0.1')));
    this.#port = await listening(endedWithTest(server));
    onTestFinished(() => this.cut());
    return this;
  }

  /** From now on nothing goes through the connections of now; new ones work. */
  freeze(): void {
    for (const [near, far] of this.#pairs) {
      near.unpipe(far);
      far.unpipe(near);
    }
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of [...this.#pairs].flat()) socket.destroy();
  }

  #join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function endedWithTest<S extends Server>(server: S): S {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return server;
}
