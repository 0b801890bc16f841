import type { CallContext } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { Answer } from '../core/rpc.ts';

/** What the primitives need of the upstream side. */
export interface PrimitiveSource {
  /** Keys of the servers that are connected now and offer that kind, in configuration order. */
  servers(kind: 'resources' | 'prompts' | 'completions'): readonly string[];
  /** Resolves when no server is on its first connect any more, at most about 3 s after its start. */
  settled(): Promise<void>;
  /** One request to one server; the answer raw. Rejects with `GatewayError` when there is none. */
  request(server: string, method: string, params: JsonObject, context: CallContext): Promise<Answer>;
}

/** What an `expose` switch switches. */
export type PrimitiveKind = 'resources' | 'prompts';
