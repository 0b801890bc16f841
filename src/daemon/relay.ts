import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeJson } from '../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import {
  BECAME_JOB,
  HELLO,
  type Hello,
  JOB_ENDED,
  JOBS,
  type KeptJob,
  LEAVING,
  METHOD_PREFIX,
  SENDING,
  WELCOME,
} from '../downstream/local/messages.ts';
import { isAnswer } from '../downstream/protocol/json-rpc.ts';
import { StdioTransport } from '../downstream/stdio/stdio-transport.ts';
import { createLineSplitter, LineWriter } from '../platform/line-framing.ts';
import type { Logger } from '../platform/log.ts';
import { HandshakeReplay, PendingRequests } from './session-replay.ts';

interface RelayParts {
  readonly input: Readable;
  readonly output: Writable;
  readonly hello: Omit<Hello, 'firstQuestionId'>;
  /** Resolves with a connection to a daemon, which is started if there is none. Rejects when none comes up. */
  readonly reach: () => Promise<Socket>;
  readonly log: Logger;
}

/** Longest line that is taken from a daemon, in bytes: what it writes to clients is bounded already. */
const MAX_LINE_BYTES = 512 * 1024 * 1024;
/** Pause after a connection that ended before the daemon's `WELCOME`, in ms. */
const RETRY_MS = 20;
/** Ids that each daemon has for its requests to the client, before those of the next one begin. */
const QUESTIONS = 1_000_000;

/**
 * Relays messages between one client and its daemon. It keeps requests until they are answered, so that the client does
 * not notice when a daemon dies and the next one takes its place.
 */
export class Relay {
  readonly #parts: RelayParts;
  readonly #client: StdioTransport;
  readonly #toClient: LineWriter;
  readonly #pending = new PendingRequests();
  readonly #handshake = new HandshakeReplay();
  /** Ids of requests that were repeated for a new daemon: the client has had their answers. */
  readonly #repeated = new Set<unknown>();
  /** Ids of the daemon's requests that the client has not answered. */
  readonly #questions = new Set<unknown>();
  #daemon: Socket | undefined;
  /** `serving` from the daemon's `WELCOME` to its `LEAVING`: only then it is sent requests. */
  #state: 'coming' | 'serving' | 'leaving' = 'coming';
  #daemons = 0;
  #jobs: readonly KeptJob[] = [];

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.#client = new StdioTransport(parts.input, parts.output);
    this.#toClient = new LineWriter(parts.output);
    this.#client.onmessage = (message) => this.#fromClient(message);
    parts.output.on('drain', () => this.#daemon?.resume());
  }

