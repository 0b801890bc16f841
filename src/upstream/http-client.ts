import type { AuthProvider, FetchLike } from '@modelcontextprotocol/client';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { withTimeout } from '../core/abort.ts';
import { causeOf } from '../core/errors.ts';
import { HttpRefusal } from './connection-errors.ts';
import { LoginNeeded } from './login/login-needed.ts';

/** Supplies the token of each HTTP request, and sends them. */
export type Authorization = AuthProvider & { readonly fetch: FetchLike };

export interface HttpOptions {
  /** Headers of each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: Authorization['fetch'];
  /** Supplies the token of each request. Absent: requests have the headers only. */
  readonly authorization?: Authorization;
  /** Blanks the secrets of the entry in a text. */
  readonly redact: (text: string) => string;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
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
  readonly #server: URL;

  constructor(server: URL, options: HttpOptions) {
    this.#server = server;
    this.#options = options;
  }

  /** Resolves with a 2xx. Rejects with `HttpRefusal`, with `LoginNeeded`, or as `fetch` does. */
  async send(url: URL, request: HttpRequest): Promise<Response> {
    const { authorization } = this.#options;
    const response = await this.#redirected(url, request);
    if (response.status !== 401 || !authorization?.onUnauthorized) return this.#accepted(url, response);
    const context = { response, serverUrl: this.#server, fetchFn: this.#options.fetch };
    await authorization.onUnauthorized(context).finally(() => discard(response));
    const again = await this.#redirected(url, request);
    if (again.status !== 401) return this.#accepted(url, again);
    // The token was refused right after it had been renewed.
    discard(again);
    throw new LoginNeeded({});
  }

  async #accepted(url: URL, response: Response): Promise<Response> {
    if (response.ok) return response;
    const stepUp = this.#options.authorization && (await stepUpIn(response));
    const body = await textOf(response);
    const redirect = redirectOf(url, response);
    if (stepUp) throw stepUp;
    throw new HttpRefusal(response, redirect ? notFollowed(redirect) : body, this.#options.redact);
  }

  async #redirected(url: URL, request: HttpRequest): Promise<Response> {
    let at = url;
    for (let followed = 0; ; followed++) {
      const response = await this.#fetch(at, request);
      const to = redirectOf(at, response);
      const keepsMethod = request.method === 'GET' || response.status === 307 || response.status === 308;
      if (!to || !keepsMethod || followed === MAX_REDIRECTS || !isWithinOrigin(at, to)) return response;
      discard(response);
      at = to;
    }
  }

  async #fetch(url: URL, { method, headers, body, signal }: HttpRequest): Promise<Response> {
    const all = new Headers(this.#options.headers);
    const token = await this.#options.authorization?.token();
    if (token) all.set('authorization', `Bearer ${token}`);
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    return this.#options.fetch(url, { method, headers: all, body, signal, redirect: 'manual' });
  }
}

/** Cancels the body of a response, so that its connection is free for other requests or closed. */
export function discard(response: Response): void {
  void response.body?.cancel().catch(() => {});
}

/**
 * Resolves with the beginning of a body as text. If it takes too long or breaks off, with the part that has arrived.
 */
export async function textOf(response: Response, maxBytes = MAX_REFUSAL_BYTES): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  await withTimeout(REFUSAL_MS, async (signal) => {
    signal.addEventListener('abort', () => void reader?.cancel().catch(() => {}));
    for (;;) {
      const { value } = (await reader?.read()) ?? {};
      if (!value || size > maxBytes) break;
      chunks.push(value);
      size += value.byteLength;
    }
  }).catch(() => {});
  void reader?.cancel().catch(() => {});
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Returns the cause of a failed `fetch` in words. Its own message is "fetch failed" or "terminated". */
export function networkCause(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return causeOf(inner);
}

/**
 * Resolves with the login that a 403 demands if the server accepts our token but wants more scopes; else with
 * undefined.
 */
async function stepUpIn(response: Response): Promise<LoginNeeded | undefined> {
  if (response.status !== 403 || !response.headers.get('www-authenticate')?.includes('insufficient_scope')) return;
  const { extractWWWAuthenticateParams } = await import('@modelcontextprotocol/client');
  const { scope, resourceMetadataUrl } = extractWWWAuthenticateParams(response);
  return new LoginNeeded({
    stepUp: true,
    ...(scope && { scope }),
    ...(resourceMetadataUrl && { resourceMetadataUrl }),
  });
}

function redirectOf(url: URL, response: Response): URL | undefined {
  const location = response.status >= 300 && response.status < 400 && response.headers.get('location');
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
export function mediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** True if a response is an event stream. Letter case does not matter, and a proxy may name the type twice. */
export function isEventStream(response: Response): boolean {
  return response.headers.get('content-type')?.toLowerCase().includes('text/event-stream') === true;
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
export async function readEvents(body: ReadableStream<Uint8Array> | null, handlers: EventHandlers): Promise<void> {
  const parser = createParser(handlers);
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
  // Some servers end their stream without the empty line that ends an event.
  parser.feed('\n\n');
}

export function eventsIn(text: string, handlers: EventHandlers): void {
  createParser(handlers).feed(`${text}\n\n`);
}
