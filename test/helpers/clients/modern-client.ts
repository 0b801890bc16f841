import type { JsonObject } from '../../../src/core/json.ts';
import { MODERN_REVISION } from './clients.ts';
import type { Message, RawPeer } from './raw-peer.ts';

const CAPABILITIES = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };

/** A 2026-era client without any SDK: what it is asked comes to the test, which answers as it likes. */
export class ModernClient {
  readonly raw: RawPeer;
  readonly #capabilities: JsonObject;

  constructor(raw: RawPeer, capabilities: JsonObject = CAPABILITIES) {
    this.raw = raw;
    this.#capabilities = capabilities;
  }

  request(method: string, params: JsonObject = {}): Promise<Message> {
    return this.start(method, params).response;
  }

  /** Like `request`, with the id, for tests that cancel. */
  start(method: string, { _meta, ...params }: JsonObject = {}): { id: number; response: Promise<Message> } {
    return this.raw.start(method, { ...params, _meta: { ...this.#envelope(), ...(_meta as JsonObject) } });
  }

  /** Calls a meta-tool; `more` are further params, such as `requestState` and `inputResponses`. */
  callTool(name: string, args: JsonObject, more: JsonObject = {}): Promise<Message> {
    return this.request('tools/call', { name, arguments: args, ...more });
  }

  cancel(requestId: number): void {
    this.raw.notify('notifications/cancelled', { requestId, reason: 'enough', _meta: this.#envelope() });
  }

  #envelope(): JsonObject {
    return {
      'io.modelcontextprotocol/protocolVersion': MODERN_REVISION,
      'io.modelcontextprotocol/clientInfo': { name: 'modern-peer', version: '1.0.0' },
      'io.modelcontextprotocol/clientCapabilities': this.#capabilities,
    };
  }
}
