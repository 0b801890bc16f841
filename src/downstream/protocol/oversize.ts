import type { KeptResult, ResultStore } from '../../broker/results/result-store.ts';
import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { SERVER_INFO_META_KEY } from '../../core/protocol.ts';
import { INTERNAL_ERROR } from '../../core/rpc.ts';

/** Characters of a large result's text that its replacement shows. */
const HEAD_CHARS = 4_000;

/**
 * The message in place of an answer whose line, of that many bytes, the client could not take: SDK hosts close the
 * connection at 10 MiB. The result is stored whole. A tool's result is replaced by its head, its size and the address
 * of the rest, any other by an error. Undefined for requests, notifications and errors: nothing can replace these.
 */
export function replaceOversized(
  { id, result }: JsonObject,
  bytes: number,
  results: ResultStore,
): JsonObject | undefined {
  if (!isJsonObject(result)) return undefined;
  const stored = results.keep(writeJson(result));
  const answer = Array.isArray(result.content)
    ? { result: headOf(result, stored, bytes) }
    : { error: tooLarge(stored, bytes) };
  return { jsonrpc: '2.0', id, ...answer };
}

function headOf(result: JsonObject, stored: KeptResult, bytes: number): JsonObject {
  const first = (result.content as unknown[]).find((block) => isJsonObject(block) && block.type === 'text');
  const text = isJsonObject(first) && typeof first.text === 'string' ? first.text.slice(0, HEAD_CHARS) : '';
  const where = `[The result has ${bytes} bytes, too many for one message. It is kept whole as JSON of ${stored.chars} characters: read it in parts with job_status {"jobId": "${stored.id}", "offset": 0}, or as resource ${stored.uri}?offset=0&length=100000.]`;
  return {
    content: [
      { type: 'text', text: text ? `${text}…\n\n${where}` : where },
      { type: 'resource_link', uri: stored.uri, name: stored.id, mimeType: 'application/json', size: bytes },
    ],
    ...(result.isError === true && { isError: true }),
    // Revision 2026-07-28 demands it in every result.
    ...(result.resultType !== undefined && { resultType: result.resultType }),
    _meta: {
      ...serverInfoIn(result._meta),
      'mcp-gateway/result': { uri: stored.uri, jobId: stored.id, bytes, chars: stored.chars },
    },
  };
}

function serverInfoIn(meta: unknown): JsonObject {
  const info = isJsonObject(meta) ? meta[SERVER_INFO_META_KEY] : undefined;
  return info === undefined ? {} : { [SERVER_INFO_META_KEY]: info };
}

function tooLarge(stored: KeptResult, bytes: number): JsonObject {
  const message = `The answer has ${bytes} bytes, too many for one message; it is kept and can be read in parts`;
  return { code: INTERNAL_ERROR, message, data: { uri: stored.uri, bytes, chars: stored.chars } };
}
