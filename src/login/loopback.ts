import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the person's browser shows after the callback. */
export interface Page {
  readonly status: number;
  /** Plain text. */
  readonly text: string;
}

const PATH = '/callback';

/** The server on this machine to which the browser brings the outcome of a login. */
export class Loopback {
  readonly #server: Server;

  /** Binds the first of these ports that is free; 0 is any. `answer` is given the query of each callback. */
  static async open(ports: readonly number[], answer: (query: URLSearchParams) => Promise<Page>): Promise<Loopback> {
    const [port = 0, ...others] = ports;
    const server = createServer((request, response) => void serve(request, response, answer));
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    } catch (error) {
      if (others.length > 0) return Loopback.open(others, answer);
      throw error;
    }
    return new Loopback(server);
  }

  private constructor(server: Server) {
    this.#server = server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://localhost:${this.port}${PATH}`;
  }

  /** Takes no more callbacks; resolves when one that is being answered is. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (query: URLSearchParams) => Promise<Page>,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const known = request.method === 'GET' && pathname === PATH;
  const { status, text } = known ? await answer(searchParams) : { status: 404, text: 'Nothing here.' };
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  response.end(`<!doctype html><title>MCP Gateway</title><p>${escaped(text)}</p>`);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
