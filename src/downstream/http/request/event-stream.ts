import { BoundedMap } from '../../../core/bounded-map.ts';
import { parseMessage } from '../../../core/exact-json.ts';
import type { JsonObject } from '../../../core/json.ts';
import { messageText } from '../../protocol/json-rpc.ts';

/** One event of a stream of server-sent events. */
interface ServerEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
  /** Time in ms that the client should wait before it comes back. */
  readonly retryMs?: number;
}

/** Destination of the text of a stream: a socket or a `Response`. */
interface Sink {
  write(text: string): void;
  /** Bytes that the client has not read yet. */
  unread(): number;
  end(): void;
}

/** Silence, in ms, after which a comment is sent, so that proxies and clients do not take the stream for dead. */
const PING_MS = 15_000;
/** Maximum bytes that a client may leave unread before its stream is ended. It can come back for the rest. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

/** Headers of every stream of events. */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  // nginx would otherwise hold events back until its buffer is full.
  'x-accel-buffering': 'no',
};

/** Server-sent events to one client. They are collected until `pipe` gives a sink, then written at once. */
export class EventStream {
  readonly #onClose: () => void;
  readonly #ping: NodeJS.Timeout;
  #sink: Sink | undefined;
  #written = '';
  #isOpen = true;

  /** `onClose` is called once, when the client or the gateway has ended the stream. */
  constructor(onClose: () => void) {
    this.#onClose = onClose;
    this.#ping = setInterval(() => this.#write(': ping\n\n'), PING_MS).unref();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes of the stream that the client has not read yet. */
  get unread(): number {
    return this.#sink?.unread() ?? this.#written.length;
  }

  send({ id, event, data, retryMs }: ServerEvent): void {
    const head = `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}`;
    this.#write(`${head}${retryMs === undefined ? '' : `retry: ${retryMs}\n`}data: ${data}\n\n`);
    this.#ping.refresh();
  }

  /** Writes everything to `sink` from now on, beginning with the events sent so far. */
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

  /** Called when the client has gone: nothing more is written. */
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

/** Maximum events and characters of a stream kept for a client that comes back; the oldest go first. */
const MAX_KEPT_EVENTS = 1_000;
const MAX_KEPT_CHARS = 16 * 1024 * 1024;
/** Time in ms after which a client should come back to a broken stream. */
const RETRY_MS = 1_000;

/** Ordered messages to a client, over one connection after the other (`Last-Event-ID`). */
export class MessageStream {
  readonly id: string;
  /** True once the last message has been sent. */
  isComplete = false;
  #sequence = 0;
  /** The text of each message, by its place in the stream. */
  readonly #kept = new BoundedMap<number, string>({
    maxEntries: MAX_KEPT_EVENTS,
    size: { max: MAX_KEPT_CHARS, of: (data) => data.length },
  });
  #connection: EventStream | undefined;
  /** Number of the last message that was written to a connection. */
  #written = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** Characters of the messages kept. */
  get keptChars(): number {
    return this.#kept.totalSize;
  }

  /** True if all messages after that number are still kept. */
  reachesBackTo(sequence: number): boolean {
    const [oldest = this.#sequence + 1] = this.#kept.keys();
    return sequence >= oldest - 1;
  }

  /** Removes and returns the messages that were sent while no connection was open. */
  takeUnwritten(): JsonObject[] {
    const unwritten = [...this.#kept].filter(([sequence]) => sequence > this.#written);
    for (const [sequence] of unwritten) this.#kept.delete(sequence);
    return unwritten.map(([, data]) => parseMessage(data) as JsonObject);
  }

  get isConnected(): boolean {
    return this.#connection?.isOpen === true;
  }

  /**
   * Connects a client. It gets the messages after number `after`, then all that are sent from now on. `primes`: an event
   * without data tells its place at once, so that it can come back before any message was sent (2025-11-25).
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

  /** Ends the connection. Messages that were sent can still be asked for. */
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

/** The stream and the message number that an event id names; undefined if it is none of ours. */
export function placeOf(eventId: string): { readonly stream: string; readonly sequence: number } | undefined {
  const [, stream, sequence] = /^(\w+)\.(\d+)$/.exec(eventId) ?? [];
  return stream === undefined ? undefined : { stream, sequence: Number(sequence) };
}
