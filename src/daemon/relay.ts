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
  OURS,
  SENDING,
  WELCOME,
} from '../downstream/local/messages.ts';
import { isAnswer } from '../downstream/protocol/json-rpc.ts';
import { StdioTransport } from '../downstream/stdio/stdio-transport.ts';
import { createLineSplitter, LineWriter } from '../platform/line-framing.ts';
import type { Logger } from '../platform/log.ts';
import { Introduction, Unanswered } from './session-replay.ts';

interface RelayParts {
  readonly input: Readable;
  readonly output: Writable;
  readonly hello: Omit<Hello, 'firstQuestionId'>;
  /** A connection to a daemon, which is started if there is none. Rejects when none comes up. */
  readonly reach: () => Promise<Socket>;
  readonly log: Logger;
}

/** Longest line that is taken from a daemon, in bytes: what it writes to clients is bounded already. */
const MAX_LINE_BYTES = 512 * 1024 * 1024;
/** Pause after a connection that nobody welcomed, in ms. */
const RETRY_MS = 20;
/** Questions that one daemon may ask before its ids are those of the next. */
const QUESTIONS = 1_000_000;

/**
 * One client and its daemon: relays what they say to each other. It keeps what has no answer yet, so that the client
 * notices nothing of it when a daemon dies and the next one takes its place.
 */
export class Relay {
  readonly #parts: RelayParts;
  readonly #client: StdioTransport;
  readonly #toClient: LineWriter;
  readonly #unanswered = new Unanswered();
  readonly #introduction = new Introduction();
  /** Requests that were repeated for a new daemon: the client has had their answers. */
  readonly #repeated = new Set<unknown>();
  /** Questions of the daemon that the client has not answered. */
  readonly #questions = new Set<unknown>();
  #daemon: Socket | undefined;
  /** Whether the daemon is there, and takes new requests. */
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

  /** Serves the client. Resolves when it has gone; rejects when there is no daemon to be had. */
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
      else this.#detached();
    }
  }

  /** Answers every request that waits with an error: there is no daemon to be had. */
  giveUp(reason: string): void {
    for (const { id } of this.#unanswered.waiting())
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

  /** The daemon is there: it is told what it has to know, and what waits. */
  #begin(): void {
    this.#state = 'serving';
    this.#daemons++;
    for (const message of this.#introduction.messages) {
      // What has no answer yet is repeated with the other requests.
      if (this.#unanswered.has(message.id)) continue;
      if (message.id !== undefined) this.#repeated.add(message.id);
      this.#write(message);
    }
    if (this.#jobs.length > 0) this.#write({ jsonrpc: '2.0', method: JOBS, params: { jobs: this.#jobs } });
    for (const message of this.#unanswered.waiting()) this.#give(message);
  }

  /** The daemon has gone: its questions are void, and what cannot be repeated fails. */
  #detached(): void {
    const { answers, jobs } = this.#unanswered.lost();
    const fields = { repeated: this.#unanswered.waiting().length, failed: answers.length, jobs: jobs.length };
    if (this.#state === 'serving')
      this.#parts.log.warning('the shared gateway ended; going on with another one', fields);
    this.#daemon = undefined;
    this.#state = 'coming';
    this.#jobs = jobs;
    this.#repeated.clear();
    this.#parts.input.resume();
    for (const requestId of this.#questions)
      this.#tell({
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
        this.#unanswered.answered(params.requestId as string);
      this.#introduction.observe(message);
      if (this.#state !== 'coming') this.#write(message);
      return;
    }
    this.#unanswered.take(message, id as string | number);
    this.#introduction.observe(message);
    if (this.#state === 'serving') this.#give(message);
  }

  #give(message: JsonObject): void {
    this.#unanswered.given(message.id as string | number);
    this.#write(message);
  }

  #write(message: JsonObject): void {
    if (this.#daemon?.write(`${writeJson(message)}\n`) === false) this.#parts.input.pause();
  }

  #fromDaemon(line: string): void {
    const { id, method } = messageHead(line);
    if (typeof method === 'string' && method.startsWith(OURS)) {
      this.#hear(method, JSON.parse(line).params);
      return;
    }
    if (method === undefined) {
      if (this.#repeated.delete(id)) return;
      this.#unanswered.answered(id as string | number);
    } else if (id !== undefined) this.#questions.add(id);
    this.#toClient.write(line);
  }

  #hear(method: string, params: { readonly id: string | number; readonly jobId: string }): void {
    if (method === WELCOME) this.#begin();
    else if (method === SENDING) this.#unanswered.sending(params.id);
    else if (method === BECAME_JOB) this.#unanswered.becameJob(params.id, params.jobId);
    else if (method === JOB_ENDED) this.#unanswered.jobEnded(params.jobId);
    else if (method === LEAVING) this.#state = 'leaving';
  }

  #tell(message: JsonObject): void {
    void this.#client.send({ jsonrpc: '2.0', ...message });
  }
}

/** The beginning of a message as the gateway writes it; that of a string id is read by `JSON.parse`. */
const HEAD = /^\{"jsonrpc":"2\.0",(?:"id":("(?:[^"\\]|\\.)*"|-?\d+),)?"(?:(result|error)"|method":("(?:[^"\\]|\\.)*"))/;
const HEAD_CHARS = 1_024;

/** What a line is: an answer has an id and no method. Long results are not parsed for it, as far as the gateway wrote them. */
export function messageHead(line: string): { readonly id?: unknown; readonly method?: unknown } {
  const [match, id, outcome, method] = HEAD.exec(line.slice(0, HEAD_CHARS)) ?? [];
  if (match === undefined) return JSON.parse(line) as JsonObject;
  return {
    ...(id !== undefined && { id: JSON.parse(id) as unknown }),
    ...(outcome === undefined && method !== undefined && { method: JSON.parse(method) as unknown }),
  };
}
