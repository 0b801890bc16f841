import type { TextReply } from './reply.ts';
import type { RequestContext } from './request-context.ts';

/** Methods and headers that a page of another origin may use: those of MCP, of authentication and of the rate limit. */
const ALLOWED_METHODS = 'GET,POST,DELETE';
const ALLOWED_HEADERS = [
  ...['authorization', 'content-type', 'accept', 'x-api-key', 'last-event-id'],
  ...['mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name'],
].join(',');
const EXPOSED_HEADERS = [
  ...['mcp-session-id', 'www-authenticate', 'retry-after', 'x-request-id', 'location'],
  ...['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
].join(',');
/** Seconds for which a browser may remember the answer to a preflight request. */
const MAX_AGE_SECONDS = '600';

/** Adds the CORS headers for that origin; returns the answer to a preflight request (`OPTIONS`). */
export function allowOrigin(
  { method, answerHeaders }: RequestContext,
  origin: string,
  allowed: readonly string[],
): TextReply | undefined {
  answerHeaders.vary = 'Origin';
  answerHeaders['access-control-expose-headers'] = EXPOSED_HEADERS;
  if (allowed.includes(origin) || allowed.includes('*')) answerHeaders['access-control-allow-origin'] = origin;
  if (method !== 'OPTIONS') return undefined;
  const headers = {
    'access-control-allow-methods': ALLOWED_METHODS,
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': MAX_AGE_SECONDS,
    vary: 'Origin, Access-Control-Request-Headers',
  };
  return { status: 204, headers };
}
