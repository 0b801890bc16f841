import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** The one revision that has batches. */
const REVISION = '2025-03-26';
/** Messages that one batch may hold. */
const MAX_MESSAGES = 50;

/** Whether a client may send batches of messages: one that has said hello in the revision that has them. */
export class Batches {
  #areAllowed = false;

  get areAllowed(): boolean {
    return this.#areAllowed;
  }

  /** Learns from a message that was sent by itself which revision the client speaks. */
  observe({ method, params }: JsonObject): void {
    if (method === 'initialize' && isJsonObject(params)) this.#areAllowed = params.protocolVersion === REVISION;
  }

  /** What keeps a batch of that size from being taken; undefined when nothing does. */
  problem(size: number): string | undefined {
    if (!this.#areAllowed)
      return `a batch, which only revision ${REVISION} has, once the client has said hello in it; send each message by itself`;
    if (size === 0) return 'an empty batch';
    return size > MAX_MESSAGES ? `a batch of ${size} messages; one holds at most ${MAX_MESSAGES}` : undefined;
  }
}

/** The answers to a batch that is refused: one for each request in it, so that none waits, or one for all. */
export function batchRefusal(batch: readonly unknown[], error: JsonObject): JsonObject[] {
  const ids = batch.length > MAX_MESSAGES ? [] : batch.flatMap(requestId);
  return (ids.length > 0 ? ids : [null]).map((id) => ({ jsonrpc: '2.0', id, error }));
}

function requestId(message: unknown): (string | number)[] {
  if (!isJsonObject(message) || typeof message.method !== 'string') return [];
  const { id } = message;
  return typeof id === 'string' || typeof id === 'number' ? [id] : [];
}
