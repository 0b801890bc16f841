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
/** Time for the answers that are on their way at the end, in ms. */
const GOODBYE_MS = 2_000;

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
    // A browser opens connections in advance, and may never use them.
    setTimeout(() => this.#server.closeAllConnections(), GOODBYE_MS).unref();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (query: URLSearchParams) => Promise<Page>,
): Promise<void> {
  const query = request.method === 'GET' ? queryOf(request.url ?? '') : undefined;
  const { status, text } = query ? await answer(query).catch(failed) : { status: 404, text: 'Nothing here.' };
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  response.end(`<!doctype html><title>MCP Gateway</title><p>${escaped(text)}</p>`);
}

/** Of a callback; undefined for any other target, such as `//`, which is none at all. */
function queryOf(target: string): URLSearchParams | undefined {
  if (!target.startsWith('/') || !URL.canParse(target, 'http://localhost')) return undefined;
  const { pathname, searchParams, host } = new URL(target, 'http://localhost');
  return pathname === PATH && host === 'localhost' ? searchParams : undefined;
}

function failed(): Page {
  return { status: 500, text: 'The login failed. You may close this window; the gateway says more.' };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
