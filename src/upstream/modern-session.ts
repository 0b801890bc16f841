import { Abort, withTimeout } from '../core/abort.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { ENVELOPE_VERSIONS, SERVER_INFO_META_KEY, SUBSCRIPTION_ID_META_KEY } from '../core/protocol.ts';
import { START_TIMEOUT_MS } from './limits.ts';
import type { PassthroughTransport } from './passthrough-transport.ts';
import { namesIn, type Session } from './session.ts';

/** A subscription that the server refers to by its id when it acknowledges or ends it. */
interface Subscription {
  readonly acknowledged: () => void;
  readonly ended: (cause: string) => void;
}

/**
 * Returns the revision of 2026-07-28 or later in an answer to `server/discover`; undefined if the answer lists none.
 */
export function modernVersionIn(discovered: JsonObject): string | undefined {
  const { supportedVersions } = discovered;
  if (!Array.isArray(supportedVersions)) return undefined;
  return ENVELOPE_VERSIONS.find((version) => supportedVersions.includes(version));
}

/**
 * A session with a server of 2026-07-28. It has no handshake: each request carries version, client and capabilities.
 */
export class ModernSession implements Session {
  readonly modern = true;
  readonly version: string;
  readonly capabilities: unknown;
  readonly server: Session['server'];
  readonly instructions: string | undefined;
  readonly #transport: PassthroughTransport;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(transport: PassthroughTransport, version: string, discovered: JsonObject) {
    const { capabilities, instructions, serverInfo, _meta } = discovered;
    this.#transport = transport;
    this.version = version;
    this.capabilities = capabilities;
    this.server = namesIn(isJsonObject(_meta) ? (_meta[SERVER_INFO_META_KEY] ?? serverInfo) : serverInfo);
    this.instructions = typeof instructions === 'string' ? instructions : undefined;
    transport.onmessage = (message: unknown) => this.#hear(message);
  }

  /** Resolves when the server has acknowledged the subscription. Changes then arrive as notifications. */
  async listen(filter: object): Promise<{ close(): Promise<void> }> {
    const over = new Abort();
    let key = '';
    const acknowledged = new Promise<void>((resolve, reject) => {
      const ended = (cause: string) => reject(new Error(`subscriptions/listen ended: ${cause}`));
      const onId = (id: number) => {
        key = String(id);
        this.#subscriptions.set(key, { acknowledged: resolve, ended });
      };
      this.#transport
        .forward('subscriptions/listen', { notifications: filter }, { signal: over, onId })
        .then((answer) => ended('error' in answer ? answer.error.message : 'the server closed it'), reject)
        .finally(() => this.#subscriptions.delete(key));
    });
    const close = async () => over.abort(new Error('the subscription was closed'));
    try {
      await withTimeout(START_TIMEOUT_MS, (signal) => {
        signal.addEventListener('abort', () => over.abort(signal.reason));
        return acknowledged;
      });
    } catch (error) {
      await close();
      throw error;
    }
    return { close };
  }

  #hear(message: unknown): void {
    if (!isJsonObject(message) || !isJsonObject(message.params)) return;
    const { _meta, requestId } = message.params;
    if (message.method === 'notifications/subscriptions/acknowledged' && isJsonObject(_meta)) {
      this.#subscriptions.get(String(_meta[SUBSCRIPTION_ID_META_KEY]))?.acknowledged();
    }
    if (message.method === 'notifications/cancelled') {
      this.#subscriptions.get(String(requestId))?.ended('the server cancelled it');
    }
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
