import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { JsonObject } from '../../src/core/json.ts';
import type { Answer, Dialect, ModelRequest } from './model-dialect.ts';

/** What the model says in one turn, or how that follows from what it was just told. */
export type Turn = Answer | ((request: ModelRequest) => Answer);

/**
 * A model on loopback that says what a test has written down, turn by turn, and keeps all that it was told. Also the
 * only way out that a host is given: as a proxy it refuses, and remembers who was asked for.
 */
export class ScriptedModel {
  /** Requests of the conversation, in order; not those for a title or a summary, which offer no tools. */
  readonly requests: ModelRequest[] = [];
  /** Hosts and paths that were asked for and are not the model. */
  readonly strays: string[] = [];
  readonly #dialect: Dialect;
  readonly #turns: readonly Turn[];
  readonly #server: Server;

  constructor(dialect: Dialect, turns: readonly Turn[]) {
    this.#dialect = dialect;
    this.#turns = turns;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error) => response.destroy(error));
    });
    this.#server.on('connect', (request, socket) => {
      this.strays.push(String(request.url));
      // A host that ends meanwhile resets it.
      socket.on('error', () => {});
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', this.address);
    const body = await text(request);
    if (request.method === 'POST' && path.pathname === this.#dialect.path)
      return this.#answer(JSON.parse(body), response);
    this.strays.push(`${request.method} ${path.host === new URL(this.address).host ? path.pathname : path}`);
    response.writeHead(404).end();
  }

  #answer(body: JsonObject, response: ServerResponse): void {
    const told = this.#dialect.read(body);
    const answer = told.tools.length === 0 ? { text: 'A title' } : this.#next(told);
    response.writeHead(200, { 'content-type': body.stream ? 'text/event-stream' : 'application/json' });
    response.end(this.#dialect.write(answer, told, body.stream === true));
  }

  #next(told: ModelRequest): Answer {
    const turn = this.#turns[this.requests.length] ?? { text: 'The script has ended.' };
    this.requests.push(told);
    return typeof turn === 'function' ? turn(told) : turn;
  }
}
