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

/** Starts the transport and agrees on a session. What a session of 2026-07-28 takes is loaded when there is one. */
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
 * A probe that was refused for want of a login: some servers refuse so whatever they do not know, and let anybody shake
 * hands. Rejects with a login that is wanted where the handshake is refused as well.
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
 * Asks for the revisions of a server. Whatever servers of older eras answer to what they do not know, an HTTP status, a
 * page, nothing at all, is an answer that shows no sign of 2026-07-28. Rejects when a login is wanted, or the connection was lost.
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

/** True if a refusal names the version that we asked for as one that it takes: it is to be asked again, says the specification. */
function refersToModern(answer: Answer): boolean {
  const data = 'error' in answer ? answer.error.data : undefined;
  const supported = isJsonObject(data) ? data.supported : undefined;
  return Array.isArray(supported) && ENVELOPE_VERSIONS.some((version) => supported.includes(version));
}

/** Over HTTP a probe is cheap; on stdio it would meet servers that never heard of it, so only on request. */
export function negotiationFor(config: ServerConfig, kind: TransportKind, verdicts: ProtocolEraCache): Negotiation {
  if (config.protocol === '2026-07-28') return 'modern';
  if (config.protocol === '2025-11-25') return 'handshake';
  const known = isProbed(kind) ? verdicts.of(config)?.era : undefined;
  if (known) return known === 'modern' ? 'modern' : 'handshake';
  return config.protocol === 'auto' || kind === 'streamable_http' ? 'probe' : 'handshake';
}

/** True if it is remembered what a server spoke over such a transport. */
function isProbed(kind: TransportKind): boolean {
  return kind === 'stdio' || kind === 'streamable_http';
}

/** A request that nothing gives up: an `initialize` must not be cancelled. */
const NEVER = new AbortController().signal;

/** Longest that a server may take over `notifications/initialized`, in ms: it has no answer, and some never say so. */
const NOTICE_MS = 5_000;

/**
 * A session with a server of the revisions with a handshake: two messages, and an answer to each `ping`. All else goes
 * by the transport.
 */
class HandshakeClient implements Session {
  readonly modern = false;
  readonly version: string;
  readonly capabilities: unknown;
  readonly server: Session['server'];
  readonly instructions: string | undefined;
  readonly #transport: PassthroughTransport;

  /** Over a transport that was started. Rejects with what the server answered instead, or when the connection was lost. */
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
    // Over HTTP what follows could overtake it, and is refused by some before it.
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

/** Whatever a server writes gets here, also what is no message at all. */
function isPing(message: unknown): message is { readonly id: string | number } {
  if (!isJsonObject(message) || message.method !== 'ping') return false;
  return typeof message.id === 'string' || typeof message.id === 'number';
}
