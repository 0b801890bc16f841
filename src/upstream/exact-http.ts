import type { FetchLike, JSONRPCMessage, Transport, TransportSendOptions } from '@modelcontextprotocol/client';
import { fromMarks, mayChange, parseMessage, withMarks } from '../core/exact-json.ts';
import { isJsonObject } from '../core/json.ts';
import { unmarked } from '../core/number-marks.ts';

type SdkTransport = Transport & { readonly terminateSession?: () => Promise<void> };

/**
 * A transport of the SDK through which numbers pass as they were written. It parses and writes JSON itself, so they go
 * through it as marked strings: put in here and taken out by the fetch on the way to the server, the other way on the way back.
 */
export class ExactHttpTransport implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #inner: SdkTransport;

  /** `open` makes the transport, with the fetch that it is to use. */
  constructor(fetch: FetchLike, open: (fetch: FetchLike) => SdkTransport) {
    this.#inner = open(exactFetch(fetch));
    this.#inner.onmessage = (message, extra) => this.onmessage?.(fromMarks(message) as typeof message, extra);
    this.#inner.onclose = () => this.onclose?.();
    this.#inner.onerror = (error) => this.onerror?.(error);
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  get hasPerRequestStream(): boolean {
    return this.#inner.hasPerRequestStream === true;
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    return this.#inner.send(withMarks(message), options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async terminateSession(): Promise<void> {
    await this.#inner.terminateSession?.();
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version);
  }

  setSupportedProtocolVersions(versions: string[]): void {
    this.#inner.setSupportedProtocolVersions?.(versions);
  }
}

function exactFetch(fetch: FetchLike): FetchLike {
  return async (url, init) => {
    const isText = typeof init?.body === 'string';
    const response = await fetch(url, isText ? { ...init, body: unmarked(init.body as string) } : init);
    const type = response.headers.get('content-type') ?? '';
    if (/^application\/json\b/i.test(type)) {
      const json = async () => withMarks(parseMessage(await response.text()));
      return Object.defineProperty(response, 'json', { value: json });
    }
    if (!response.body || !response.ok || !/^text\/event-stream\b/i.test(type)) return response;
    return Object.defineProperty(response, 'body', { value: response.body.pipeThrough(markedEvents()) });
  };
}

/** Ends of events; a stream may use any of them. */
const EVENT_ENDS = ['\n\n', '\n\r\n', '\r\r'];
const LONGEST_END = 3;

/** Server-sent events whose JSON has marks. They go on whole, as they are read whole. */
function markedEvents(): TransformStream<Uint8Array, Uint8Array> {
  let held: Buffer[] = [];
  let tail = Buffer.alloc(0);
  return new TransformStream({
    transform(chunk, controller) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const read = Buffer.concat([tail, bytes]);
      const end = endOfLastEvent(read) - tail.length;
      tail = read.subarray(-(LONGEST_END - 1));
      if (end <= 0) {
        held.push(bytes);
        return;
      }
      controller.enqueue(withMarkedData(Buffer.concat([...held, bytes.subarray(0, end)])));
      held = end < bytes.length ? [bytes.subarray(end)] : [];
    },
    flush(controller) {
      if (held.length > 0) controller.enqueue(Buffer.concat(held));
    },
  });
}

function endOfLastEvent(bytes: Buffer): number {
  return Math.max(...EVENT_ENDS.map((end) => bytes.lastIndexOf(end) + (bytes.includes(end) ? end.length : 0)));
}

function withMarkedData(events: Buffer): Uint8Array {
  // As Latin 1 every byte is a character: quick to make, and what is no data stays as it is.
  const text = events.toString('latin1');
  if (!mayChange(text)) return events;
  const parts = text.split(/(\r?\n\r?\n|\r\r)/);
  return Buffer.from(parts.map((part) => (part.trim() === '' ? part : markedEvent(part))).join(''), 'latin1');
}

function markedEvent(event: string): string {
  const lines = event.split(/\r\n|\n|\r/);
  const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice('data:'.length));
  const message = messageIn(Buffer.from(data.join('\n'), 'latin1').toString());
  const marked = withMarks(message);
  if (!isJsonObject(message) || marked === message) return event;
  const others = lines.filter((line) => !line.startsWith('data:'));
  return [...others, `data: ${Buffer.from(JSON.stringify(marked)).toString('latin1')}`].join('\n');
}

function messageIn(text: string): unknown {
  try {
    return parseMessage(text);
  } catch {
    return undefined;
  }
}
