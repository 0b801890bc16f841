import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { type RpcError, RpcFailure } from '../../core/rpc.ts';
import { errorResult } from '../protocol/error-result.ts';

/** As servers refuse what they will take later. */
const SERVER_ERROR = -32_000;

/**
 * Answers a request of MCP when `begin` lets it, as `EdgeParts.begin` does. A refusal is a result of `tools/call`, which the
 * model reads, and an `RpcFailure` of every other method.
 */
export async function withinBounds(
  method: string,
  begin: () => () => void,
  answer: () => Promise<JsonObject>,
): Promise<JsonObject> {
  let done: () => void;
  try {
    done = begin();
  } catch (error) {
    if (method === 'tools/call') return errorResult(error);
    throw new RpcFailure(refusalOf(error));
  }
  try {
    return await answer();
  } finally {
    done();
  }
}

/** What `begin` threw, as the error of a request. */
export function refusalOf(error: unknown): RpcError {
  if (!(error instanceof GatewayError)) throw error;
  return { code: SERVER_ERROR, message: error.message, data: { ...error.details, code: error.code } };
}
