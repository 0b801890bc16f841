/** One event of a stream of server-sent events. */
export interface ServerEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
  /** How long the client is to wait before it comes back, in ms. */
  readonly retryMs?: number;
}

/** Where the text of a stream goes. */
export interface Sink {
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
