import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  Client,
  type ClientCapabilities,
  type Implementation,
  LOG_LEVEL_META_KEY,
  type McpSubscription,
  PROTOCOL_VERSION_META_KEY,
  StreamableHTTPClientTransport,
  type Transport,
  type VersionNegotiationOptions,
} from '@modelcontextprotocol/client';
import type { ServerConfig } from '../config/schema.ts';
import { abortable, withTimeout } from '../core/abort.ts';
import { causeOf, GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Logger } from '../core/log.ts';
import type { ClientIdentity, Peer } from '../core/peer.ts';
import type { Answer } from '../core/rpc.ts';
import { challengeIn } from '../login/login-needed.ts';
import { VERSION } from '../version.ts';
import { ChildTransport } from './child-transport.ts';
import { httpStatus } from './connection-lost.ts';
import type { EraVerdicts } from './era-verdicts.ts';
import { HeaderTable } from './header-parameters.ts';
import { CONNECT_TIMEOUT_MS, LIST_TIMEOUT_MS } from './limits.ts';
import { listTools, type ToolListing } from './list-tools.ts';
import { type Authorization, openTransport, type TransportKind, transportKinds } from './open-transport.ts';
import { type ForwardOptions, Wire, type WireHandlers } from './wire.ts';

export interface ConnectOptions {
  /** Resolves when it is known who calls through us: the handshake waits for it, the start of a process does not. */
  readonly identity: () => Promise<ClientIdentity>;
  readonly log: Logger;
  /** Blanks the entry's secrets in a text. */
  readonly redact: (text: string) => string;
  /** Aborted to give up connecting. */
  readonly signal: AbortSignal;
  readonly handlers: WireHandlers;
  /** Absent: requests carry what the entry says, and nothing else. */
  readonly authorization?: Authorization;
  /** What stdio servers spoke when they were last asked. */
  readonly verdicts: EraVerdicts;
}

const CLIENT_INFO = { name: 'mcp-gateway', title: 'MCP Gateway', version: VERSION };

/** Requests of the 2025 eras for which 2026-07-28 has `subscriptions/listen`. */
const SUBSCRIBING = new Set(['resources/subscribe', 'resources/unsubscribe']);

/** Answer time of a connection under suspicion, in ms, before it counts as lost. */
const SUSPECT_TIMEOUT_MS = 5_000;

/** Connects and shakes hands, trying each transport kind that may fit. Rejects with the cause of the first kind's failure. */
export async function connect(config: ServerConfig, options: ConnectOptions): Promise<Connection> {
  const [first, ...others] = transportKinds(config);
  if (!first) throw new Error('unreachable: every server has a transport kind');
  try {
    return await Connection.open(config, first, options);
  } catch (error) {
    for (const kind of mayBeAnotherKind(error) ? others : []) {
      try {
        return await Connection.open(config, kind, options);
      } catch (other) {
        // This kind fits, but for the login.
        if (challengeIn(other)) throw other;
      }
    }
    throw error;
  }
}

/** A 4xx other than "who are you?" tells that this endpoint does not take Streamable HTTP. */
function mayBeAnotherKind(error: unknown): boolean {
  const status = httpStatus(error);
  return status !== undefined && status >= 400 && status < 500 && status !== 401 && status !== 403;
}

/** One established connection to a server: the SDK client that owns it, and the wire that carries calls past it. */
export class Connection {
  /** Resolves with the cause when the connection is lost or closed. */
  readonly closed: Promise<string>;

  readonly #client: Client;
  readonly #wire: Wire;
  readonly #transport: Transport;
  readonly #kind: TransportKind;
  readonly #headers = new HeaderTable();
  /** URIs of resources that clients of older eras subscribed to, on a 2026-era connection. */
  readonly #listened = new Set<string>();
  #subscription: McpSubscription | undefined;
  #suspected = false;
  #closing: Promise<void> | undefined;

