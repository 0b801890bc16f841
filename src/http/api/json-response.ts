import type { Context } from 'hono';
import { writeJson } from '../../core/exact-json.ts';

/** A response with JSON that servers or callers wrote a part of: its numbers are those that came. */
export function jsonResponse(http: Context, value: object, status: 200 | 202 = 200, headers = {}): Response {
  return http.body(writeJson(value), status, { ...headers, 'content-type': 'application/json' });
}
