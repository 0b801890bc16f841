import { BoundedMap } from '../../../core/bounded-map.ts';
import { parseMessage } from '../../../core/exact-json.ts';
import type { JsonObject } from '../../../core/json.ts';
import { messageText } from '../../protocol/json-rpc.ts';

/** One event of a stream of server-sent events. */
interface ServerEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
  /** How long the client is to wait before it comes back, in ms. */
  readonly retryMs?: number;
}

/** Where the text of a stream goes. */
interface Sink {
  write(text: string): void;
  /** How much the client has left unread, in bytes. */
  unread(): number;
  end(): void;
}

/** Silence after which a comment is sent, in ms, so that proxies and clients do not take the stream for dead. */
const PING_MS = 15_000;
/** What a client may leave unread, in bytes, before its stream is ended: it can come back for the rest. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

/** Headers of such a stream. */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  // nginx would otherwise hold events back until its buffer is full.
  'x-accel-buffering': 'no',
};

/** Server-sent events on their way to one client: written down until there is a sink, then as they come. */
export class EventStream {
  readonly #onClose: () => void;
  readonly #ping: NodeJS.Timeout;
  #sink: Sink | undefined;
  #written = '';
  #isOpen = true;

  /** `onClose` is called once, when the client or we have ended it. */
  constructor(onClose: () => void) {
    this.#onClose = onClose;
    this.#ping = setInterval(() => this.#write(': ping\n\n'), PING_MS).unref();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What the client has not read of it, in bytes. */
  get unread(): number {
    return this.#sink?.unread() ?? this.#written.length;
  }

  send({ id, event, data, retryMs }: ServerEvent): void {
    const head = `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}`;
    this.#write(`${head}${retryMs === undefined ? '' : `retry: ${retryMs}\n`}data: ${data}\n\n`);
    this.#ping.refresh();
  }

  /** From now on everything goes to that sink, beginning with what was sent so far. */
  pipe(sink: Sink): void {
    this.#sink = sink;
    if (this.#written !== '') sink.write(this.#written);
    this.#written = '';
    if (!this.#isOpen) sink.end();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.gone();
    this.#sink?.end();
  }

  /** The client has gone. */
  gone(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#ping);
    this.#onClose();
  }

  #write(text: string): void {
    if (!this.#isOpen) return;
    if (!this.#sink) this.#written += text;
    else this.#sink.write(text);
    if (this.#sink && this.unread > MAX_UNREAD_BYTES) this.close();
  }
}

/** What is kept of a stream for a client that comes back, in events and in characters; the oldest goes first. */
const MAX_KEPT_EVENTS = 1_000;
const MAX_KEPT_CHARS = 16 * 1024 * 1024;
/** How soon a client is to come back to a stream that broke, in ms. */
const RETRY_MS = 1_000;

/** Messages to a client in the order in which they were sent, over one connection after the other (`Last-Event-ID`). */
export class MessageStream {
  readonly id: string;
  /** Nothing will be added any more. */
  isComplete = false;
  #sequence = 0;
  /** The text of each message, by its place in the stream. */
  readonly #kept = new BoundedMap<number, string>({
    maxEntries: MAX_KEPT_EVENTS,
    size: { max: MAX_KEPT_CHARS, of: (data) => data.length },
  });
  #connection: EventStream | undefined;
  /** The last message that was written to a connection. */
  #written = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** Length of what is kept, in characters. */
  get keptChars(): number {
    return this.#kept.totalSize;
  }

  /** Whether everything after that place is still kept. */
  reachesBackTo(sequence: number): boolean {
    const [oldest = this.#sequence + 1] = this.#kept.keys();
    return sequence >= oldest - 1;
  }

  /** Takes out the messages that no connection was there for. */
  takeUnwritten(): JsonObject[] {
    const unwritten = [...this.#kept].filter(([sequence]) => sequence > this.#written);
    for (const [sequence] of unwritten) this.#kept.delete(sequence);
    return unwritten.map(([, data]) => parseMessage(data) as JsonObject);
  }

  get isConnected(): boolean {
    return this.#connection?.isOpen === true;
  }

  /**
   * Connects a client: it gets what was sent after `after`, then what is sent from now on. `primes`: it is told at once
   * where it stands, so that it can come back although nothing was sent yet (2025-11-25).
   */
  connect(options: { readonly after?: number; readonly primes: boolean; readonly onClose: () => void }): EventStream {
    this.#connection?.close();
    const connection = new EventStream(options.onClose);
    this.#connection = connection;
    if (options.after === undefined && options.primes)
      connection.send({ id: this.#eventId(this.#sequence), data: '', retryMs: RETRY_MS });
    const after = options.after ?? -1;
    for (const [sequence, data] of this.#kept)
      if (sequence > after) connection.send({ id: this.#eventId(sequence), event: 'message', data });
    this.#written = this.#sequence;
    if (this.isComplete) connection.close();
    return connection;
  }

  send(message: JsonObject): void {
    const data = messageText(message);
    this.#kept.set(++this.#sequence, data);
    if (!this.isConnected) return;
    this.#connection?.send({ id: this.#eventId(this.#sequence), event: 'message', data });
    this.#written = this.#sequence;
  }

  /** Nothing more will come: the connection ends; what was sent can still be asked for. */
  complete(): void {
    this.isComplete = true;
    this.disconnect();
  }

  disconnect(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #eventId(sequence: number): string {
    return `${this.id}.${sequence}`;
  }
}

/** The stream and the place in it that an event id names; undefined when it is none of ours. */
export function placeOf(eventId: string): { readonly stream: string; readonly sequence: number } | undefined {
  const [, stream, sequence] = /^(\w+)\.(\d+)$/.exec(eventId) ?? [];
  return stream === undefined ? undefined : { stream, sequence: Number(sequence) };
}
