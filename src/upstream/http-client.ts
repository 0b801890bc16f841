import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { withTimeout } from '../core/abort.ts';
import { causeOf } from '../core/errors.ts';
import type { HttpAnswer, HttpRequest } from '../platform/outbound/http-answer.ts';
import { HttpRefusal } from './connection-errors.ts';
import type { Authorization, SendRequest } from './login/authorization.ts';
import { LoginNeeded } from './login/login-needed.ts';

export interface HttpOptions {
  /** Headers of each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly send: SendRequest;
  /** Supplies the token of each request. Absent: requests have the headers only. */
  readonly authorization?: Authorization;
  /** Blanks the secrets of the entry in a text. */
  readonly redact: (text: string) => string;
}

/** Most bytes that are read of the body of a refusal, and longest time for it in ms. */
const MAX_REFUSAL_BYTES = 64 * 1024;
const REFUSAL_MS = 5_000;

const MAX_REDIRECTS = 5;

/**
 * HTTP requests to one server, with the headers of its entry and the token of its login. Redirects are followed within
 * its origin only.
 */
export class HttpRequests {
  readonly #options: HttpOptions;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#headers = headersOf(options.headers);
  }

  /** Resolves with a 2xx. Rejects with `HttpRefusal`, with `LoginNeeded`, or as `Outbound.send` does. */
  async send(url: URL, request: HttpRequest): Promise<HttpAnswer> {
    const { authorization } = this.#options;
    const answer = await this.#redirected(url, request);
    if (answer.status !== 401 || !authorization) return this.#accepted(url, answer);
    await authorization.onUnauthorized(answer).finally(() => answer.discard());
    const again = await this.#redirected(url, request);
    if (again.status !== 401) return this.#accepted(url, again);
    // The token was refused right after it had been renewed.
    again.discard();
    throw new LoginNeeded({});
  }

  #accepted(url: URL, answer: HttpAnswer): HttpAnswer | Promise<never> {
    return answer.ok ? answer : this.#refused(url, answer);
  }

  async #refused(url: URL, answer: HttpAnswer): Promise<never> {
    const stepUp = this.#options.authorization && (await stepUpIn(answer));
    const body = await textOf(answer);
    const redirect = redirectOf(url, answer);
    if (stepUp) throw stepUp;
    throw new HttpRefusal(answer, redirect ? notFollowed(redirect) : body, this.#options.redact);
  }

  async #redirected(url: URL, request: HttpRequest): Promise<HttpAnswer> {
    let at = url;
    for (let followed = 0; ; followed++) {
      const answer = await this.#send(at, request);
      const to = redirectOf(at, answer);
      const keepsMethod = request.method === 'GET' || answer.status === 307 || answer.status === 308;
      if (!to || !keepsMethod || followed === MAX_REDIRECTS || !isWithinOrigin(at, to)) return answer;
      answer.discard();
      at = to;
    }
  }

  async #send(url: URL, request: HttpRequest): Promise<HttpAnswer> {
    const { send, authorization } = this.#options;
    const token = await authorization?.token();
    const headers = {
      ...this.#headers,
      ...(token && { authorization: `Bearer ${token}` }),
      ...request.headers,
    };
    return send(url, { ...request, headers });
  }
}

/** The headers of an entry with their names in lower case. Values are trimmed, and those of one name joined, as by `Headers`. */
function headersOf(headers: HttpOptions['headers']): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const [key, text] = [name.toLowerCase(), value.trim()];
    all[key] = Object.hasOwn(all, key) ? `${all[key]}, ${text}` : text;
  }
  return all;
}

/**
 * Resolves with the beginning of a body as text. If it takes too long or breaks off, with the part that has arrived.
 */
export async function textOf(answer: HttpAnswer, maxBytes = MAX_REFUSAL_BYTES): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const take = (chunk: Uint8Array) => {
    if (size > maxBytes) return answer.discard();
    chunks.push(chunk);
    size += chunk.byteLength;
  };
  const reading = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => answer.discard());
    return answer.read(take);
  };
  await withTimeout(REFUSAL_MS, reading).catch(() => {});
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Returns the cause of a failed request in words. The message of `fetch` itself is "fetch failed" or "terminated". */
export function networkCause(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return causeOf(inner);
}

/**
 * Resolves with the login that a 403 demands if the server accepts our token but wants more scopes; else with
 * undefined.
 */
async function stepUpIn(answer: HttpAnswer): Promise<LoginNeeded | undefined> {
  if (answer.status !== 403 || !answer.header('www-authenticate')?.includes('insufficient_scope')) return;
  const { challengeIn } = await import('./login/www-authenticate.ts');
  return new LoginNeeded({ stepUp: true, ...challengeIn(answer) });
}

function redirectOf(url: URL, answer: HttpAnswer): URL | undefined {
  const location = answer.status >= 300 && answer.status < 400 && answer.header('location');
  return location && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
}

/** True for the same scheme, host and port, or the https form of them. A redirect may not set user or password. */
function isWithinOrigin(from: URL, to: URL): boolean {
  if ((to.username || to.password) && (to.username !== from.username || to.password !== from.password)) return false;
  if (from.origin === to.origin) return true;
  const isUpgrade = from.protocol === 'http:' && to.protocol === 'https:' && !from.port && !to.port;
  return isUpgrade && from.hostname === to.hostname;
}

function notFollowed(to: URL): string {
  return `the redirect to ${to.origin}${to.pathname} is not followed; use that URL in the configuration if it is the right server`;
}

/** Returns the media type of a body, without parameters. */
export function mediaType(answer: HttpAnswer): string {
  return (answer.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** True if an answer is an event stream. Letter case does not matter, and a proxy may name the type twice. */
export function isEventStream(answer: HttpAnswer): boolean {
  return answer.header('content-type')?.toLowerCase().includes('text/event-stream') === true;
}

/** True if a text looks like an event stream; its content type does not count. */
export function looksLikeEvents(text: string): boolean {
  return /^\uFEFF?(?:data|event|id|retry)?:/.test(text);
}

interface EventHandlers {
  readonly onEvent: (event: EventSourceMessage) => void;
  /** Called with the time in ms that the server wants clients to wait before they reopen a stream. */
  readonly onRetry?: (ms: number) => void;
}

/** Reads an event stream to its end. Rejects if it breaks off. */
export async function readEvents(answer: HttpAnswer, handlers: EventHandlers): Promise<void> {
  const parser = createParser(handlers);
  const decoder = new TextDecoder();
  await answer.read((chunk) => parser.feed(decoder.decode(chunk, { stream: true })));
  // Some servers end their stream without the empty line that ends an event.
  parser.feed('\n\n');
}

export function eventsIn(text: string, handlers: EventHandlers): void {
  createParser(handlers).feed(`${text}\n\n`);
}
