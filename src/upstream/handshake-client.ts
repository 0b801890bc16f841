import { abortable, withTimeout } from '../core/abort.ts';
import { causeOf } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { HANDSHAKE_VERSIONS, LATEST_HANDSHAKE_VERSION } from '../core/protocol.ts';
import { GATEWAY_INFO, namesIn, type Session, type SessionOptions } from './session.ts';
import type { Wire } from './wire.ts';

/** A request that nothing gives up: an `initialize` must not be cancelled. */
const NEVER = new AbortController().signal;

/** Longest that a server may take over `notifications/initialized`, in ms: it has no answer, and some never say so. */
const NOTICE_MS = 5_000;

/**
 * A session with a server of the revisions with a handshake: two messages, and an answer to each `ping`. All else goes
 * by the wire.
 */
export class HandshakeClient implements Session {
  readonly modern = false;
  readonly version: string;
  readonly capabilities: unknown;
  readonly server: Session['server'];
  readonly instructions: string | undefined;
  readonly #wire: Wire;

  /** Over a wire that was started. Rejects with what the server answered instead, or when the connection was lost. */
  static async open(wire: Wire, { identity, onremark }: SessionOptions): Promise<HandshakeClient> {
    wire.onmessage = (message: unknown) => {
      if (isPing(message)) wire.answer(message.id, { result: {} });
    };
    const clientInfo = identity.info ?? GATEWAY_INFO;
    const params = { protocolVersion: LATEST_HANDSHAKE_VERSION, capabilities: identity.capabilities, clientInfo };
    const answer = await wire.forward('initialize', params, { signal: NEVER });
    if ('error' in answer) throw new Error(`initialize failed: ${answer.error.message} (${answer.error.code})`);
    const client = new HandshakeClient(wire, answer.result);
    wire.setProtocolVersion(client.version);
    // Over HTTP what follows could overtake it, and is refused by some before it.
    const told = wire.tell('notifications/initialized', {});
    await withTimeout(NOTICE_MS, (signal) => abortable(told, signal)).catch((error: unknown) => {
      onremark(`notifications/initialized was not taken: ${causeOf(error)}`);
    });
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
