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
import { LIST_TIMEOUT_MS, UNDECLARED_LIST_MS } from './limits.ts';
import { listTools, type ToolListing } from './list-tools.ts';
import type { Authorization } from './login/authorization.ts';
import { negotiationFor, openSession } from './open-session.ts';
import { openTransport, type TransportKind } from './open-transport.ts';
import { type ForwardOptions, type PassthroughHandlers, PassthroughTransport } from './passthrough-transport.ts';
import type { ProtocolEraCache } from './protocol-era-cache.ts';
import { secretRedactor } from './redact.ts';
import { UnreadableMessage } from './server-message.ts';
import { declares, isSubscription, Listening, type Session } from './session.ts';
import { startTimeoutMs, withinStart } from './start-policy.ts';

export interface ConnectOptions {
  /** Resolves with the client once it is known. The handshake waits for it; the start of a process does not. */
  readonly identity: () => Promise<ClientIdentity>;
  readonly log: Logger;
  /** Blanks the entry's secrets in a text. */
  readonly redact: (text: string) => string;
  /** Aborted to give up connecting. */
  readonly signal: AbortSignal;
  readonly handlers: PassthroughHandlers;
  /** Called with each line that a process writes to stderr, secrets blanked. */
  readonly onStderrLine?: (line: string) => void;
  /** Supplies the token of each request. Absent: requests have the entry's headers only. */
  readonly authorization?: Authorization;
  /** Protocol eras that servers spoke when last probed. */
  readonly protocolEras: ProtocolEraCache;
}

/**
 * A transport, with `isOneWay` if the server cannot send messages between requests, and `twoWay`, which resolves once
 * it can or is known to be unable to.
 */
type ConnectionTransport = Transport & { readonly isOneWay?: boolean; readonly twoWay?: Promise<void> };

/** Longest time in ms for the answer to the ping after a transport error; without one the connection counts as lost. */
const SUSPECT_TIMEOUT_MS = 5_000;

/** One established connection to a server: the agreed session, and the transport that carries calls. */
export class Connection {
  /** Resolves with the cause when the connection is lost or closed. */
  readonly closed: Promise<string>;

  readonly #passthrough: PassthroughTransport;
  readonly #transport: ConnectionTransport;
  readonly #kind: TransportKind;
  /**
   * The tools' arguments that are repeated as headers; undefined unless the connection is 2026-07-28 over Streamable
   * HTTP.
   */
  #headers: HeaderTable | undefined;
  readonly #redact: ConnectOptions['redact'];
  /** Blanks only certain secrets of the server, so that ordinary words in its texts stay. */
  readonly #redactCertain: ConnectOptions['redact'];
  readonly #listening = new Listening(() => this.#session);
  #session: Session | undefined;
  #roots: FirstRoots | undefined;
  #suspected = false;
  #isProbing = false;
  #onclosed: () => void = () => {};
  /** Cause given to `lose`; undefined if `lose` was not called. */
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
      // The next attempt probes again, because the remembered era may have caused the failure.
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

  /** True if a stdio server ended during the probe: some servers exit when they get an unknown request. */
  get endedProbed(): boolean {
    return this.#isProbing && this.#kind === 'stdio' && this.#passthrough.isLost;
  }

