import type { Readable, Writable } from 'node:stream';
import type { JsonObject } from '../../../src/core/json.ts';
import { onLines } from './lines.mjs';
import { post } from './post.mjs';

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly result?: JsonObject;
  readonly error?: { readonly message: string };
}

/** A bare client: what a request and its answer cost at the least. */
export interface Peer {
  /** Resolves with the result; rejects on a JSON-RPC error or the end of the connection. */
  request(method: string, params?: JsonObject): Promise<JsonObject>;
  notify(method: string): Promise<void>;
}

/** JSON-RPC lines over the pipes of a process. */
export class StdioPeer implements Peer {
  readonly #input: Writable;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  constructor(input: Writable, output: Readable) {
    this.#input = input;
    onLines(output, (line) => this.#receive(JSON.parse(line)));
    output.on('close', () => this.#lost());
  }

  async request(method: string, params: JsonObject = {}): Promise<JsonObject> {
    const id = ++this.#lastId;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#input.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return resultOf(await answered, method);
  }

  async notify(method: string): Promise<void> {
    this.#input.write(`${JSON.stringify({ jsonrpc: '2.0', method })}\n`);
  }

  #receive(answer: Answer): void {
    if (answer.method !== undefined || answer.id === undefined) return;
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }

  #lost(): void {
    for (const settle of this.#waiting.values()) settle({ error: { message: 'the process closed its output' } });
    this.#waiting.clear();
  }
}

/** One POST per message to a server that answers with JSON. */
export function httpPeer(url: string): Peer {
  let lastId = 0;
  return {
    request: async (method, params = {}) =>
      resultOf(JSON.parse(await post(url, { jsonrpc: '2.0', id: ++lastId, method, params })), method),
    notify: async (method) => void (await post(url, { jsonrpc: '2.0', method })),
  };
}

/** The handshake of 2025-11-25; resolves with what the server says of itself. */
export async function initialize(peer: Peer): Promise<JsonObject> {
  const clientInfo = { name: 'bench', version: '0' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const introduction = await peer.request('initialize', params);
  await peer.notify('notifications/initialized');
  return introduction;
}

function resultOf({ result, error }: Answer, method: string): JsonObject {
  if (result) return result;
  throw new Error(`${method}: ${error?.message ?? 'an answer without a result'}`);
}
