import type { Signal } from '../../core/abort.ts';
import { type BodyFilter, filterFor } from './body-filter.ts';
import { BodyReader } from './body-reader.ts';
import type { HttpAnswer, HttpRequest } from './http-answer.ts';
import type { Dispatcher } from './runtime.ts';

/** Headers that `fetch` adds to each request: some servers refuse a client without a name. */
const USUAL = { 'user-agent': 'node', 'accept-language': '*', 'accept-encoding': 'gzip, deflate' };

/** Bytes of a body that are kept until it is read; beyond them the connection is paused. */
const MAX_KEPT_BYTES = 64 * 1024;

/**
 * Sends a request by the `dispatch` of undici, the HTTP client behind Node's `fetch`. A redirect is an answer.
 *
 * `fetch` makes some forty objects of the web's streams and events for each request: a call over HTTP costs it 440 µs of
 * CPU, `dispatch` 45 µs. Connections, proxies and time limits are those of the dispatcher either way.
 */
export function dispatch(
  dispatcher: NonNullable<Dispatcher>,
  url: URL,
  { method, headers, body, signal }: HttpRequest,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const { origin, pathname, search } = url;
    const options = { origin, path: pathname + search, method, headers: { ...USUAL, ...headers }, body: body ?? null };
    dispatcher.dispatch(options, new DispatchedAnswer(signal, resolve, reject) as never);
  });
}

/** Header fields: name and value in turn (undici 6), or values by names in lower case (undici 7). */
type RawHeaders = readonly Buffer[] | Readonly<Record<string, string | readonly string[] | undefined>>;

/** What the handlers of undici 7 and later get first. */
interface Controller {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** An answer, and the handler by which undici fills it in: methods for both generations of undici's interface. */
class DispatchedAnswer implements HttpAnswer {
  status = 0;
  statusText = '';
  readonly #signal: Signal;
  readonly #onHead: (answer: HttpAnswer) => void;
  readonly #onFailure: (error: unknown) => void;
  #headers: RawHeaders = [];
  #filter: BodyFilter | undefined;
  /** Chunks that came before `read`. */
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #reader: BodyReader | undefined;
  /** Set when the answer has ended, failed (with the error), or was given up. */
  #end: { readonly error: unknown } | undefined;
  #abort: (reason: Error) => void = () => {};
  #resume = () => {};

  /** `onHead` is called when status and headers are there, or `onFailure` if they do not come. */
  constructor(signal: Signal, onHead: (answer: HttpAnswer) => void, onFailure: (error: unknown) => void) {
    this.#signal = signal;
    this.#onHead = onHead;
    this.#onFailure = onFailure;
    signal.addEventListener('abort', this.#giveUp, { once: true });
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  header(name: string): string | null {
    return headerIn(this.#headers, name);
  }

  async text(): Promise<string> {
    const parts: Uint8Array[] = [];
    await this.read((chunk) => void parts.push(chunk));
    const text = Buffer.concat(parts).toString();
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  }

  read(take: (chunk: Uint8Array) => void): Promise<void> {
    const reader = new BodyReader({
      encoding: this.header('content-encoding'),
      filter: this.#filter,
      take,
      onEnough: () => this.discard(),
      onDrain: () => this.#resume(),
    });
    this.#reader = reader;
    for (const chunk of this.#kept) reader.write(chunk);
    this.#kept = [];
    if (this.#end) reader.end(this.#end.error);
    else this.#resume();
    return reader.done;
  }

  discard(): void {
    this.#giveUpFor(undefined);
  }

  /** Called by undici 6, as are the next four; again if undici sends the request anew. */
  onConnect(abort: (reason: Error) => void): void {
    if (this.#end) abort(new Error('given up'));
    else this.#abort = abort;
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText: string): boolean {
    // A status of 1xx comes before the answer.
    if (status < 200 || this.#end) return true;
    this.status = status;
    this.statusText = statusText;
    this.#headers = headers;
    this.#resume = resume;
    this.#filter = filterFor(this);
    this.#onHead(this);
    return true;
  }

  onData(chunk: Uint8Array): boolean {
    if (this.#reader) return this.#reader.write(chunk);
    this.#kept.push(chunk);
    this.#keptBytes += chunk.byteLength;
    return this.#keptBytes < MAX_KEPT_BYTES;
  }

  onComplete(): void {
    this.#over(undefined);
  }

  onError(error: Error): void {
    this.#over(error);
  }

  /** Called by undici 7 and later, as are the next four. */
  onRequestStart(controller: Controller): void {
    this.onConnect((reason) => controller.abort(reason));
  }

  onResponseStart(controller: Controller, status: number, headers: RawHeaders, statusText = ''): void {
    this.onHeaders(status, headers, () => controller.resume(), statusText);
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    if (!this.onData(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.onComplete();
  }

  onResponseError(_: Controller, error: Error): void {
    this.onError(error);
  }

  readonly #giveUp = () => this.#giveUpFor(this.#signal.reason ?? new Error('given up'));

  /** Ends the exchange before the answer has ended. `error`: why; undefined: the rest is not wanted. */
  #giveUpFor(error: unknown): void {
    if (this.#end) return;
    this.#over(error);
    this.#abort(error instanceof Error ? error : new Error('given up'));
  }

  #over(error: unknown): void {
    if (this.#end) return;
    this.#end = { error };
    this.#signal.removeEventListener('abort', this.#giveUp);
    if (this.status === 0) this.#onFailure(error);
    this.#reader?.end(error);
  }
}

function headerIn(headers: RawHeaders, name: string): string | null {
  if (!Array.isArray(headers)) return joined((headers as Exclude<RawHeaders, readonly Buffer[]>)[name]);
  const values: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [own, value] = [headers[at], headers[at + 1]] as [Buffer, Buffer];
    if (own.length === name.length && own.toString('latin1').toLowerCase() === name) {
      values.push(value.toString('latin1'));
    }
  }
  return joined(values.length > 0 ? values : undefined);
}

function joined(value: string | readonly string[] | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : value.join(', ');
}
