import type { Readable, Writable } from 'node:stream';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { envelopeVersion } from './envelope.ts';
import { greeting, greetingProblem } from './greeting.ts';
import { type LineLimit, StdioTransport } from './stdio-transport.ts';

/** Takes over from the desk. */
export interface Successor {
  readonly limit: LineLimit;
  /** Receives each message of the client; `greeted` when it was an `initialize` that has its answer. */
  receive(message: JsonObject, greeted: boolean): void;
  onClose(): void;
}

/**
 * The first that a client meets: answers `initialize` at once, and keeps what else comes until the gateway is there to
 * take over. A host measures a server by this answer, and what makes up a gateway takes longer to load (25 ms) than all
 * that the answer needs.
 */
export class FrontDesk {
  readonly #transport: StdioTransport;
  readonly #instructions: string | undefined;
  #waiting: { message: JsonObject; greeted: boolean }[] = [];
  #successor: Successor | undefined;
  #closed = false;

  /** Without `instructions` it only keeps what comes. */
  constructor(input: Readable, output: Writable, instructions?: string) {
    this.#instructions = instructions;
    this.#transport = new StdioTransport(input, output);
    this.#transport.onmessage = (message) => this.#receive(message);
    this.#transport.onclose = () => {
      this.#closed = true;
      this.#successor?.onClose();
    };
    void this.#transport.start();
  }

  /** From now on everything goes to `successor`, beginning with what has come so far. */
  handOver(successor: Successor): void {
    this.#successor = successor;
    this.#transport.limit = successor.limit;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { message, greeted } of waiting) successor.receive(message, greeted);
    if (this.#closed) successor.onClose();
  }

  /** Rejects when the client could not take the message. */
  send(message: JsonObject): Promise<void> {
    return this.#transport.send(message);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #receive(message: JsonObject): void {
    if (this.#successor) this.#successor.receive(message, false);
    else this.#waiting.push({ message, greeted: this.#greet(message) });
  }

  #greet(message: JsonObject): boolean {
    const { id, method, params } = message;
    if (this.#instructions === undefined || method !== 'initialize' || id === undefined) return false;
    // What is not plain is left to the successor.
    if (envelopeVersion(message) !== undefined || !isJsonObject(params) || greetingProblem(params)) return false;
    void this.send({ jsonrpc: '2.0', id, result: greeting(params, this.#instructions) });
    return true;
  }
}
