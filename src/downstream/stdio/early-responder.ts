import type { Readable, Writable } from 'node:stream';
import { setImmediate as immediate } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { envelopeVersion, initializeProblem, initializeResult } from '../protocol/negotiation.ts';
import { type LineLimit, StdioTransport } from './stdio-transport.ts';

/** Takes over from the early responder. */
export interface Successor {
  readonly limit: LineLimit;
  /** Receives each message of the client. `answered`: the early responder has answered it; absent: false. */
  readonly receive: (message: JsonObject, answered?: boolean) => void;
  /** Called when the client has gone. */
  readonly onClose: () => void;
}

/** What a client is told before the gateway is loaded. */
export interface Introduction {
  readonly instructions: string;
  /** Returns the members of `tools/list`. Called for a client that asks, because their schemas are costly to make. */
  readonly tools: () => readonly JsonObject[];
}

/**
 * Answers `initialize` and `tools/list` at once, and queues all other messages until the gateway takes over. A host
 * waits for these two answers, and loading the gateway takes longer (25 ms) than all that they need.
 */
export class EarlyResponder {
  /** Resolves when `initialize` has been answered here. */
  readonly greeted: Promise<void>;

  readonly #transport: StdioTransport;
  readonly #introduction: Introduction | undefined;
  #waiting: { message: JsonObject; answered: boolean }[] = [];
  #successor: Successor | undefined;
  #closed = false;
  #hasGreeted = false;
  #markGreeted: () => void = () => {};

  /** Without an introduction it answers nothing and only queues. */
  constructor(input: Readable, output: Writable, introduction?: Introduction) {
    this.#introduction = introduction;
    this.greeted = new Promise((resolve) => {
      this.#markGreeted = resolve;
    });
    this.#transport = new StdioTransport(input, output);
    this.#transport.onmessage = (message) => {
      this.#waiting.push({ message, answered: this.#answerEarly(message) });
    };
    this.#transport.onclose = () => {
      this.#closed = true;
      this.#successor?.onClose();
    };
    void this.#transport.start();
  }

  /**
   * Resolves when `initialize` has been answered, or was not there yet: what a client has sent before we were there is
   * read within two turns of the event loop.
   */
  async heard(): Promise<void> {
    await Promise.race([this.greeted, immediate().then(() => immediate())]);
  }

  /** Passes all messages to `successor` from now on, beginning with the queued ones. */
  handOver(successor: Successor): void {
    this.#successor = successor;
    this.#transport.limit = successor.limit;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { message, answered } of waiting) successor.receive(message, answered);
    this.#transport.onmessage = successor.receive;
    if (this.#closed) successor.onClose();
  }

  /** Rejects when the client could not take the message. */
  send(message: JsonObject): Promise<void> {
    return this.#transport.send(message);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #answerEarly(message: JsonObject): boolean {
    const { id, method, params } = message;
    // Notifications and messages of 2026-07-28 are left to the successor.
    if (this.#introduction === undefined || id === undefined || envelopeVersion(message) !== undefined) return false;
    if (method === 'tools/list' && this.#hasGreeted) return this.#answer(id, { tools: this.#introduction.tools() });
    if (method !== 'initialize' || !isJsonObject(params) || initializeProblem(params)) return false;
    this.#hasGreeted = true;
    this.#markGreeted();
    return this.#answer(id, initializeResult(params, this.#introduction.instructions));
  }

  #answer(id: unknown, result: JsonObject): true {
    void this.send({ jsonrpc: '2.0', id, result });
    return true;
  }
}
