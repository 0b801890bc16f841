import { InMemoryTransport } from '@modelcontextprotocol/server';
import { type CallContext, type Caller, LOCAL } from '../../../src/core/call.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { type Answer, rpcError } from '../../../src/core/rpc.ts';
import type { PrimitiveSource } from '../../../src/upstream/resources/lists.ts';

/** A server of either SDK generation. */
interface Connectable {
  connect(transport: never): Promise<void>;
}

/** A request as it reached a server. */
export interface Received {
  readonly server: string;
  readonly method: string;
  readonly params: JsonObject;
}

type Offer = 'resources' | 'prompts' | 'completions';

/** Servers of either SDK generation over in-memory transports, spoken to in plain JSON-RPC. */
export class SdkServers implements PrimitiveSource {
  /** Every request so far, in order. */
  readonly received: Received[] = [];
  /** The callers of these requests; absent: it was no forwarded one. */
  readonly callers: (Caller | undefined)[] = [];
  /** Keys of the configuration that nothing is connected under. */
  absent: readonly string[] = [];
  readonly #links = new Map<string, Link>();
  readonly #lost = new Set<string>();

  async connect(key: string, server: Connectable): Promise<this> {
    const [ours, theirs] = InMemoryTransport.createLinkedPair();
    await server.connect(theirs as never); // Both generations take it; their types differ in names only.
    this.#links.set(key, await Link.open(ours));
    return this;
  }

  disconnect(key: string): void {
    this.#links.delete(key);
  }

  /** Ends a connection without anybody having noticed yet. */
  lose(key: string): void {
    this.#lost.add(key);
  }

  keys(): readonly string[] {
    return [...this.#links.keys(), ...this.absent];
  }

  servers(kind: Offer): readonly string[] {
    return [...this.#links].flatMap(([key, { capabilities }]) => (kind in capabilities ? [key] : []));
  }

  async settled(): Promise<void> {}

  async request(server: string, method: string, params: JsonObject, context?: CallContext): Promise<Answer> {
    this.received.push({ server, method, params });
    this.callers.push(context?.caller);
    const link = this.#links.get(server);
    if (!link || this.#lost.has(server)) throw new GatewayError('UPSTREAM_UNAVAILABLE', 'it is not connected');
    return link.request(method, params);
  }

  /** How often a server was asked that. */
  count(server: string, method: string): number {
    return this.received.filter((each) => each.server === server && each.method === method).length;
  }
}

class Link {
  capabilities: JsonObject = {};
  readonly #transport: InMemoryTransport;
  readonly #pending = new Map<unknown, (answer: Answer) => void>();
  #lastId = 0;

  static async open(transport: InMemoryTransport): Promise<Link> {
    const link = new Link(transport);
    const clientInfo = { name: 'test', version: '1' };
    const answer = await link.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
    if (!('result' in answer)) throw new Error(answer.error.message);
    link.capabilities = answer.result.capabilities as JsonObject;
    await transport.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return link;
  }

  private constructor(transport: InMemoryTransport) {
    this.#transport = transport;
    transport.onmessage = (message) => {
      const { id, result, error } = message as JsonObject;
      this.#pending.get(id)?.(isJsonObject(result) ? { result } : { error: rpcError(error) });
    };
  }

  request(method: string, params: JsonObject): Promise<Answer> {
    const id = ++this.#lastId;
    const answer = new Promise<Answer>((resolve) => this.#pending.set(id, resolve));
    void this.#transport.send({ jsonrpc: '2.0', id, method, params });
    return answer;
  }
}

/** A context that nobody cancels. */
export const context = (): CallContext => ({ caller: LOCAL, signal: new AbortController().signal });

/** A promise, and what fulfils it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
