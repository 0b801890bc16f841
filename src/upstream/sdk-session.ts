import {
  Client,
  type ClientCapabilities,
  type Implementation,
  type VersionNegotiationOptions,
} from '@modelcontextprotocol/client';
import { GATEWAY_INFO, type Negotiation, type Session, type SessionOptions } from './session.ts';
import type { Wire } from './wire.ts';

const NEGOTIATION: Record<Negotiation, VersionNegotiationOptions | undefined> = {
  handshake: undefined,
  probe: { mode: 'auto' },
  modern: { mode: { pin: '2026-07-28' } },
};

/** A session that the SDK's client leads: probing, 2026-07-28 with its subscriptions, and all that is spoken over HTTP. */
export class SdkSession implements Session {
  readonly #client: Client;

  /** Rejects with the SDK's error. */
  static async open(wire: Wire, negotiation: Negotiation, options: SessionOptions): Promise<SdkSession> {
    const { identity, timeoutMs, onclose, onerror } = options;
    const versionNegotiation = NEGOTIATION[negotiation];
    // What a client says of itself is passed on as it is; the SDK types it as strictly as it would parse it.
    const client = new Client((identity.info ?? GATEWAY_INFO) as Implementation, {
      capabilities: identity.capabilities as ClientCapabilities,
      ...(versionNegotiation && { versionNegotiation }),
    });
    client.onclose = onclose;
    client.onerror = onerror;
    await client.connect(wire, { timeout: timeoutMs });
    return new SdkSession(client);
  }

  private constructor(client: Client) {
    this.#client = client;
  }

  get modern(): boolean {
    return this.#client.getProtocolEra() === 'modern';
  }

  get version(): string | undefined {
    return this.#client.getNegotiatedProtocolVersion();
  }

  get capabilities(): unknown {
    return this.#client.getServerCapabilities();
  }

  get server(): Session['server'] {
    return this.#client.getServerVersion();
  }

  get instructions(): string | undefined {
    return this.#client.getInstructions();
  }

  listen(filter: object): Promise<{ close(): Promise<void> }> {
    return this.#client.listen(filter);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
