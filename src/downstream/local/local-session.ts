import type { Socket } from 'node:net';
import type { RequestTracking } from '../../core/call.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { isAtLeast, isLogLevel } from '../../core/protocol.ts';
import type { EdgeSession } from '../edge-session.ts';
import { ClientChannel } from '../protocol/client-channel.ts';
import { findMetaTool } from '../protocol/meta-tools.ts';
import { insteadOf } from '../protocol/oversize.ts';
import type { RequestTracker } from '../protocol/session-services.ts';
import { StdioTransport } from '../stdio/stdio-transport.ts';
import { BECAME_JOB, HELLO, type Hello, JOB_ENDED, JOBS, type KeptJob, LEAVING, SENDING, WELCOME } from './messages.ts';

export interface LocalSessionParts {
  /** Opens the session in the gateway when its relay has said hello. */
  readonly open: (hello: Hello, tracker: RequestTracker) => EdgeSession;
  /** Takes down that a job was lost with the daemon that ran it. */
  readonly loseJob: (job: KeptJob, session: EdgeSession) => void;
  /** Called when nothing is left of the session. */
  readonly onEnd: () => void;
}

/** Least severe level of log messages for a client that has asked for none. */
const DEFAULT_LEVEL = 'info';

/** One relay at its socket, and the session of its client. It lives as long as the socket does. */
export class LocalSession {
  readonly #socket: Socket;
  readonly #transport: StdioTransport;
  readonly #parts: LocalSessionParts;
  /** Requests of the client that have no answer. */
  readonly #open = new Set<unknown>();
  /** Jobs of another daemon that are asked for anew, by the id of their request: the client has had its answer. */
  readonly #resumed = new Map<unknown, string>();
  #session: EdgeSession | undefined;
  #channel: ClientChannel | undefined;
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

  /** Takes nothing new on. Resolves when all open requests are answered, or after that time in ms. */
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

  /** Tells the relay something that is not for its client. Resolves when it is out of our hands. */
  tell(method: string, params: JsonObject): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#socket.writable) return resolve();
      this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`, () => resolve());
    });
  }

  #receive(message: JsonObject): void {
    const { id, method, params } = message;
    if (!this.#session) {
      // Only relays of this very version and user reach the socket, so their messages are not checked.
      if (method === HELLO) this.#begin(params as unknown as Hello);
      else this.#socket.destroy();
      return;
    }
    if (method === JOBS) {
      this.#takeUp((params as { jobs: KeptJob[] }).jobs, this.#session);
      return;
    }
    if (method !== undefined && id !== undefined) this.#open.add(id);
    if (method === 'notifications/cancelled' && isJsonObject(params)) this.#close(params.requestId);
    this.#channel?.receive(message);
  }

  #begin(hello: Hello): void {
    const { firstQuestionId } = hello;
    const session = this.#parts.open(hello, { firstQuestionId, track: (id) => this.#track(id) });
    const { maxLineBytes, results } = session.services;
    this.#session = session;
    this.#transport.limit = { bytes: maxLineBytes, instead: (message, bytes) => insteadOf(message, bytes, results) };
    this.#channel = new ClientChannel(session.services, (message) => this.#send(message));
    void this.tell(WELCOME, {});
  }

  /** The relay keeps this until the request is answered or its job has ended, for the next daemon. */
  #track(requestId: unknown): RequestTracking {
    const jobId = this.#resumed.get(requestId);
    return {
      ...(jobId !== undefined && { jobId }),
      sending: () => this.tell(SENDING, { id: requestId }),
      submitted: (job) => void this.tell(BECAME_JOB, { id: requestId, jobId: job.jobId }),
      ended: (job) => void this.tell(JOB_ENDED, { jobId: job.jobId }),
    };
  }

  /** Jobs of a daemon that has died: those that had not begun are asked for anew, the others are lost. */
  #takeUp(jobs: readonly KeptJob[], session: EdgeSession): void {
    for (const job of jobs) {
      if (job.request && isForJob(job.request)) {
        this.#resumed.set(job.request.id, job.jobId);
        this.#channel?.receive(job.request);
      } else this.#parts.loseJob(job, session);
    }
  }

  async #send(message: JsonObject): Promise<void> {
    if (message.method === 'notifications/message' && !this.#wants(message.params)) return;
    if (message.method === undefined && this.#resumed.delete(message.id)) return;
    await this.#transport.send(message);
    if (message.method === undefined) this.#close(message.id);
  }

  /** A shared server logs from the least severe level on that any session wants. */
  #wants(params: unknown): boolean {
    const wanted = this.#session?.services.session.logLevel ?? DEFAULT_LEVEL;
    return !isJsonObject(params) || !isLogLevel(params.level) || isAtLeast(params.level, wanted);
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

/** Whether a request is an `invoke_async`, by whatever name. An `invoke` that was handed over to a job had begun. */
function isForJob({ params }: JsonObject): boolean {
  const name = isJsonObject(params) ? params.name : undefined;
  return typeof name === 'string' && findMetaTool(name)?.name === 'invoke_async';
}
