import { EventEmitter, once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { onLines } from '../system/lines.ts';

/** Any JSON-RPC message. */
export type Message = JsonObject & {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: JsonObject;
  readonly result?: JsonObject;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
};

/** A JSON-RPC peer that sends any line and keeps every message it receives, in order. */
export class RawPeer {
  /** Everything received so far, in wire order. */
  readonly messages: Message[] = [];
  /** Every line received that is not a JSON-RPC message. */
  readonly impure: string[] = [];
  readonly #arrivals = new EventEmitter().setMaxListeners(0);
  readonly #input: Writable;
  #lastId = 0;

  constructor(input: Writable, output: Readable) {
    this.#input = input;
    // A process that has died refuses what is written to it; the test sees that by its exit.
    input.on('error', () => {});
    onLines(output, (line) => this.#receive(line));
    output.on('close', () => this.#arrivals.emit('closed'));
  }

  /** Sends a string as the line it is, and an object as JSON-RPC. */
  send(line: string | JsonObject): void {
    this.#input.write(`${typeof line === 'string' ? line : JSON.stringify({ jsonrpc: '2.0', ...line })}\n`);
  }

  notify(method: string, params?: JsonObject): void {
    this.send({ method, ...(params && { params }) });
  }

  /** The response to a request: its whole message, `result` or `error`. */
  request(method: string, params?: JsonObject): Promise<Message> {
    return this.start(method, params).response;
  }

  /** Like `request`, with the id, for tests that cancel. */
  start(method: string, params?: JsonObject): { id: number; response: Promise<Message> } {
    const id = ++this.#lastId;
    const response = this.waitFor((message) => message.id === id && message.method === undefined);
    this.send({ id, method, ...(params && { params }) });
    return { id, response };
  }

  /** The first message, received already or yet to come, that fits. Rejects when the stream ends before. */
  async waitFor(fits: (message: Message) => boolean): Promise<Message> {
    for (let index = 0; ; index++) {
      while (index >= this.messages.length) await this.#arrival();
      const message = this.messages[index] as Message;
      if (fits(message)) return message;
    }
  }

  /** Calls back for every message from now on, in wire order. */
  onMessage(listener: (message: Message) => void): void {
    this.#arrivals.on('message', listener);
  }

  onClosed(listener: () => void): void {
    this.#arrivals.once('closed', listener);
  }

  async #arrival(): Promise<void> {
    const settled = new AbortController();
    const closed = once(this.#arrivals, 'closed', { signal: settled.signal }).then(() => {
      throw new Error(`The peer closed its output. Received: ${JSON.stringify(this.messages).slice(0, 2_000)}`);
    });
    closed.catch(() => {});
    try {
      await Promise.race([once(this.#arrivals, 'message', { signal: settled.signal }), closed]);
    } finally {
      settled.abort();
    }
  }

  #receive(line: string): void {
    const message = parse(line);
    if (!message) return void this.impure.push(line);
    this.messages.push(message);
    this.#arrivals.emit('message', message);
  }
}

function parse(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const valid = isJsonObject(value) && value.jsonrpc === '2.0' && ('method' in value || 'id' in value);
    return valid ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}