  /**
   * True if the server declared the capability at `path`: `tools`, `resources.subscribe`, `tasks.requests.tools.call`.
   */
  offers(path: string): boolean {
    return declares(this.#session?.capabilities, path);
  }

  /** True if the connection speaks 2026-07-28 or later. */
  get modern(): boolean {
    return this.#session?.modern === true;
  }

  /** The agreed protocol revision and the transport: `2025-11-25`, `streamable_http`. */
  get spoken(): { readonly version: string | undefined; readonly transport: TransportKind } {
    return { version: this.#session?.version, transport: this.#kind };
  }

  /** Resolves when the server can send messages between requests, or when it is known that it cannot. */
  get canSpeakUp(): Promise<void> {
    return this.#transport.twoWay ?? Promise.resolve();
  }

  /**
   * Resolves when the server has the client's roots, which a 2025-era server requests itself, or has not requested them
   * in time. Undefined if no wait is needed or the server cannot ask.
   */
  get rootsTaken(): Promise<void> | undefined {
    return this.modern || this.#transport.isOneWay ? undefined : this.#roots?.taken;
  }

  /** True if `tools/call` may be sent as a task (2025-11-25). */
  get takesTasks(): boolean {
    return !this.modern && this.offers('tasks.requests.tools.call');
  }

  /** Sends a notification without the SDK. */
  notify(method: string, params: JsonObject): void {
    this.#passthrough.notify(method, params);
  }

  /**
   * Subscribes to every change that the server offers, and to `resources`. Only 2026-era servers need this: they notify
   * subscribers only.
   */
  async listen(resources: readonly string[] = []): Promise<void> {
    if (this.modern) await this.#listening.listen(resources);
  }

  /**
   * The server's title or name, and its instructions, for people and models. Secrets are blanked, because our own
   * sentences repeat these texts.
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

  /**
   * Sends one request without the SDK; see `PassthroughTransport.forward`. Removes the 2026 era's `resultType:
   * "complete"` from the result.
   */
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

  /**
   * Resolves with all tools that the server lists and the causes of omissions; if later pages are slow, with the tools
   * so far.
   */
  async listTools(): Promise<ToolListing> {
    // A server is configured for its tools, so it is asked for them even if it does not declare the capability.
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

  /**
   * Closes the connection. Resolves when a child process and all that it started are gone. A second call joins the
   * first.
   */
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

  /**
   * Returns the client's identity, capabilities and log level for the `_meta` of a 2026-era request made for that
   * client.
   */
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

  /**
   * Pings the server after an error of a network transport, because such an error does not tell if the connection still
   * works. At most one check runs at a time.
   */
  async #suspect(error: Error): Promise<void> {
    if (this.#kind === 'stdio' || this.#suspected || !this.#session) return;
    this.#suspected = true;
    const alive = this.#kind !== 'sse' && (await this.ping(SUSPECT_TIMEOUT_MS));
    this.#suspected = false;
    if (alive) return;
    // The session has ended: a broken SSE stream cannot be resumed, and a 404 means that the session is unknown.
    this.#passthrough.lose(`the connection was lost: ${causeOf(error)}`);
    await this.#transport.close().catch(() => {});
  }

  /** Resolves with true if the server answers within `timeoutMs`, even with an error. Never rejects. */
  ping(timeoutMs: number): Promise<boolean> {
    const method = this.modern ? 'server/discover' : 'ping';
    return withTimeout(timeoutMs, (signal) => this.forward(method, {}, { signal })).then(
      () => true,
      () => false,
    );
  }

  /** Ends the connection: open requests fail with `cause`, and `closed` resolves with the first cause given. */
  lose(cause: string): void {
    this.#givenUp ??= cause;
    this.#passthrough.lose(cause);
    // The transport is closed here, because the SDK client drops it and a child process that hangs would go on running.
    this.#closing ??= this.#transport.close().catch(() => {});
  }
}

/** Adds to the error of a handshake the cause of the process's end or the HTTP status, if its text lacks it. */
function explained(error: unknown, transport: Transport): unknown {
  const cause = causeOf(error);
  if (transport instanceof ChildTransport) {
    // A message that could not be sent was explained before the last words of the process were read.
    const isEarly = error instanceof GatewayError && transport.endCause.startsWith(cause);
    if (transport.isDeaf || isEarly) {
      return new GatewayError('UPSTREAM_UNAVAILABLE', transport.endCause, { cause: error });
    }
    const told = error instanceof GatewayError || cause.includes(transport.endCause);
    return told ? error : new Error(`${cause} (${transport.endCause})`, { cause: error });
  }
  const status = httpStatus(error);
  if (status === undefined || cause.includes(String(status))) return error;
  return new Error(`HTTP ${status}: ${cause}`, { cause: error });
}

/** Loads the module only for clients with roots. */
async function firstRoots(config: ServerConfig, { onRequest }: PassthroughHandlers): Promise<FirstRoots> {
  const { FirstRoots } = await import('./first-roots.ts');
  return new FirstRoots(config, onRequest);
}

/** Tells an HTTP server that its session is over. Waits at most one second for the answer. */
async function endHttpSession(transport: Transport & { terminateSession?: () => Promise<void> }): Promise<void> {
  if (!transport.sessionId || !transport.terminateSession) return;
  const ended = transport.terminateSession().catch(() => {});
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
}

function withoutCapability({ rest, ...listing }: ToolListing): ToolListing {
  return { ...listing, undeclared: true, ...(rest && { rest: rest.then(withoutCapability) }) };
}
