import { isJsonObject, type JsonObject } from './json.ts';

/** Every code with which the gateway itself refuses or fails. See the table in src/README.md. */
export type ErrorCode =
  | 'INVALID_ARGUMENTS'
  | 'TOOL_NOT_FOUND'
  | 'AMBIGUOUS_TOOL'
  | 'SERVER_NOT_FOUND'
  | 'JOB_NOT_FOUND'
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

/** Returns the text of any thrown value, with the chain of its causes, on one line and in words. */
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

/** Returns at most `max` characters of a text of unknown origin, for use inside a message of ours. */
export function clip(text: string, max = 200): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}${ELLIPSIS}`;
}

/** Matches the error of OpenSSL for a server that answers in another protocol than TLS. */
const NO_TLS =
  /(?:\bwrite EPROTO )?[\dA-F]{1,20}:error:[\dA-F]{1,20}:SSL routines:[^:]{0,100}:(?:wrong version number|packet length too long|http request|unknown protocol)[^\n]*\n?/gi;

/**
 * Errors that runtimes report for a connection, each with words for people; the code stays, since one can look it up.
 * In linear time: servers write such texts too.
 */
const WORDS: readonly (readonly [pattern: RegExp, words: string])[] = [
  // Names of error classes add nothing to the text.
  [/\b(?:Aggregate|Type|Range|Syntax|Reference|Socket|DOM|Fetch|Sse)?(?:Error|Exception): (?=\S)/g, ''],
  [NO_TLS, 'the server speaks no TLS: should the address begin with http:// or ws://?'],
  [/\bfetch failed(?:: (?=\S)|$)/g, ''],
  [
    /\bConnect Timeout Error\b(?: \(attempted address(?:es)?: ([^,)]{1,300})(?:,[^)]{0,3000})?\))?/g,
    'the server at $1 did not answer in time',
  ],
  [/\bHeaders Timeout Error\b/g, 'the server did not begin to answer in time'],
  [/\bBody Timeout Error\b/g, 'the server stopped in the middle of an answer'],
  [/\bterminated(?:: other side closed)?$/g, 'the server broke the connection off'],
  [/\bterminated: (?=\S)/g, 'the connection broke off: '],
  [/\b(?:other side closed|socket hang up)\b/g, 'the server closed the connection'],
  [/\bconnect ECONNREFUSED (\S+)/g, 'nothing listens at $1 (ECONNREFUSED)'],
  [/\b(?:connect|read|write) ECONNRESET\b/g, 'the server reset the connection (ECONNRESET)'],
  [/\bwrite after end\b|\bCannot call write after a stream was destroyed\b/g, 'the connection had been closed'],
  [/\b(?:write|read) EPIPE\b/g, 'the server had closed the connection (EPIPE)'],
  [/\bgetaddrinfo (ENOTFOUND|EAI_NONAME) (\S+)/g, 'there is no host named $2 ($1)'],
  [/\bgetaddrinfo (EAI_\w+) (\S+)/g, 'the host name $2 could not be looked up ($1)'],
  [/\b(?:connect|read) ETIMEDOUT(?: (\S+))?/g, 'the server did not answer in time (ETIMEDOUT $1)'],
  [/\bconnect (EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL) (\S+)/g, 'no way leads to $2 ($1)'],
  [/\bconnect (EACCES|EPERM) (\S+)/g, 'connecting to $2 is not allowed ($1)'],
];
const NOTHING_SAID = 'the server could not be reached';

/** Returns the text of a network error in words for people; other texts unchanged. */
function inWords(text: string): string {
  const said = WORDS.reduce((rest, [pattern, words]) => rest.replace(pattern, words), text);
  return (
    said
      .replace(/ at {2}did/, ' did')
      .replace('(ETIMEDOUT )', '(ETIMEDOUT)')
      .trim() || NOTHING_SAID
  );
}

/** Matches a list of issues that a schema library writes into its message. */
const DUMP = /\[\s*\{\s*"(?:code|expected|origin|path|message|keys|values|errors)"[\s\S]*\}\s*\]/;

/** Replaces a dump of validation issues in a text by the first issue, in words. */
function withoutIssues(text: string): string {
  // A call that fails must not wait for a search through a long text.
  return text.length < 100_000 && text.includes('[') ? text.replace(DUMP, issuesInWords) : text;
}

function issuesInWords(dump: string): string {
  const [issue, ...more] = issuesIn(dump);
  if (!issue) return 'it is not as it has to be';
  const others = more.length > 0 ? ` (and ${more.length} more)` : '';
  return `${issue}${others}`;
}

function issuesIn(dump: string): string[] {
  try {
    const issues: unknown = JSON.parse(dump);
    return Array.isArray(issues) ? issues.filter(isJsonObject).map(issueInWords) : [];
  } catch {
    return [];
  }
}

function issueInWords({ path, message }: { path?: unknown; message?: unknown }): string {
  const place = Array.isArray(path) && path.length > 0 ? `${path.join('.')}: ` : '';
  return `${place}${typeof message === 'string' ? message : 'invalid'}`;
}
