import { clip } from '../core/errors.ts';
import { parseMessage } from '../core/exact-json.ts';
import { isJsonObject } from '../core/json.ts';
import { type RpcError, rpcError } from '../core/rpc.ts';
import { wayOf } from '../platform/outbound/ways.ts';
import { redactedError, redactedStart } from './redact.ts';
import { requestId } from './request-ids.ts';

/** Longest text of a body inside one of our errors, in characters; and as it came, with the white space that is left out. */
const MAX_EXCERPT = 200;
const MAX_WRITTEN = 2_000;

/** A request that was answered with an HTTP status other than 2xx. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  readonly status: number;
  /** The JSON-RPC error that its body holds, and the id that it is for, if it holds one. */
  readonly said: { readonly id: unknown; readonly error: RpcError } | undefined;

  /** `redact` blanks secrets, before anything is cut. */
  constructor(response: Response, body: string, redact: (text: string) => string) {
    const said = errorIn(body, redact);
    const why = said ? clip(said.error.message, MAX_EXCERPT) : excerpt(body, redact) || response.statusText;
    super(`HTTP ${response.status}${why && `: ${why}`}${said ? '' : wayOf(response)}`);
    this.status = response.status;
    this.said = said;
  }
}

/** What a body says, for an error of ours: a page is not repeated. */
export function excerpt(body: string, redact: (text: string) => string): string {
  const text = body.trim();
  if (/^<(?:!doctype|html|head|body|\?xml|h\d|p|div)\b/i.test(text)) return 'a web page';
  return clip(redactedStart(text, redact, MAX_WRITTEN).replace(/\s+/g, ' '), MAX_EXCERPT);
}

function isRpcError(error: unknown): boolean {
  return isJsonObject(error) && typeof error.code === 'number' && typeof error.message === 'string';
}

function errorIn(body: string, redact: (text: string) => string): HttpRefusal['said'] {
  try {
    const message: unknown = parseMessage(body);
    if (!isJsonObject(message) || !message.error) return undefined;
    // `{"error": …}` alone is what many web frameworks answer.
    if (requestId(message.id) === undefined && !isRpcError(message.error)) return undefined;
    return { id: message.id, error: redactedError(rpcError(message.error), redact) };
  } catch {
    return undefined;
  }
}
