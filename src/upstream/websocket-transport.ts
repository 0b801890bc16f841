import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { WebSocket } from 'ws';
import { basicOf } from '../core/address.ts';
import { GatewayError } from '../core/errors.ts';
import { writeJson } from '../core/exact-json.ts';
import { type ForwardProxy, type ProxySetting, proxyFor } from '../platform/outbound/proxy.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { received } from './received.ts';

export interface WebSocketOptions {
  readonly headers: { readonly [name: string]: string };
  /** Blanks the secrets of the server's entry in a text. */
  readonly redact: (text: string) => string;
  readonly proxy: ProxySetting;
  /** Longest time in ms until the socket is open. */
  readonly timeoutMs: number;
}

/**
 * A server behind a WebSocket (subprotocol `mcp`). SDK 2.x has no such transport, and that of 1.x cannot send headers.
 */
export class WebSocketTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;

  readonly #url: URL;
  readonly #redact: (text: string) => string;
  readonly #headers: { readonly [name: string]: string };
  readonly #proxy: ProxySetting;
  readonly #timeoutMs: number;
  #socket: WebSocket | undefined;
  #isClosed = false;

  /** User and password in the address are sent as Basic, unless the headers have an `Authorization`. */
  constructor(address: string, { headers, redact, proxy, timeoutMs }: WebSocketOptions) {
    const url = new URL(address);
    const basic = basicOf(url);
    url.username = '';
    url.password = '';
    const isSaid = Object.keys(headers).some((name) => /^authorization$/i.test(name));
    this.#url = url;
    this.#redact = redact;
    this.#headers = basic && !isSaid ? { ...headers, authorization: basic } : headers;
    this.#proxy = proxy;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when the socket is open. Rejects with the cause if it cannot be opened. */
  async start(): Promise<void> {
    const proxy = proxyFor(this.#url, this.#proxy);
    const way = proxy && (await through(proxy, this.#url));
    if (this.#isClosed) throw new Error('the connection was closed');
    const socket = new WebSocket(this.#url, 'mcp', {
      headers: { ...this.#headers },
      ...way,
      maxPayload: MAX_MESSAGE_BYTES,
      handshakeTimeout: this.#timeoutMs,
    });
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.on('error', (error) => {
        reject(error);
        this.onerror?.(error);
      });
      socket.on('close', () => this.onclose?.());
      socket.on('message', (data) => this.#receive(data.toString()));
    });
  }

  #receive(text: string): void {
    const { messages, problem } = received(text, this.#redact);
    if (problem) this.onerror?.(problem);
    for (const message of messages) this.onmessage?.(message as unknown as JSONRPCMessage);
  }

  /** Rejects if the message provably was not sent. */
  send(message: JSONRPCMessage): Promise<void> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) {
      return Promise.reject(new GatewayError('UPSTREAM_UNAVAILABLE', 'the WebSocket is not open'));
    }
    return new Promise((resolve, reject) => {
      socket.send(writeJson(message), (error) => (error ? reject(error) : resolve()));
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const socket = this.#socket;
    if (!socket || socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.close();
    const timer = setTimeout(() => socket.terminate(), 1_000);
    await closed;
    clearTimeout(timer);
  }
}

/** Options that lead a WebSocket through a proxy. */
async function through(proxy: ForwardProxy, { hostname, port, protocol }: URL): Promise<object> {
  const { isBun } = await import('../platform/outbound/runtime.ts');
  if (isBun) return { proxy: proxy.url.href };
  const secure = protocol === 'wss:';
  const { tunnel } = await import('../platform/outbound/tunnel.ts');
  const socket = await tunnel(proxy, { hostname, port: Number(port || (secure ? 443 : 80)), secure });
  return { createConnection: () => socket };
}
