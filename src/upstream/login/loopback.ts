import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Page in the person's browser after the callback. */
export interface Page {
  readonly status: number;
  /** Plain text. */
  readonly text: string;
}

const PATH = '/callback';
/** Time in ms for running answers when the server closes. */
const GOODBYE_MS = 2_000;

/** The HTTP server on this machine to which the browser brings the result of a login. */
export class Loopback {
  readonly #server: Server;

  /** Binds the first free port of `ports`; 0 is any. `answer` is called with the query of each callback. */
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

  /** Accepts no more callbacks. Resolves when running answers are sent. */
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

/** Query of a callback; undefined for any other target, also for `//`, which is no valid one. */
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
