import type { ServerConfig } from '../config/schema.ts';
import { abortable, withTimeout } from '../core/abort.ts';
import { causeOf } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  ENVELOPE_VERSIONS,
  HANDSHAKE_VERSIONS,
  LATEST_HANDSHAKE_VERSION,
  PROTOCOL_VERSION_META_KEY,
} from '../core/protocol.ts';
import { type Answer, INTERNAL_ERROR } from '../core/rpc.ts';
import { GATEWAY_INFO } from '../version.ts';
import { asksForLogin } from './connection-errors.ts';
import { PROBE_MS } from './limits.ts';
import type { TransportKind } from './open-transport.ts';
import type { PassthroughTransport } from './passthrough-transport.ts';
import type { ProtocolEraCache } from './protocol-era-cache.ts';
import { type Negotiation, namesIn, type Session, type SessionOptions } from './session.ts';

/**
 * Starts the transport and opens a session on it. The module for sessions of 2026-07-28 is loaded only after a probe.
 */
export async function openSession(
  transport: PassthroughTransport,
  kind: TransportKind,
  negotiation: Negotiation,
  options: SessionOptions,
): Promise<Session> {
  transport.onclose = options.onclose;
  transport.onerror = options.onerror;
  await transport.start();
  if (negotiation === 'handshake') return HandshakeClient.open(transport, options);
  const first = await discover(transport, options, PROBE_MS[kind]).catch((refused: unknown) => {
    if (negotiation !== 'probe' || transport.isLost || !asksForLogin(refused)) throw refused;
    return { refused };
  });
  if ('refused' in first) return handshakeAfter(first.refused, transport, options);
  const answer = refersToModern(first) ? await discover(transport, options, PROBE_MS[kind]) : first;
  const { modernVersionIn, ModernSession } = await import('./modern-session.ts');
  const version = 'result' in answer ? modernVersionIn(answer.result) : undefined;
  if (version !== undefined && 'result' in answer) return new ModernSession(transport, version, answer.result);
  if (negotiation === 'probe') return HandshakeClient.open(transport, options);
  const said = 'error' in answer ? `: ${answer.error.message}` : '';
  throw new Error(`the server does not offer protocol version ${ENVELOPE_VERSIONS.join(' or ')}${said}`);
}

/**
 * Tries the handshake after a probe was refused for a missing login: some servers refuse every unknown method so, but
 * accept a handshake without a login. If the handshake fails too, rejects with its error if that asks for a login or
 * the connection was lost, and otherwise with the probe's.
 */
async function handshakeAfter(
  refused: unknown,
  transport: PassthroughTransport,
  options: SessionOptions,
): Promise<Session> {
  try {
    return await HandshakeClient.open(transport, options);
  } catch (error) {
    throw transport.isLost || asksForLogin(error) ? error : refused;
  }
}

/**
 * Asks a server for its revisions. An HTTP error, a web page or no answer within `ms` counts as an error answer:
 * servers of older eras react to an unknown method in all these ways. Rejects if the server asks for a login or the
 * connection was lost.
 */
async function discover(transport: PassthroughTransport, { identity }: SessionOptions, ms: number): Promise<Answer> {
  const _meta = {
    [PROTOCOL_VERSION_META_KEY]: ENVELOPE_VERSIONS[0],
    [CLIENT_INFO_META_KEY]: identity.info ?? GATEWAY_INFO,
    [CLIENT_CAPABILITIES_META_KEY]: identity.capabilities,
  };
  try {
    return await withTimeout(ms, (signal) =>
      transport.forward('server/discover', { _meta }, { signal, isTentative: true }),
    );
  } catch (error) {
    if (transport.isLost || asksForLogin(error)) throw error;
    return { error: { code: INTERNAL_ERROR, message: error instanceof Error ? error.message : String(error) } };
  }
}

