import type { Transport } from '@modelcontextprotocol/client';
import type { ServerConfig } from '../config/schema.ts';
import { abortable, withTimeout } from '../core/abort.ts';
import { causeOf, GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { ClientIdentity, Peer } from '../core/peer.ts';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  LOG_LEVEL_META_KEY,
  PROTOCOL_VERSION_META_KEY,
} from '../core/protocol.ts';
import type { Answer } from '../core/rpc.ts';
import type { Logger } from '../platform/log.ts';
import { GATEWAY_INFO } from '../version.ts';
import { ChildTransport } from './child-transport.ts';
import { asksForLogin, httpStatus, isUnreachable } from './connection-errors.ts';
import type { FirstRoots } from './first-roots.ts';
import type { HeaderTable } from './header-parameters.ts';
import type { Authorization } from './http-client.ts';
import { LIST_TIMEOUT_MS, UNDECLARED_LIST_MS } from './limits.ts';
import { listTools, type ToolListing } from './list-tools.ts';
import { negotiationFor, openSession } from './open-session.ts';
import { openTransport, type TransportKind } from './open-transport.ts';
import { type ForwardOptions, type PassthroughHandlers, PassthroughTransport } from './passthrough-transport.ts';
import type { ProtocolEraCache } from './protocol-era-cache.ts';
import { secretRedactor } from './redact.ts';
import { UnreadableMessage } from './server-message.ts';
import { declares, isSubscription, Listening, type Session } from './session.ts';
import { startTimeoutMs, withinStart } from './start-policy.ts';

export interface ConnectOptions {
  /** Resolves when it is known who calls through us: the handshake waits for it, the start of a process does not. */
  readonly identity: () => Promise<ClientIdentity>;
  readonly log: Logger;
  /** Blanks the entry's secrets in a text. */
  readonly redact: (text: string) => string;
  /** Aborted to give up connecting. */
  readonly signal: AbortSignal;
  readonly handlers: PassthroughHandlers;
  /** Called with each line that a process writes to stderr, secrets blanked. */
  readonly onStderrLine?: (line: string) => void;
  /** Absent: requests carry what the entry says, and nothing else. */
  readonly authorization?: Authorization;
  /** What stdio servers spoke when they were last asked. */
  readonly protocolEras: ProtocolEraCache;
}

/** A transport that may know that the server has no way to speak up between requests. */
type ConnectionTransport = Transport & { readonly isOneWay?: boolean; readonly twoWay?: Promise<void> };

/** Answer time of a connection under suspicion, in ms, before it counts as lost. */
const SUSPECT_TIMEOUT_MS = 5_000;

/** One established connection to a server: the session that was agreed on, and the transport that carries calls. */
export class Connection {
  /** Resolves with the cause when the connection is lost or closed. */
  readonly closed: Promise<string>;

  readonly #passthrough: PassthroughTransport;
  readonly #transport: ConnectionTransport;
  readonly #kind: TransportKind;
  /** Arguments that tools of 2026-07-28 over Streamable HTTP want repeated as headers; undefined on other connections. */
  #headers: HeaderTable | undefined;
  readonly #redact: ConnectOptions['redact'];
  /** Blanks what is certainly a secret of the server: words that it may well use stay. */
  readonly #redactCertain: ConnectOptions['redact'];
  readonly #listening = new Listening(() => this.#session);
  #session: Session | undefined;
  #roots: FirstRoots | undefined;
  #suspected = false;
  #isProbing = false;
  #onclosed: () => void = () => {};
  /** Why it was given up, if it was. */
  #givenUp: string | undefined;
  #closing: Promise<void> | undefined;

  static async open(config: ServerConfig, kind: TransportKind, options: ConnectOptions): Promise<Connection> {
    const onStderr = (written: string) => {
      const line = options.redact(written);
      options.log.debug('stderr', { server: config.key, line });
      options.onStderrLine?.(line);
    };
    const transport = await openTransport(config, kind, onStderr, options.redact, options.authorization);
    const giveUp = () => void transport.close().catch(() => {});
    options.signal.addEventListener('abort', giveUp, { once: true });
    let connection: Connection | undefined;
    try {
      if (transport instanceof ChildTransport) await transport.start();
      const identity = await abortable(options.identity(), options.signal);
      const roots = identity.capabilities.roots ? await firstRoots(config, options.handlers) : undefined;
      const handlers = roots ? { ...options.handlers, onRequest: roots.onRequest } : options.handlers;
      connection = new Connection(kind, transport, { ...options, handlers }, secretRedactor(config));
      await connection.#shakeHands(config, identity, options);
      connection.#roots = roots;
      roots?.expect(connection);
      return connection;
    } catch (error) {
      // The next attempt asks anew, should what is remembered have been the reason.
      if (!options.signal.aborted && !isUnreachable(error) && !asksForLogin(error)) options.protocolEras.forget(config);
      if (connection?.endedProbed) options.protocolEras.remember(config, 'legacy');
      if (transport instanceof ChildTransport) await transport.ownEnd();
      await transport.close().catch(() => {});
      throw explained(error, transport);
    } finally {
      options.signal.removeEventListener('abort', giveUp);
    }
  }

