import { inWords } from './in-words.ts';
import type { JsonObject } from './json.ts';
import { withoutIssues } from './validation-issues.ts';

/** Every way in which the gateway itself can refuse or fail. See the table in src/README.md. */
export type ErrorCode =
  | 'INVALID_ARGUMENTS'
  | 'TOOL_NOT_FOUND'
  | 'AMBIGUOUS_TOOL'
  | 'SERVER_NOT_FOUND'
  | 'JOB_NOT_FOUND'
  | 'REQUEST_NOT_FOUND'
  | 'UPSTREAM_UNAVAILABLE'
  | 'UPSTREAM_ERROR'
  | 'UPSTREAM_NEEDS_AUTH'
  | 'TIMEOUT'
  | 'CANCELLED'
  | 'QUEUE_FULL'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'RATE_LIMITED'
  | 'CONFIG_INVALID'
  | 'INTERNAL';

/** The only error class of the gateway: a closed set of codes and a message that names place, cause and cure. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  /** Machine-readable context; safe to show to the caller. */
  readonly details: JsonObject;

  constructor(code: ErrorCode, message: string, options: { details?: JsonObject; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** The text of anything thrown, with the chain of its causes, on one line and in words. */
export function causeOf(error: unknown): string {
  return inWords(chainOf(error));
}

function chainOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  const code = (error as { code?: unknown }).code;
  const own = withoutIssues(error.message) || (typeof code === 'string' ? code : error.name);
  if (inner === undefined || inner === error) return own;
  const cause = chainOf(inner);
  return own.includes(cause) ? own : `${own}: ${cause}`;
}

const ELLIPSIS = '…';

/** At most `max` characters of a text that somebody else wrote, for use inside a message of ours. */
export function clip(text: string, max = 200): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}${ELLIPSIS}`;
}