  static async open(config: ServerConfig, kind: TransportKind, options: ConnectOptions): Promise<Connection> {
    const onStderr = (line: string) => options.log.debug('stderr', { server: config.key, line: options.redact(line) });
    const transport = await openTransport(config, kind, onStderr, options.authorization);
    const giveUp = () => void transport.close().catch(() => {});
    options.signal.addEventListener('abort', giveUp, { once: true });
    try {
      if (transport instanceof ChildTransport) await transport.start();
      const identity = await abortable(options.identity(), options.signal);
      const connection = new Connection(config, kind, transport, identity, options);
      await connection.#client.connect(connection.#wire, { timeout: CONNECT_TIMEOUT_MS });
      if (kind === 'stdio' && config.protocol === 'auto') {
        options.verdicts.remember(config, connection.modern ? 'modern' : 'legacy');
      }
      return connection;
    } catch (error) {
      // The next attempt asks anew, should what is remembered have been the reason.
      if (kind === 'stdio') options.verdicts.forget(config);
      await transport.close().catch(() => {});
      throw transport instanceof ChildTransport && !(error instanceof GatewayError)
        ? new Error(`${causeOf(error)} (${transport.endCause})`, { cause: error })
        : error;
    } finally {
      options.signal.removeEventListener('abort', giveUp);
    }
  }

