import type { Socket } from 'node:net';
import type { RequestTracking } from '../../core/call.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { isAtLeast, isLogLevel } from '../../core/protocol.ts';
import type { EdgeSession } from '../edge-session.ts';
import { ClientChannel } from '../protocol/client-channel.ts';
import { findMetaTool } from '../protocol/meta-tools.ts';
import { replaceOversized } from '../protocol/oversize.ts';
import type { RequestTracker } from '../protocol/session-services.ts';
import { StdioTransport } from '../stdio/stdio-transport.ts';
import { BECAME_JOB, HELLO, type Hello, JOB_ENDED, JOBS, type KeptJob, LEAVING, SENDING, WELCOME } from './messages.ts';

export interface LocalSessionParts {
  /** Opens the session in the gateway when its relay has said hello. */
  readonly open: (hello: Hello, tracker: RequestTracker) => EdgeSession;
  /** Records that a job was lost with the daemon that ran it. */
  readonly loseJob: (job: KeptJob, session: EdgeSession) => void;
  /** Called once the session has ended. */
  readonly onEnd: () => void;
}

/** Least severe level of the log messages for a client that has set none. */
const DEFAULT_LEVEL = 'info';

/** The session of one relay's client. It lasts as long as the relay's socket. */
export class LocalSession {
  readonly #socket: Socket;
  readonly #transport: StdioTransport;
  readonly #parts: LocalSessionParts;
  /** Ids of the client's requests that have no answer. */
  readonly #open = new Set<unknown>();
  /**
   * Ids of jobs of a dead daemon that are requested anew, by the id of their request, whose answer the client has had.
   */
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

  /**
   * Sends `LEAVING`: the relay keeps new requests for the next daemon. Resolves when all open requests are answered, or
   * after `withinMs`.
   */
  async leave(withinMs: number): Promise<void> {
    void this.tell(LEAVING, {});
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#onQuiet = () => {
        clearTimeout(timer);
        // The transport writes its lines at the end of the turn of the event loop.
        setImmediate(resolve);
      };
    });
  }

  /**
   * Closes the socket, and thereby the session. The relay is not told of jobs that end so: the next daemon runs those
   * that wait.
   */
  close(): void {
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Sends a notification to the relay itself. Resolves when it is written, or the socket is closed. */
  tell(method: string, params: JsonObject): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#socket.writable) return resolve();
      this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`, () => resolve());
    });
  }

  #receive(message: JsonObject): void {
    const { id, method, params } = message;
    if (!this.#session) {
      // Only relays of the same version and user reach the socket, so their messages are not checked.
      if (method === HELLO) this.#begin(params as unknown as Hello);
      else this.#socket.destroy();
      return;
    }
    if (method === JOBS) {
      this.#takeOverJobs((params as { jobs: KeptJob[] }).jobs, this.#session);
      return;
    }
    if (method !== undefined && id !== undefined) this.#open.add(id);
    if (method === 'notifications/cancelled' && isJsonObject(params)) this.#closeRequest(params.requestId);
    this.#channel?.receive(message);
  }

  #begin(hello: Hello): void {
    const { firstQuestionId } = hello;
    const session = this.#parts.open(hello, { firstQuestionId, track: (id) => this.#track(id) });
    const { maxLineBytes, results } = session.services;
    this.#session = session;
    this.#transport.limit = {
      bytes: maxLineBytes,
      instead: (message, bytes) => replaceOversized(message, bytes, results),
    };
    this.#channel = new ClientChannel(session.services, (message) => this.#send(message));
    void this.tell(WELCOME, {});
  }

  /**
   * Reports to the relay, which keeps the state of a request for the next daemon until it is answered or its job has
   * ended.
   */
  #track(requestId: unknown): RequestTracking {
    const jobId = this.#resumed.get(requestId);
    return {
      ...(jobId !== undefined && { jobId }),
      sending: () => this.tell(SENDING, { id: requestId }),
      submitted: (job) => void this.tell(BECAME_JOB, { id: requestId, jobId: job.jobId }),
      ended: (job) => void this.tell(JOB_ENDED, { jobId: job.jobId }),
    };
  }

  /** Takes over jobs of a dead daemon: requests those anew that had not begun, and records the others as lost. */
  #takeOverJobs(jobs: readonly KeptJob[], session: EdgeSession): void {
    for (const job of jobs) {
      if (job.request && isForJob(job.request)) {
        this.#resumed.set(job.request.id, job.jobId);
        this.#channel?.receive(job.request);
      } else this.#parts.loseJob(job, session);
    }
  }

  async #send(message: JsonObject): Promise<void> {
    if (message.method === 'notifications/message' && !this.#wantsLog(message.params)) return;
    if (message.method === undefined && this.#resumed.delete(message.id)) return;
    await this.#transport.send(message);
    if (message.method === undefined) this.#closeRequest(message.id);
  }

  /**
   * True if the client wants the log message: a shared server logs from the least severe level that any session has
   * set.
   */
  #wantsLog(params: unknown): boolean {
    const wanted = this.#session?.services.session.logLevel ?? DEFAULT_LEVEL;
    return !isJsonObject(params) || !isLogLevel(params.level) || isAtLeast(params.level, wanted);
  }

  #closeRequest(id: unknown): void {
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

/** True if a request is an `invoke_async`, also under an alias. An `invoke` that became a job had begun. */
function isForJob({ params }: JsonObject): boolean {
  const name = isJsonObject(params) ? params.name : undefined;
  return typeof name === 'string' && findMetaTool(name)?.name === 'invoke_async';
}