  /** Serves the client. Resolves when it has gone; rejects when no daemon comes up. */
  async run(): Promise<void> {
    let hasGone = false;
    const gone = new Promise<void>((resolve) => {
      this.#client.onclose = () => {
        hasGone = true;
        resolve();
      };
    });
    await this.#client.start();
    while (!hasGone) {
      const socket = await Promise.race([this.#parts.reach(), gone]);
      if (!socket || hasGone) break;
      const ended = this.#attach(socket);
      await Promise.race([ended, gone]);
      socket.destroy();
      if (hasGone) break;
      if (this.#state === 'coming') await sleep(RETRY_MS);
      else this.#endSession();
    }
  }

  /** Answers all waiting requests with an error: no daemon comes up. */
  giveUp(reason: string): void {
    for (const { id } of this.#pending.waiting())
      void this.#client.send({ jsonrpc: '2.0', id, error: { code: -32_000, message: reason } });
  }

  #attach(socket: Socket): Promise<unknown> {
    this.#daemon = socket;
    this.#state = 'coming';
    const split = createLineSplitter({
      maxBytes: MAX_LINE_BYTES,
      onLine: (line) => this.#fromDaemon(line),
      onOverflow: () => socket.destroy(),
    });
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      split(chunk);
      if (this.#parts.output.writableNeedDrain) socket.pause();
    });
    socket.on('drain', () => this.#parts.input.resume());
    const firstQuestionId = this.#daemons * QUESTIONS;
    this.#write({ jsonrpc: '2.0', method: HELLO, params: { ...this.#parts.hello, firstQuestionId } });
    return new Promise((resolve) => socket.once('close', resolve));
  }

  /**
   * Starts the session at a daemon that has sent `WELCOME`: repeats its handshake, and sends the jobs and the waiting
   * requests.
   */
  #startSession(): void {
    this.#state = 'serving';
    this.#daemons++;
    for (const message of this.#handshake.messages) {
      // A request without an answer is repeated with the others.
      if (this.#pending.has(message.id)) continue;
      if (message.id !== undefined) this.#repeated.add(message.id);
      this.#write(message);
    }
    if (this.#jobs.length > 0) this.#write({ jsonrpc: '2.0', method: JOBS, params: { jobs: this.#jobs } });
    for (const message of this.#pending.waiting()) this.#sendRequest(message);
  }

  /**
   * The daemon has gone: cancels its questions to the client, and answers the requests that cannot be repeated with an
   * error.
   */
  #endSession(): void {
    const { answers, jobs } = this.#pending.lost();
    const fields = { repeated: this.#pending.waiting().length, failed: answers.length, jobs: jobs.length };
    if (this.#state === 'serving')
      this.#parts.log.warning('the shared gateway ended; going on with another one', fields);
    this.#daemon = undefined;
    this.#state = 'coming';
    this.#jobs = jobs;
    this.#repeated.clear();
    this.#parts.input.resume();
    for (const requestId of this.#questions)
      this.#notifyClient({
        method: 'notifications/cancelled',
        params: { requestId, reason: 'the gateway that asked has ended' },
      });
    this.#questions.clear();
    for (const answer of answers) void this.#client.send(answer);
  }

  #fromClient(message: JsonObject): void {
    const { id, method, params } = message;
    if (isAnswer(message)) {
      if (this.#questions.delete(id)) this.#write(message);
      return;
    }
    if (id === undefined) {
      if (method === 'notifications/cancelled' && isJsonObject(params))
        this.#pending.answered(params.requestId as string);
      this.#handshake.observe(message);
      if (this.#state !== 'coming') this.#write(message);
      return;
    }
    this.#pending.take(message, id as string | number);
    this.#handshake.observe(message);
    if (this.#state === 'serving') this.#sendRequest(message);
  }

  #sendRequest(message: JsonObject): void {
    this.#pending.given(message.id as string | number);
    this.#write(message);
  }

  #write(message: JsonObject): void {
    if (this.#daemon?.write(`${writeJson(message)}\n`) === false) this.#parts.input.pause();
  }

  #fromDaemon(line: string): void {
    const { id, method } = messageHead(line);
    if (typeof method === 'string' && method.startsWith(METHOD_PREFIX)) {
      this.#handleNotification(method, JSON.parse(line).params);
      return;
    }
    if (method === undefined) {
      if (this.#repeated.delete(id)) return;
      this.#pending.answered(id as string | number);
    } else if (id !== undefined) this.#questions.add(id);
    this.#toClient.write(line);
  }

  #handleNotification(method: string, params: { readonly id: string | number; readonly jobId: string }): void {
    if (method === WELCOME) this.#startSession();
    else if (method === SENDING) this.#pending.sending(params.id);
    else if (method === BECAME_JOB) this.#pending.becameJob(params.id, params.jobId);
    else if (method === JOB_ENDED) this.#pending.jobEnded(params.jobId);
    else if (method === LEAVING) this.#state = 'leaving';
  }

  #notifyClient(message: JsonObject): void {
    void this.#client.send({ jsonrpc: '2.0', ...message });
  }
}

/** Matches the beginning of a message as the gateway writes it; `JSON.parse` reads a string id. */
const HEAD = /^\{"jsonrpc":"2\.0",(?:"id":("(?:[^"\\]|\\.)*"|-?\d+),)?"(?:(result|error)"|method":("(?:[^"\\]|\\.)*"))/;
const HEAD_CHARS = 1_024;

/**
 * The id and method of a message; an answer has no method. Only the first 1,024 characters of a line are read where the
 * gateway wrote it, so that long results are not parsed.
 */
export function messageHead(line: string): { readonly id?: unknown; readonly method?: unknown } {
  const [match, id, outcome, method] = HEAD.exec(line.slice(0, HEAD_CHARS)) ?? [];
  if (match === undefined) return JSON.parse(line) as JsonObject;
  return {
    ...(id !== undefined && { id: JSON.parse(id) as unknown }),
    ...(outcome === undefined && method !== undefined && { method: JSON.parse(method) as unknown }),
  };
}
