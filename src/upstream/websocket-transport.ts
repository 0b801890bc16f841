import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { WebSocket } from 'ws';
import { GatewayError } from '../core/errors.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';

/** A server behind a WebSocket (subprotocol `mcp`). SDK 2.x left this transport out, and 1.x cannot send headers. */
export class WebSocketTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;

  readonly #url: string;
  readonly #headers: { readonly [name: string]: string };
  readonly #timeoutMs: number;
  #socket: WebSocket | undefined;

  /** `timeoutMs` is how long the socket may take to open. */
  constructor(url: string, headers: { readonly [name: string]: string }, timeoutMs: number) {
    this.#url = url;
    this.#headers = headers;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when the socket is open; rejects with the cause when it cannot be opened. */
  start(): Promise<void> {
    const socket = new WebSocket(this.#url, 'mcp', {
      headers: { ...this.#headers },
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
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      this.onerror?.(new Error(`sent what is not JSON: ${text.slice(0, 120)}`));
      return;
    }
    this.onmessage?.(message as JSONRPCMessage);
  }

  /** Rejects when the message provably was not sent. */
  send(message: JSONRPCMessage): Promise<void> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) {
      return Promise.reject(new GatewayError('UPSTREAM_UNAVAILABLE', 'the WebSocket is not open'));
    }
    return new Promise((resolve, reject) => {
      socket.send(JSON.stringify(message), (error) => (error ? reject(error) : resolve()));
    });
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (!socket || socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.close();
    const timer = setTimeout(() => socket.terminate(), 1_000);
    await closed;
    clearTimeout(timer);
  }
}
