import type { Context } from 'hono';
import { writtenAnswer } from '../../../core/unwritable.ts';

/** A response with JSON that servers or callers wrote a part of: its numbers are those that came. Throws `UPSTREAM_ERROR` where it is no JSON. */
export function jsonResponse(http: Context, value: object, status: 200 | 202 = 200, headers = {}): Response {
  return http.body(writtenAnswer(value), status, { ...headers, 'content-type': 'application/json' });
}