/** True if a refusal lists the version that we asked for as supported. The specification says to ask again then. */
function refersToModern(answer: Answer): boolean {
  const data = 'error' in answer ? answer.error.data : undefined;
  const supported = isJsonObject(data) ? data.supported : undefined;
  return Array.isArray(supported) && ENVELOPE_VERSIONS.some((version) => supported.includes(version));
}

/**
 * Returns how to begin a session. Over HTTP a probe is cheap. On stdio some servers cannot cope with it, so it is made
 * only if the entry says `auto`.
 */
export function negotiationFor(config: ServerConfig, kind: TransportKind, verdicts: ProtocolEraCache): Negotiation {
  if (config.protocol === '2026-07-28') return 'modern';
  if (config.protocol === '2025-11-25') return 'handshake';
  const known = isProbed(kind) ? verdicts.of(config)?.era : undefined;
  if (known) return known === 'modern' ? 'modern' : 'handshake';
  return config.protocol === 'auto' || kind === 'streamable_http' ? 'probe' : 'handshake';
}

/** True for transports whose protocol era is remembered. */
function isProbed(kind: TransportKind): boolean {
  return kind === 'stdio' || kind === 'streamable_http';
}

/** Signal of a request that is never cancelled: the protocol forbids to cancel `initialize`. */
const NEVER = new AbortController().signal;

/** Longest wait in ms for the server to take `notifications/initialized`: some HTTP servers never confirm it. */
const NOTICE_MS = 5_000;

/**
 * A session with a server of a revision with a handshake. Sends `initialize` and `notifications/initialized`, and
 * answers each `ping`. All other messages go through the transport directly.
 */
class HandshakeClient implements Session {
  readonly modern = false;
  readonly version: string;
  readonly capabilities: unknown;
  readonly server: Session['server'];
  readonly instructions: string | undefined;
  readonly #transport: PassthroughTransport;

  /**
   * Does the handshake over a started transport. Rejects if the server refuses it or speaks an unknown version, or if
   * the connection was lost.
   */
  static async open(transport: PassthroughTransport, { identity, onremark }: SessionOptions): Promise<HandshakeClient> {
    transport.onmessage = (message: unknown) => {
      if (isPing(message)) transport.answer(message.id, { result: {} });
    };
    const clientInfo = identity.info ?? GATEWAY_INFO;
    const params = { protocolVersion: LATEST_HANDSHAKE_VERSION, capabilities: identity.capabilities, clientInfo };
    const answer = await transport.forward('initialize', params, { signal: NEVER });
    if ('error' in answer) throw new Error(`initialize failed: ${answer.error.message} (${answer.error.code})`);
    const client = new HandshakeClient(transport, answer.result);
    transport.setProtocolVersion(client.version);
    // Awaited, because over HTTP a later request could overtake it, and some servers refuse requests that arrive before
    // it.
    const told = transport.tell('notifications/initialized', {});
    await withTimeout(NOTICE_MS, (signal) => abortable(told, signal)).catch((error: unknown) => {
      onremark(`notifications/initialized was not taken: ${causeOf(error)}`);
    });
    return client;
  }

  private constructor(transport: PassthroughTransport, agreed: JsonObject) {
    const { protocolVersion, capabilities, serverInfo, instructions } = agreed;
    const version = HANDSHAKE_VERSIONS.find((each) => each === protocolVersion);
    if (!version) throw new Error(`the server speaks protocol version ${String(protocolVersion)}, which we do not`);
    this.#transport = transport;
    this.version = version;
    this.capabilities = capabilities;
    this.server = namesIn(serverInfo);
    this.instructions = typeof instructions === 'string' ? instructions : undefined;
  }

  async listen(): Promise<{ close(): Promise<void> }> {
    return { close: async () => {} };
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

/**
 * True for a `ping` request with a valid id. `message` may be any JSON value, because messages are not checked before.
 */
function isPing(message: unknown): message is { readonly id: string | number } {
  if (!isJsonObject(message) || message.method !== 'ping') return false;
  return typeof message.id === 'string' || typeof message.id === 'number';
}
