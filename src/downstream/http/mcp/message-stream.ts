import { parseMessage } from '../../../core/exact-json.ts';
import type { JsonObject } from '../../../core/json.ts';
import { messageText } from '../../protocol/message-text.ts';
import { EventStream } from './event-stream.ts';

/** What is kept of a stream for a client that comes back, in events and in characters; the oldest goes first. */
const MAX_KEPT_EVENTS = 1_000;
const MAX_KEPT_CHARS = 16 * 1024 * 1024;
/** How soon a client is to come back to a stream that broke, in ms. */
const RETRY_MS = 1_000;

interface Kept {
  readonly sequence: number;
  readonly data: string;
}

/** Messages to a client in the order in which they were sent, over one connection after the other (`Last-Event-ID`). */
export class MessageStream {
  readonly id: string;
  /** Nothing will be added any more. */
  isComplete = false;
  #sequence = 0;
  #kept: Kept[] = [];
  #chars = 0;
  #connection: EventStream | undefined;
  /** The last message that was written to a connection. */
  #written = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** Length of what is kept, in characters. */
  get keptChars(): number {
    return this.#chars;
  }

  /** Whether everything after that place is still kept. */
  reachesBackTo(sequence: number): boolean {
    return sequence >= (this.#kept[0]?.sequence ?? this.#sequence + 1) - 1;
  }

  /** Takes out the messages that no connection was there for. */
  takeUnwritten(): JsonObject[] {
    const unwritten = this.#kept.filter(({ sequence }) => sequence > this.#written);
    this.#kept = this.#kept.filter(({ sequence }) => sequence <= this.#written);
    this.#chars = this.#kept.reduce((sum, { data }) => sum + data.length, 0);
    return unwritten.map(({ data }) => parseMessage(data) as JsonObject);
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
    for (const { sequence, data } of this.#kept)
      if (sequence > after) connection.send({ id: this.#eventId(sequence), event: 'message', data });
    this.#written = this.#sequence;
    if (this.isComplete) connection.close();
    return connection;
  }

  send(message: JsonObject): void {
    const kept = { sequence: ++this.#sequence, data: messageText(message) };
    this.#keep(kept);
    if (!this.isConnected) return;
    this.#connection?.send({ id: this.#eventId(kept.sequence), event: 'message', data: kept.data });
    this.#written = kept.sequence;
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

  #keep(event: Kept): void {
    this.#kept.push(event);
    this.#chars += event.data.length;
    while (this.#kept.length > 1 && (this.#kept.length > MAX_KEPT_EVENTS || this.#chars > MAX_KEPT_CHARS))
      this.#chars -= this.#kept.shift()?.data.length ?? 0;
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