  private constructor(
    kind: TransportKind,
    transport: ConnectionTransport,
    { handlers, redact }: ConnectOptions,
    redactCertain: ConnectOptions['redact'],
  ) {
    this.#kind = kind;
    this.#transport = transport;
    this.#redact = redact;
    this.#redactCertain = redactCertain;
    this.#passthrough = new PassthroughTransport(transport, handlers, redact);
    this.closed = new Promise((resolve) => {
      this.#onclosed = () => resolve(this.#endCause());
    });
  }

  async #shakeHands(config: ServerConfig, identity: ClientIdentity, options: ConnectOptions): Promise<void> {
    const { protocolEras, log, redact } = options;
    this.#passthrough.envelope = () => this.#envelope(identity);
    const onerror = (error: Error) => {
      log.debug('transport', { server: config.key, error: redact(causeOf(error)) });
      if (!(error instanceof UnreadableMessage)) void this.#suspect(error);
    };
    const onremark = (problem: string) => log.warning('handshake', { server: config.key, problem: redact(problem) });
    const negotiation = negotiationFor(config, this.#kind, protocolEras);
    this.#isProbing = negotiation === 'probe';
    const timeoutMs = startTimeoutMs(config);
    const session = { identity, timeoutMs, onclose: this.#onclosed, onerror, onremark };
    const opening = openSession(this.#passthrough, this.#kind, negotiation, session);
    this.#session = await withinStart(timeoutMs, opening);
    if (this.#isProbing) protocolEras.remember(config, this.modern ? 'modern' : 'legacy');
    this.#isProbing = false;
    if (this.modern && this.#kind === 'streamable_http') {
      const { HeaderTable } = await import('./header-parameters.ts');
      this.#headers = new HeaderTable();
    }
  }

  /** True if it ended of a probe: some servers take what they do not know as a reason to go. */
  get endedProbed(): boolean {
    return this.#isProbing && this.#kind === 'stdio' && this.#passthrough.isLost;
  }

  /** True if the server declared a capability, by its path: `tools`, `resources.subscribe`, `tasks.requests.tools.call`. */
  offers(path: string): boolean {
    return declares(this.#session?.capabilities, path);
  }

  /** True if the connection speaks 2026-07-28 or later. */
  get modern(): boolean {
    return this.#session?.modern === true;
  }

  /** The revision agreed on, and over what: `2025-11-25`, `streamable_http`. */
  get spoken(): { readonly version: string | undefined; readonly transport: TransportKind } {
    return { version: this.#session?.version, transport: this.#kind };
  }

  /** Resolves when the server can say something unasked, or it is known that it cannot. */
  get canSpeakUp(): Promise<void> {
    return this.#transport.twoWay ?? Promise.resolve();
  }

  /** Resolves when the server has taken the client's roots, for which it may ask by itself (2025 eras); undefined: it has, or does not ask. */
  get rootsTaken(): Promise<void> | undefined {
    return this.modern || this.#transport.isOneWay ? undefined : this.#roots?.taken;
  }

  /** True if `tools/call` may be sent as a task (2025-11-25). */
  get takesTasks(): boolean {
    return !this.modern && this.offers('tasks.requests.tools.call');
  }

  /** Sends a notification past the SDK. */
  notify(method: string, params: JsonObject): void {
    this.#passthrough.notify(method, params);
  }

  /** On a 2026-era connection changes are told to those who listen only: listen to all that the server offers. */
  async listen(resources: readonly string[] = []): Promise<void> {
    if (this.modern) await this.#listening.listen(resources);
  }

  /**
   * What the server says of itself, for people and models: its title or name, and its instructions. Without its secrets, as
   * sentences of ours repeat it.
   */
  get about(): { readonly title?: string; readonly instructions?: string } {
    const title = this.#session?.server?.title ?? this.#session?.server?.name;
    const instructions = this.#session?.instructions;
    const redact = this.#redactCertain;
    return {
      ...(title !== undefined && { title: redact(title) }),
      ...(instructions !== undefined && { instructions: redact(instructions) }),
    };
  }

  /** Sends one request past the SDK; see `PassthroughTransport.forward`. `resultType: "complete"` of the 2026 era is taken off. */
  forward(method: string, params: JsonObject, options: ForwardOptions): Promise<Answer> {
    return this.modern
      ? this.#forwardModern(method, params, options)
      : this.#passthrough.forward(method, params, options);
  }

  async #forwardModern(method: string, params: JsonObject, options: ForwardOptions): Promise<Answer> {
    if (isSubscription(method)) return this.#listening.subscribe(method, String(params.uri));
    const headers = method === 'tools/call' ? this.#headers?.of(params.name, params.arguments) : undefined;
    const answer = await this.#passthrough.forward(method, params, headers ? { ...options, headers } : options);
    if (!('result' in answer) || answer.result.resultType !== 'complete') return answer;
    const { resultType: _, ...result } = answer.result;
    return { result };
  }

  /** Every tool the server lists, and what was left out; of a list that comes slowly its beginning. */
  async listTools(): Promise<ToolListing> {
    // A server stands in the configuration for its tools: what it says of itself is no reason not to ask.
    const undeclared = !this.offers('tools');
    const ms = undeclared ? UNDECLARED_LIST_MS : LIST_TIMEOUT_MS;
    const listing = await listTools(async (params) => {
      const answer = await withTimeout(ms, (signal) => this.forward('tools/list', params, { signal }));
      if ('error' in answer) throw new Error(`tools/list failed: ${answer.error.message} (${answer.error.code})`);
      return answer.result;
    }, this.#redact).catch((error: unknown): ToolListing => {
      if (!undeclared || this.#passthrough.isLost) throw error;
      return { tools: [], problems: [] };
    });
    if (undeclared) return withoutCapability(listing);
    return this.#headers?.read(listing) ?? listing;
  }

  /** Closes the connection; a child process and all it started are gone when this resolves. A second call joins the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await endHttpSession(this.#transport);
    await (this.#session ?? this.#transport).close().catch(() => {});
    this.#passthrough.lose('the connection was closed');
  }

  #endCause(): string {
    if (this.#givenUp !== undefined) return this.#givenUp;
    return this.#transport instanceof ChildTransport ? this.#transport.endCause : 'the connection was lost';
  }

  /** What a 2026-era request carries in `_meta` when it is made for a client: its own identity and log level. */
  envelopeOf(peer: Peer | undefined): JsonObject {
    if (!peer) return {};
    const { identity, logLevel } = peer;
    return {
      [CLIENT_INFO_META_KEY]: identity.info ?? GATEWAY_INFO,
      [CLIENT_CAPABILITIES_META_KEY]: identity.capabilities,
      ...(logLevel && { [LOG_LEVEL_META_KEY]: logLevel }),
    };
  }

  #envelope(identity: ClientIdentity): JsonObject | undefined {
    if (!this.modern) return undefined;
    return {
      [PROTOCOL_VERSION_META_KEY]: this.#session?.version,
      [CLIENT_INFO_META_KEY]: identity.info ?? GATEWAY_INFO,
      [CLIENT_CAPABILITIES_META_KEY]: identity.capabilities,
    };
  }

  /** Network transports report trouble without saying whether the connection still lives: find out, once at a time. */
  async #suspect(error: Error): Promise<void> {
    if (this.#kind === 'stdio' || this.#suspected || !this.#session) return;
    this.#suspected = true;
    const alive = this.#kind !== 'sse' && (await this.ping(SUSPECT_TIMEOUT_MS));
    this.#suspected = false;
    if (alive) return;
    // The session is gone: an SSE stream that broke cannot be taken up again, and a 404 means an unknown session.
    this.#passthrough.lose(`the connection was lost: ${causeOf(error)}`);
    await this.#transport.close().catch(() => {});
  }

  /** True if the server answers within that time; an error is an answer too. Never rejects. */
  ping(timeoutMs: number): Promise<boolean> {
    const method = this.modern ? 'server/discover' : 'ping';
    return withTimeout(timeoutMs, (signal) => this.forward(method, {}, { signal })).then(
      () => true,
      () => false,
    );
  }

  /** Gives the connection up: what is in flight fails with that cause, and `closed` resolves with it. */
  lose(cause: string): void {
    this.#givenUp ??= cause;
    this.#passthrough.lose(cause);
    // The SDK client forgets its transport with this: a child that hangs would live on.
    this.#closing ??= this.#transport.close().catch(() => {});
  }
}

/** The error of a handshake with what its text lacks: the end of the process, or the HTTP status. */
function explained(error: unknown, transport: Transport): unknown {
  const cause = causeOf(error);
  if (transport instanceof ChildTransport) {
    if (transport.isDeaf) return new GatewayError('UPSTREAM_UNAVAILABLE', transport.endCause, { cause: error });
    const told = error instanceof GatewayError || cause.includes(transport.endCause);
    return told ? error : new Error(`${cause} (${transport.endCause})`, { cause: error });
  }
  const status = httpStatus(error);
  if (status === undefined || cause.includes(String(status))) return error;
  return new Error(`HTTP ${status}: ${cause}`, { cause: error });
}

/** Loaded where there are roots to offer. */
async function firstRoots(config: ServerConfig, { onRequest }: PassthroughHandlers): Promise<FirstRoots> {
  const { FirstRoots } = await import('./first-roots.ts');
  return new FirstRoots(config, onRequest);
}

/** Tells an HTTP server that its session is over. It gets a second to take note. */
async function endHttpSession(transport: Transport & { terminateSession?: () => Promise<void> }): Promise<void> {
  if (!transport.sessionId || !transport.terminateSession) return;
  const ended = transport.terminateSession().catch(() => {});
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
}

function withoutCapability({ rest, ...listing }: ToolListing): ToolListing {
  return { ...listing, undeclared: true, ...(rest && { rest: rest.then(withoutCapability) }) };
}
