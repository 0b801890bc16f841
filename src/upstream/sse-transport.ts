import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { writeJson } from '../core/exact-json.ts';
import { excerpt, HttpRefusal, UnusableStream } from './connection-errors.ts';
import { type HttpOptions, HttpRequests, isEventStream, networkCause, readEvents, textOf } from './http-client.ts';
import { idOfRequest, isMessageEvent, received } from './received.ts';
import { requestId } from './server-message.ts';

/**
 * A server behind HTTP+SSE, the transport before Streamable HTTP: one stream for its messages, and an endpoint for
 * ours.
 */
export class SseTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;

  readonly #url: URL;
  readonly #redact: (text: string) => string;
  readonly #requests: HttpRequests;
  readonly #over = new AbortController();
  #endpoint: URL | undefined;
  #version: string | undefined;

  constructor(url: URL, options: HttpOptions) {
    this.#url = url;
    this.#redact = options.redact;
    this.#requests = new HttpRequests(options);
  }

  setProtocolVersion(version: string): void {
    this.#version = version;
  }

  /** Resolves when the server has named its endpoint. Rejects if it does not. */
  async start(): Promise<void> {
    const headers = { accept: 'text/event-stream' };
    const answer = await this.#requests.send(this.#url, { method: 'GET', headers, signal: this.#over.signal });
    if (!isEventStream(answer)) {
      const said = excerpt(await textOf(answer), this.#redact);
      throw new Error(`the server answered without an event stream${said && `: ${said}`}`);
    }
    await new Promise<void>((resolve, reject) => {
      const end = (cause: string) => {
        reject(new UnusableStream(`${cause} before the server had named its endpoint`));
        if (!this.#over.signal.aborted) this.onerror?.(new Error(cause));
      };
      readEvents(answer, {
        onEvent: ({ event, data }) => {
          if (event !== 'endpoint') return this.#receive(data, event);
          try {
            this.#endpoint = endpointIn(data, this.#url);
            resolve();
          } catch (error) {
            reject(error);
          }
        },
      }).then(
        () => end('the event stream ended'),
        (error: unknown) => end(`the event stream broke off: ${networkCause(error)}`),
      );
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const endpoint = this.#endpoint;
    if (!endpoint) throw new Error('the server has not named its endpoint');
    try {
      const answer = await this.#requests.send(endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(this.#version && { 'mcp-protocol-version': this.#version }),
        },
        body: writeJson(message),
        signal: this.#over.signal,
      });
      await textOf(answer);
    } catch (error) {
      if (this.#takeRefusal(error, message)) return;
      if (!this.#over.signal.aborted) this.onerror?.(error as Error);
      throw error;
    }
  }

  /**
   * Delivers the JSON-RPC error of a refusal as the answer; returns true then. Only for a status of 5xx or one of our
   * ids: any other may mean a lost session.
   */
  #takeRefusal(error: unknown, message: JSONRPCMessage): boolean {
    const id = idOfRequest(message);
    if (!(error instanceof HttpRefusal) || !error.said || id === undefined) return false;
    if (error.status < 500 && requestId(error.said.id) !== id) return false;
    this.onmessage?.({ jsonrpc: '2.0', id, error: error.said.error });
    return true;
  }

  #receive(data: string, event: string | undefined): void {
    const { messages, problem } = received(data, this.#redact);
    if (problem && isMessageEvent(event)) this.onerror?.(problem);
    for (const message of messages) this.onmessage?.(message as unknown as JSONRPCMessage);
  }

  async close(): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.onclose?.();
  }
}

/** Address of the endpoint for our messages. Throws if it is of another origin, because it would get our headers. */
function endpointIn(data: string, url: URL): URL {
  const endpoint = new URL(data.trim(), url);
  // A server behind a TLS proxy believes that it is reached over http.
  if (url.protocol === 'https:' && endpoint.protocol === 'http:' && endpoint.host === url.host)
    endpoint.protocol = 'https:';
  if (endpoint.origin === url.origin) return endpoint;
  throw new UnusableStream(`the server names an endpoint of another origin, ${endpoint.origin}, which is refused`);
}
