import { InMemoryTransport as InMemoryTransportV1 } from '@modelcontextprotocol/sdk/inMemory.js';
import type { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { InMemoryTransport, type McpServer } from '@modelcontextprotocol/server';
import type { CallContext } from '../../src/core/call.ts';
import { LOCAL } from '../../src/core/call.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { type Answer, rpcError } from '../../src/core/rpc.ts';
import type { PrimitiveSource } from '../../src/primitives/primitive-source.ts';

/** A request as it reached a server. */
export interface Received {
  readonly server: string;
  readonly method: string;
  readonly params: JsonObject;
}

type Offer = 'resources' | 'prompts' | 'completions';

interface Wire {
  send(message: never): Promise<void>;
  onmessage?: (message: never) => void;
}

/** Servers of either SDK generation over in-memory transports, spoken to in plain JSON-RPC. */
export class SdkServers implements PrimitiveSource {
  /** Every request so far, in order. */
  readonly received: Received[] = [];
  readonly #links = new Map<string, Link>();

  async connect(key: string, server: McpServerV1 | McpServer): Promise<this> {
    const pair = 'registerToolTask' in server || isV1(server) ? InMemoryTransportV1 : InMemoryTransport;
    const [ours, theirs] = pair.createLinkedPair();
    const link = new Link(ours as Wire);
    // Each pair fits its server; the union of both does not say so.
    await server.connect(theirs as never);
    await link.initialize();
    this.#links.set(key, link);
    return this;
  }

  disconnect(key: string): void {
    this.#links.delete(key);
  }

  servers(kind: Offer): readonly string[] {
    return [...this.#links].flatMap(([key, { capabilities }]) => (kind in capabilities ? [key] : []));
  }

  async settled(): Promise<void> {}

  request(server: string, method: string, params: JsonObject): Promise<Answer> {
    this.received.push({ server, method, params });
    const link = this.#links.get(server);
    if (!link) throw new GatewayError('UPSTREAM_UNAVAILABLE', 'it is not connected');
    return link.request(method, params);
  }

  /** How often a server was asked that. */
  count(server: string, method: string): number {
    return this.received.filter((each) => each.server === server && each.method === method).length;
  }
}

class Link {
  capabilities: JsonObject = {};
  readonly #transport: Wire;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  constructor(transport: Wire) {
    this.#transport = transport;
    transport.onmessage = (message: JsonObject) => {
      const { id, result, error } = message;
      if (typeof id === 'number') this.#pending.get(id)?.(isJsonObject(result) ? { result } : { error: rpcError(error) });
    };
  }

  async initialize(): Promise<void> {
    const clientInfo = { name: 'test', version: '1' };
    const answer = await this.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
    if (!('result' in answer)) throw new Error(answer.error.message);
    this.capabilities = answer.result.capabilities as JsonObject;
    await this.#transport.send({ jsonrpc: '2.0', method: 'notifications/initialized' } as never);
  }

  request(method: string, params: JsonObject): Promise<Answer> {
    const id = ++this.#lastId;
    const answer = new Promise<Answer>((resolve) => this.#pending.set(id, resolve));
    void this.#transport.send({ jsonrpc: '2.0', id, method, params } as never);
    return answer;
  }
}

/** A context that nobody cancels. */
export const context = (): CallContext => ({ caller: LOCAL, signal: new AbortController().signal });
