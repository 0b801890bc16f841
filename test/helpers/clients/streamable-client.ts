import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Message } from './raw-peer.ts';

const CLIENT = { name: 'curl', version: '8' };

/** An event of a stream of server-sent events. */
export interface SentEvent {
  readonly id?: string;
  readonly event?: string;
  readonly retry?: string;
  readonly data: string;
}

/** The headers of a POST of JSON-RPC. */
export const JSON_RPC = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** `POST`s what is no text as JSON. */
export function post(url: string, body: unknown, headers: Record<string, string | undefined> = {}): Promise<Response> {
  const all = Object.entries({ ...JSON_RPC, ...headers }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return fetch(url, { method: 'POST', headers: all, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

/** An `initialize` of that revision. */
export function initialize(protocolVersion = '2025-11-25', capabilities: JsonObject = {}): JsonObject {
  return { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion, capabilities, clientInfo: CLIENT } };
}

/** A stream of events being read, which can be dropped as a lost connection drops it. */
export class EventReader {
  readonly response: Response;
  readonly #events: AsyncGenerator<SentEvent>;
  readonly #abort: AbortController;

  constructor(response: Response, abort = new AbortController()) {
    this.response = response;
    this.#abort = abort;
    this.#events = eventsOf(response);
  }

  /** The next event; throws when the stream has ended. */
  async next(): Promise<SentEvent> {
    const { value, done } = await this.#events.next();
    if (done) throw new Error('the stream has ended');
    return value;
  }

  /** The next event that is a message and fits. */
  async message(fits: (message: Message) => boolean = () => true): Promise<Message> {
    for (;;) {
      const { data } = await this.next();
      if (data !== '' && fits(JSON.parse(data))) return JSON.parse(data) as Message;
    }
  }

  /** All events up to the end of the stream. */
  async rest(): Promise<SentEvent[]> {
    const all: SentEvent[] = [];
    for await (const event of this.#events) all.push(event);
    return all;
  }

  drop(): void {
    this.#abort.abort();
  }
}

async function* eventsOf(response: Response): AsyncGenerator<SentEvent> {
  let pending = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    const blocks = (pending + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
    pending = blocks.pop() ?? '';
    for (const block of blocks) if (!block.startsWith(':')) yield eventIn(block);
  }
  if (pending !== '') throw new Error(`the stream ended within an event: ${pending.slice(0, 200)}`);
}

function eventIn(block: string): SentEvent {
  const fields = block
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]);
  return { data: '', ...Object.fromEntries(fields) };
}

/** A session of Streamable HTTP (2025 eras) driven by hand. */
export class StreamableClient {
  readonly url: string;
  readonly id: string;
  readonly greeting: Message;
  readonly version: string;
  #lastId = 0;

  constructor(url: string, id: string, greeting: Message, version: string) {
    this.url = url;
    this.id = id;
    this.greeting = greeting;
    this.version = version;
  }

  get headers(): Record<string, string> {
    return { 'mcp-session-id': this.id, 'mcp-protocol-version': this.version };
  }

  post(body: unknown, headers: Record<string, string | undefined> = {}): Promise<Response> {
    return post(this.url, body, { ...this.headers, ...headers });
  }

  notify(method: string, params: JsonObject = {}): Promise<Response> {
    return this.post({ jsonrpc: '2.0', method, params });
  }

  /** The answer to a request: plain JSON, or the last message of a stream where it took a while. */
  async request(method: string, params: JsonObject = {}): Promise<Message> {
    const response = await this.post(this.message(method, params));
    if (response.headers.get('content-type')?.startsWith('application/json')) return (await response.json()) as Message;
    return new EventReader(response).message((message) => message.method === undefined);
  }

  message(method: string, params: JsonObject = {}): JsonObject & { id: number } {
    return { jsonrpc: '2.0', id: ++this.#lastId, method, params };
  }

  /** Calls a tool of the servers, with a progress token. */
  invoke(id: string, args: JsonObject = {}, name = 'invoke'): JsonObject & { id: number } {
    return this.message('tools/call', {
      name,
      arguments: { id, args },
      _meta: { progressToken: `token ${this.#lastId}` },
    });
  }

  /** Posts a request that is answered by a stream. */
  stream(message: JsonObject): Promise<EventReader> {
    const headers = { ...JSON_RPC, ...this.headers };
    return open(this.url, { method: 'POST', headers, body: JSON.stringify(message) });
  }

  /** Listens by GET: from now on, or after an event. */
  listen(lastEventId?: string): Promise<EventReader> {
    const headers = {
      ...this.headers,
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    };
    return open(this.url, { headers });
  }
}

/** A stream of events; dropped with the test. */
export async function open(url: string, init: RequestInit): Promise<EventReader> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  return new EventReader(await fetch(url, { ...init, signal: abort.signal }), abort);
}

/** Shakes hands at the address of a gateway. */
export async function connectStreamable(
  address: string,
  { version = '2025-11-25', capabilities = {} }: { version?: string; capabilities?: JsonObject } = {},
): Promise<StreamableClient> {
  const url = `${address}/mcp`;
  const response = await post(url, initialize(version, capabilities));
  const greeting = (await response.json()) as Message;
  const client = new StreamableClient(url, response.headers.get('mcp-session-id') ?? '', greeting, version);
  await client.notify('notifications/initialized');
  return client;
}
