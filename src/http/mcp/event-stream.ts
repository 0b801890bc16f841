/** One event of a stream of server-sent events. */
export interface ServerEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
  /** How long the client is to wait before it comes back, in ms. */
  readonly retryMs?: number;
}

/** Silence after which a comment is sent, in ms, so that proxies and clients do not take the stream for dead. */
const PING_MS = 15_000;
/** What a client may leave unread, in bytes, before its stream is ended: it can come back for the rest. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  // nginx would otherwise hold events back until its buffer is full.
  'x-accel-buffering': 'no',
};

const encoder = new TextEncoder();

/** A response of server-sent events that is being written. */
export class EventStream {
  readonly response: Response;
  readonly #onClose: () => void;
  readonly #ping: NodeJS.Timeout;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  /** `onClose` is called once, when the client or we have ended it. */
  constructor(onClose: () => void, headers: Readonly<Record<string, string>> = {}) {
    this.#onClose = onClose;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => this.#end(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }),
    );
    this.response = new Response(body, { headers: { ...HEADERS, ...headers } });
    this.#ping = setInterval(() => this.#write(': ping\n\n'), PING_MS).unref();
  }

  get isOpen(): boolean {
    return this.#controller !== undefined;
  }

  send({ id, event, data, retryMs }: ServerEvent): void {
    const head = `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}`;
    this.#write(`${head}${retryMs === undefined ? '' : `retry: ${retryMs}\n`}data: ${data}\n\n`);
    this.#ping.refresh();
  }

  close(): void {
    const controller = this.#controller;
    this.#end();
    controller?.close();
  }

  #write(text: string): void {
    const controller = this.#controller;
    if (!controller) return;
    controller.enqueue(encoder.encode(text));
    if ((controller.desiredSize ?? 0) < 0) this.close();
  }

  #end(): void {
    if (!this.#controller) return;
    this.#controller = undefined;
    clearInterval(this.#ping);
    this.#onClose();
  }
}
