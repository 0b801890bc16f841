import type { KeptResult, ResultStore } from '../../broker/results/result-store.ts';
import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { SERVER_INFO_META_KEY } from '../../core/protocol.ts';
import { INTERNAL_ERROR } from '../../core/rpc.ts';

/** How much of a large result is shown at once, in characters. */
const HEAD_CHARS = 4_000;

/**
 * What is written in place of an answer whose line the client could not take: SDK hosts close the connection at 10 MiB.
 * A tool's result is kept whole and answered with its head, its size and where the rest is; any other answer is an error.
 * Nothing can stand for a request or a notification of that size.
 */
export function insteadOf({ id, result }: JsonObject, bytes: number, results: ResultStore): JsonObject | undefined {
  if (!isJsonObject(result)) return undefined;
  const kept = results.keep(writeJson(result));
  const answer = Array.isArray(result.content)
    ? { result: headOf(result, kept, bytes) }
    : { error: tooLarge(kept, bytes) };
  // A JSON-RPC answer with the id of the one it replaces.
  return { jsonrpc: '2.0', id, ...answer };
}

function headOf(result: JsonObject, kept: KeptResult, bytes: number): JsonObject {
  const first = (result.content as unknown[]).find((block) => isJsonObject(block) && block.type === 'text');
  const text = isJsonObject(first) && typeof first.text === 'string' ? first.text.slice(0, HEAD_CHARS) : '';
  const where = `[The result has ${bytes} bytes, too many for one message. It is kept whole as JSON of ${kept.chars} characters: read it in parts with job_status {"jobId": "${kept.id}", "offset": 0}, or as resource ${kept.uri}?offset=0&length=100000.]`;
  return {
    content: [
      { type: 'text', text: text ? `${text}…\n\n${where}` : where },
      { type: 'resource_link', uri: kept.uri, name: kept.id, mimeType: 'application/json', size: bytes },
    ],
    ...(result.isError === true && { isError: true }),
    // What the revision of the connection puts into every result.
    ...(result.resultType !== undefined && { resultType: result.resultType }),
    _meta: {
      ...serverInfoIn(result._meta),
      'mcp-gateway/result': { uri: kept.uri, jobId: kept.id, bytes, chars: kept.chars },
    },
  };
}

function serverInfoIn(meta: unknown): JsonObject {
  const info = isJsonObject(meta) ? meta[SERVER_INFO_META_KEY] : undefined;
  return info === undefined ? {} : { [SERVER_INFO_META_KEY]: info };
}

function tooLarge(kept: KeptResult, bytes: number): JsonObject {
  const message = `The answer has ${bytes} bytes, too many for one message; it is kept and can be read in parts`;
  return { code: INTERNAL_ERROR, message, data: { uri: kept.uri, bytes, chars: kept.chars } };
}