  private constructor(
    config: ServerConfig,
    kind: TransportKind,
    transport: Transport,
    identity: ClientIdentity,
    options: ConnectOptions,
  ) {
    this.#transport = transport;
    this.#kind = kind;
    this.#wire = new Wire(transport, options.handlers);
    const versionNegotiation = negotiation(config, kind, options.verdicts);
    // What a client says of itself is passed on as it is; the SDK types it as strictly as it would parse it.
    this.#client = new Client((identity.info ?? CLIENT_INFO) as Implementation, {
      capabilities: identity.capabilities as ClientCapabilities,
      ...(versionNegotiation && { versionNegotiation }),
    });
    this.#wire.envelope = () => this.#envelope(identity);
    this.closed = new Promise((resolve) => {
      this.#client.onclose = () => resolve(this.#endCause());
    });
    this.#client.onerror = (error) => {
      options.log.debug('transport', { server: config.key, error: options.redact(causeOf(error)) });
      void this.#suspect(error);
    };
  }

  /** Whether the server declared a capability, by its path: `tools`, `resources.subscribe`, `tasks.requests.tools.call`. */
  offers(path: string): boolean {
    const found = path
      .split('.')
      .reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), this.#client.getServerCapabilities());
    return found !== undefined && found !== false;
  }

  /** Whether the connection speaks 2026-07-28 or later. */
  get modern(): boolean {
    return this.#client.getProtocolEra() === 'modern';
  }

  /** Whether `tools/call` may be sent as a task (2025-11-25). */
  get takesTasks(): boolean {
    return !this.modern && this.offers('tasks.requests.tools.call');
  }

  /** Sends a notification past the SDK. */
  notify(method: string, params: JsonObject): void {
    this.#wire.notify(method, params);
  }

  /** On a 2026-era connection changes are told to those who listen only: listen to all that the server offers. */
  async listen(resources: readonly string[] = []): Promise<void> {
    if (!this.modern) return;
    for (const uri of resources) this.#listened.add(uri);
    const filter = {
      ...(this.offers('tools.listChanged') && { toolsListChanged: true }),
      ...(this.offers('prompts.listChanged') && { promptsListChanged: true }),
      ...(this.offers('resources.listChanged') && { resourcesListChanged: true }),
      ...(this.#listened.size > 0 && { resourceSubscriptions: [...this.#listened] }),
    };
    if (Object.keys(filter).length === 0) return;
    const before = this.#subscription;
    this.#subscription = await this.#client.listen(filter);
    await before?.close();
  }

  /** What an older client asks for one resource is part of what this connection listens to. */
  async #subscribe(method: string, uri: string): Promise<Answer> {
    if (method === 'resources/unsubscribe') this.#listened.delete(uri);
    await this.listen(method === 'resources/subscribe' ? [uri] : []);
    return { result: {} };
  }

  /** What the server says of itself, for people and models: its title or name, and its instructions. */
  get about(): { readonly title?: string; readonly instructions?: string } {
    const server = this.#client.getServerVersion();
    const title = server?.title ?? server?.name;
    const instructions = this.#client.getInstructions();
    return { ...(title !== undefined && { title }), ...(instructions !== undefined && { instructions }) };
  }

  /** Sends one request past the SDK; see `Wire.forward`. `resultType: "complete"` of the 2026 era is taken off. */
  async forward(method: string, params: JsonObject, options: ForwardOptions): Promise<Answer> {
    if (this.modern && SUBSCRIBING.has(method)) return this.#subscribe(method, String(params.uri));
    const headers = method === 'tools/call' ? this.#headers.of(params.name, params.arguments) : undefined;
    const answer = await this.#wire.forward(method, params, headers ? { ...options, headers } : options);
    if (!('result' in answer) || answer.result.resultType !== 'complete' || !this.modern) return answer;
    const { resultType: _, ...result } = answer.result;
    return { result };
  }

  /** Every tool the server lists, and what was left out. */
  async listTools(): Promise<ToolListing> {
    if (!this.offers('tools')) return { tools: [], problems: [] };
    const listing = await listTools(async (cursor) => {
      const params = cursor === undefined ? {} : { cursor };
      const answer = await withTimeout(LIST_TIMEOUT_MS, (signal) => this.forward('tools/list', params, { signal }));
      if ('error' in answer) throw new Error(`tools/list failed: ${answer.error.message} (${answer.error.code})`);
      return answer.result;
    });
    return this.modern && this.#kind === 'streamable_http' ? this.#headers.read(listing) : listing;
  }

  /** Closes the connection; a child process and all it started are gone when this resolves. A second call joins the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#transport instanceof StreamableHTTPClientTransport && this.#transport.sessionId) {
      const ended = this.#transport.terminateSession().catch(() => {});
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
    }
    await this.#client.close().catch(() => {});
    this.#wire.lose('the connection was closed');
  }

  #endCause(): string {
    return this.#transport instanceof ChildTransport ? this.#transport.endCause : 'the connection was lost';
  }

  /** What a 2026-era request carries in `_meta` when it is made for a client: its own identity and log level. */
  envelopeOf(peer: Peer | undefined): JsonObject {
    if (!peer) return {};
    const { identity, logLevel } = peer;
    return {
      [CLIENT_INFO_META_KEY]: identity.info ?? CLIENT_INFO,
      [CLIENT_CAPABILITIES_META_KEY]: identity.capabilities,
      ...(logLevel && { [LOG_LEVEL_META_KEY]: logLevel }),
    };
  }

  #envelope(identity: ClientIdentity): JsonObject | undefined {
    if (!this.modern) return undefined;
    return {
      [PROTOCOL_VERSION_META_KEY]: this.#client.getNegotiatedProtocolVersion(),
      [CLIENT_INFO_META_KEY]: identity.info ?? CLIENT_INFO,
      [CLIENT_CAPABILITIES_META_KEY]: identity.capabilities,
    };
  }

  /** Network transports report trouble without saying whether the connection still lives: find out, once at a time. */
  async #suspect(error: Error): Promise<void> {
    if (this.#kind === 'stdio' || this.#suspected || this.#client.getNegotiatedProtocolVersion() === undefined) return;
    this.#suspected = true;
    const alive = this.#kind !== 'sse' && (await this.#answers());
    this.#suspected = false;
    if (alive) return;
    // The session is gone: an SSE stream that broke cannot be taken up again, and a 404 means an unknown session.
    this.#wire.lose(`the connection was lost: ${causeOf(error)}`);
    await this.#transport.close().catch(() => {});
  }

  #answers(): Promise<boolean> {
    const check = this.modern
      ? this.#client.discover({ timeout: SUSPECT_TIMEOUT_MS })
      : this.#client.ping({ timeout: SUSPECT_TIMEOUT_MS });
    return check.then(
      () => true,
      () => false,
    );
  }
}

/** Over HTTP a probe is cheap; on stdio it would meet servers that never heard of it, so only on request. */
function negotiation(
  config: ServerConfig,
  kind: TransportKind,
  verdicts: EraVerdicts,
): VersionNegotiationOptions | undefined {
  if (config.protocol === '2026-07-28') return { mode: { pin: config.protocol } };
  if (config.protocol === '2025-11-25') return undefined;
  const known = kind === 'stdio' ? verdicts.of(config) : undefined;
  if (known) return known === 'modern' ? { mode: { pin: '2026-07-28' } } : undefined;
  return config.protocol === 'auto' || kind === 'streamable_http' ? { mode: 'auto' } : undefined;
}
