import type { Readable, Writable } from 'node:stream';
import { parseMessage, writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { beyondBounds, idIn } from '../../core/json-bounds.ts';
import { createLineSplitter, LineWriter } from '../../platform/line-framing.ts';
import { Batches, batchRefusal, messageProblem, messageText, normalizeMessage } from '../protocol/json-rpc.ts';

/** Longest line taken from a client, in bytes. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Characters of lines held for a client that does not read; beyond that its input is paused. */
const MAX_HELD_CHARS = 1024 * 1024;

const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

/** The longest line that the client takes. */
export interface LineLimit {
  readonly bytes: number;
  /**
   * Returns the message to write instead of a longer one, of that many bytes; undefined: there is none, and sending
   * fails.
   */
  readonly instead: (message: JsonObject, bytes: number) => JsonObject | undefined;
}

/**
 * JSON-RPC lines from and to one client. It replaces the SDK's transport, which is silent on bad lines and slow on long
 * ones, and it must not buffer answers for a client that stops reading: the lines of such a client are held, up to a
 * bound, so that its end is noticed all the same; beyond that its input is paused.
 */
export class StdioTransport {
  onmessage?: (message: JsonObject) => void;
  onclose?: () => void;
  /** Absent: the client takes lines of any length. */
  limit?: LineLimit;

  readonly #input: Readable;
  readonly #output: Writable;
  readonly #lines: LineWriter;
  /** Lines that wait until the client reads again. */
  #held: string[] = [];
  #heldChars = 0;
  #closed = false;
  readonly #batches = new Batches();

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
    this.#lines = new LineWriter(output);
  }

  async start(): Promise<void> {
    const split = createLineSplitter({
      maxBytes: MAX_LINE_BYTES,
      onLine: (line) => this.#receive(line),
      onOverflow: () => this.#refuse(INVALID_REQUEST, `Line longer than ${MAX_LINE_BYTES} bytes`),
    });
    this.#input.on('data', split);
    for (const event of ['end', 'close', 'error']) this.#input.on(event, () => this.#end());
    for (const event of ['close', 'error']) this.#output.on(event, () => this.#end());
    this.#output.on('drain', () => this.#takeHeld());
  }

  #receive(line: string): void {
    if (this.#closed) return;
    if (this.#output.writableNeedDrain) this.#hold(line);
    else this.#handle(line);
  }

  #hold(line: string): void {
    this.#held.push(line);
    this.#heldChars += line.length;
    if (this.#heldChars > MAX_HELD_CHARS) this.#input.pause();
  }

  #takeHeld(): void {
    const lines = this.#held;
    this.#held = [];
    this.#heldChars = 0;
    // The answers to these lines may fill the pipe again: then the other lines are held once more.
    for (const line of lines) this.#receive(line);
    if (this.#heldChars <= MAX_HELD_CHARS) this.#input.resume();
  }

  #handle(line: string): void {
    const beyond = beyondBounds(line);
    if (beyond) {
      this.#refuse(PARSE_ERROR, `Parse error: ${beyond}`, idIn(line));
      return;
    }
    let message: unknown;
    try {
      message = parseMessage(line);
    } catch {
      this.#refuse(PARSE_ERROR, 'Parse error: the line is not JSON');
      return;
    }
    if (Array.isArray(message)) {
      this.#deliverAll(message);
      return;
    }
    if (isJsonObject(message)) this.#batches.observe(message);
    this.#deliver(message);
  }

  /** Each request in a batch is answered on its own line. */
  #deliverAll(batch: readonly unknown[]): void {
    const problem = this.#batches.problem(batch.length);
    const error = { code: INVALID_REQUEST, message: `Invalid request: ${problem}` };
    if (problem) for (const refusal of batchRefusal(batch, error)) this.#write(refusal);
    else for (const each of batch) this.#deliver(each);
  }

  #deliver(message: unknown): void {
    const problem = messageProblem(message);
    if (problem) {
      this.#refuse(INVALID_REQUEST, `Invalid request: ${problem}`, isJsonObject(message) ? message.id : null);
      return;
    }
    // `messageProblem` has found that it is an object.
    this.onmessage?.(normalizeMessage(message as JsonObject));
  }

  #refuse(code: number, message: string, id: unknown = null): void {
    const known = typeof id === 'string' || typeof id === 'number' ? id : null;
    this.#write({ jsonrpc: '2.0', id: known, error: { code, message } });
  }

  async send(message: JsonObject): Promise<void> {
    this.#write(message);
  }

  #write(message: JsonObject): void {
    if (this.#closed) return;
    const line = messageText(message);
    this.#lines.write(this.limit ? fitLine(this.limit, line, message) : line);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onclose?.();
  }

  async close(): Promise<void> {
    this.#input.pause();
    this.#end();
  }
}

/** The line, or its replacement where the client could not take it. Throws where there is none. */
function fitLine(limit: LineLimit, line: string, message: JsonObject): string {
  // A character takes one to three bytes of UTF-8: short lines need no counting.
  const bytes = line.length * 3 > limit.bytes ? Buffer.byteLength(line) : 0;
  if (bytes <= limit.bytes) return line;
  const other = limit.instead(message, bytes);
  if (other === undefined) throw new Error(`a message of ${bytes} bytes is more than the client takes in one line`);
  return writeJson(other);
}
