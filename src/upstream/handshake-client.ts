import { isJsonObject, type JsonObject } from '../core/json.ts';
import { HANDSHAKE_VERSIONS, LATEST_HANDSHAKE_VERSION } from '../core/protocol.ts';
import { GATEWAY_INFO, type Session, type SessionOptions } from './session.ts';
import type { Wire } from './wire.ts';

/** A request that nothing gives up: an `initialize` must not be cancelled. */
const NEVER = new AbortController().signal;

/**
 * A session with a server of the revisions with a handshake, over stdio or WebSocket: two messages, and an answer to each
 * `ping`. All else goes by the wire.
 */
export class HandshakeClient implements Session {
  readonly modern = false;
  readonly version: string;
  readonly capabilities: unknown;
  readonly server: Session['server'];
  readonly instructions: string | undefined;
  readonly #wire: Wire;

  /** Rejects with what the server answered instead, or when the connection was lost. */
  static async open(wire: Wire, { identity, onclose, onerror }: SessionOptions): Promise<HandshakeClient> {
    wire.onclose = onclose;
    wire.onerror = onerror;
    wire.onmessage = (message: unknown) => {
      if (isPing(message)) wire.answer(message.id, { result: {} });
    };
    await wire.start();
    const clientInfo = identity.info ?? GATEWAY_INFO;
    const params = { protocolVersion: LATEST_HANDSHAKE_VERSION, capabilities: identity.capabilities, clientInfo };
    const answer = await wire.forward('initialize', params, { signal: NEVER });
    if ('error' in answer) throw new Error(`initialize failed: ${answer.error.message} (${answer.error.code})`);
    const client = new HandshakeClient(wire, answer.result);
    wire.notify('notifications/initialized', {});
    return client;
  }

  private constructor(wire: Wire, agreed: JsonObject) {
    const { protocolVersion, capabilities, serverInfo, instructions } = agreed;
    const version = HANDSHAKE_VERSIONS.find((each) => each === protocolVersion);
    if (!version) throw new Error(`the server speaks protocol version ${String(protocolVersion)}, which we do not`);
    this.#wire = wire;
    this.version = version;
    this.capabilities = capabilities;
    this.server = namesIn(serverInfo);
    this.instructions = typeof instructions === 'string' ? instructions : undefined;
  }

  async listen(): Promise<{ close(): Promise<void> }> {
    return { close: async () => {} };
  }

  close(): Promise<void> {
    return this.#wire.close();
  }
}

/** Whatever a server writes gets here, also what is no message at all. */
function isPing(message: unknown): message is { readonly id: string | number } {
  if (!isJsonObject(message) || message.method !== 'ping') return false;
  return typeof message.id === 'string' || typeof message.id === 'number';
}

function namesIn(info: unknown): Session['server'] {
  if (!isJsonObject(info)) return undefined;
  const { name, title } = info;
  return { ...(typeof name === 'string' && { name }), ...(typeof title === 'string' && { title }) };
}
