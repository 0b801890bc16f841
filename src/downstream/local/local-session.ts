import type { Socket } from 'node:net';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { isLogLevel, severityOf } from '../../core/protocol.ts';
import type { EdgeSession } from '../edge-session.ts';
import { insteadOf } from '../protocol/oversize.ts';
import { type ServedChannel, serveChannel } from '../protocol/serve-channel.ts';
import type { RequestTracker } from '../protocol/session-services.ts';
import { StdioTransport } from '../stdio/stdio-transport.ts';
import { BECAME_JOB, HELLO, type Hello, JOBS, type KeptJob, LEAVING, SENDING, WELCOME } from './messages.ts';

export interface LocalSessionParts {
  /** Opens the session in the gateway when it is known who comes. */
  readonly open: (hello: Hello, fates: RequestTracker) => EdgeSession;
  /** Takes up jobs of another daemon. */
  readonly takeUp: (jobs: readonly KeptJob[], session: EdgeSession) => void;
  /** Nothing is left of it. */
  readonly onEnd: () => void;
}

/** What a client hears of that has not said which log messages it wants. */
const DEFAULT_LEVEL = 'info';

/** One attachment at its socket, and the session of its client. It lives as long as the socket does. */
export class LocalSession {
  readonly #socket: Socket;
  readonly #transport: StdioTransport;
  readonly #parts: LocalSessionParts;
  /** Requests of the client that have no answer. */
  readonly #open = new Set<unknown>();
  #session: EdgeSession | undefined;
  #channel: ServedChannel | undefined;
  #onQuiet: () => void = () => {};

  constructor(socket: Socket, parts: LocalSessionParts) {
    this.#socket = socket;
    this.#parts = parts;
    socket.on('error', () => {});
    this.#transport = new StdioTransport(socket, socket);
    this.#transport.onmessage = (message) => this.#receive(message);
    this.#transport.onclose = () => void this.#end();
    void this.#transport.start();
  }

  /** Takes nothing new on. Resolves when what was asked for is answered, or after that time in ms. */
  async leave(withinMs: number): Promise<void> {
    void this.tell(LEAVING, {});
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#onQuiet = () => {
        clearTimeout(timer);
        // Lines go out at the end of the turn.
        setImmediate(resolve);
      };
    });
  }

  /** Hangs up, and ends the session. What ends with it is not told: jobs that wait go on elsewhere. */
  close(): void {
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Tells the attachment something that is not for its client. Resolves when it is out of our hands. */
  tell(method: string, params: JsonObject): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#socket.writable) return resolve();
      this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`, () => resolve());
    });
  }

  #receive(message: JsonObject): void {
    const { id, method, params } = message;
    if (!this.#session) {
      // Whoever reaches the socket is an attachment of this very version and user: nobody checks twice.
      if (method === HELLO) this.#begin(params as unknown as Hello);
      else this.#socket.destroy();
      return;
    }
    if (method === JOBS) {
      this.#parts.takeUp((params as { jobs: KeptJob[] }).jobs, this.#session);
      return;
    }
    if (method !== undefined && id !== undefined) this.#open.add(id);
    if (method === 'notifications/cancelled' && isJsonObject(params)) this.#close(params.requestId);
    this.#channel?.receive(message);
  }

  #begin(hello: Hello): void {
    const session = this.#parts.open(hello, {
      sending: (id) => this.tell(SENDING, { id }),
      becameJob: (id, jobId) => void this.tell(BECAME_JOB, { id, jobId }),
    });
    const { maxLineBytes, results } = session.parts;
    this.#session = session;
    this.#transport.limit = { bytes: maxLineBytes, instead: (message, bytes) => insteadOf(message, bytes, results) };
    this.#channel = serveChannel(session.parts, (message) => this.#send(message));
    void this.tell(WELCOME, {});
  }

  async #send(message: JsonObject): Promise<void> {
    if (message.method === 'notifications/message' && !this.#wants(message.params)) return;
    await this.#transport.send(message);
    if (message.method === undefined) this.#close(message.id);
  }

  /** A shared server logs from the least severe level on that any session wants. */
  #wants(params: unknown): boolean {
    const wanted = this.#session?.parts.session.logLevel ?? DEFAULT_LEVEL;
    return !isJsonObject(params) || !isLogLevel(params.level) || severityOf(params.level) >= severityOf(wanted);
  }

  #close(id: unknown): void {
    this.#open.delete(id);
    if (this.#open.size === 0) this.#onQuiet();
  }

  async #end(): Promise<void> {
    this.#onQuiet();
    this.#socket.destroy();
    await this.#channel?.close();
    await this.#session?.end();
    this.#parts.onEnd();
  }
}
