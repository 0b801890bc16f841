import { writeJson } from '../../core/exact-json.ts';
import type { JsonObject } from '../../core/json.ts';
import { INTERNAL_ERROR } from '../../core/rpc.ts';
import { unwritable } from '../../core/unwritable.ts';

/**
 * A message as JSON. An answer that cannot be written becomes an error, as whoever asked would wait for ever; any other
 * message throws.
 */
export function messageText(message: JsonObject): string {
  try {
    return writeJson(message);
  } catch (error) {
    if (message.method !== undefined || message.id === undefined) throw error;
    return JSON.stringify(unwritableAnswer(message.id, unwritable(error)));
  }
}

/** The error in place of an answer that cannot be written. */
export function unwritableAnswer(id: unknown, why: string): JsonObject {
  return {
    jsonrpc: '2.0',
    id,
    error: { code: INTERNAL_ERROR, message: `The answer cannot be written as JSON: ${why}` },
  };
}
