import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { type ErrorCode, GatewayError } from '../../../../../src/core/errors.ts';
import type { JsonObject } from '../../../../../src/core/json.ts';
import type { EdgeEnv } from '../../../../../src/downstream/http/request/edge-parts.ts';
import { notFound, onError, PROBLEMS, problem } from '../../../../../src/downstream/http/request/problem.ts';
import { createLogger } from '../../../../../src/platform/log.ts';

const STATUS: Record<ErrorCode, number> = {
  INVALID_ARGUMENTS: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  TOOL_NOT_FOUND: 404,
  SERVER_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  AMBIGUOUS_TOOL: 409,
  RATE_LIMITED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  CONFIG_INVALID: 500,
  UPSTREAM_ERROR: 502,
  UPSTREAM_NEEDS_AUTH: 502,
  UPSTREAM_UNAVAILABLE: 503,
  QUEUE_FULL: 503,
  TIMEOUT: 504,
};

/** The answer to a request whose route throws, and what was logged. */
async function thrown(error: unknown): Promise<{ response: Response; document: JsonObject; logged: JsonObject[] }> {
  const logged: JsonObject[] = [];
  const app = new Hono<EdgeEnv>();
  app.onError(onError(createLogger((line) => logged.push(JSON.parse(line)))));
  app.notFound(notFound);
  app.use(({ set }, next) => {
    set('requestId', 'r1');
    return next();
  });
  app.get('/', () => {
    throw error;
  });
  const response = await app.request('/');
  return { response, document: (await response.json()) as JsonObject, logged };
}

test.each(Object.entries(STATUS))(
  '%s is a problem document with status %i [http.api-problems]',
  async (code, status) => {
    const { response, document, logged } = await thrown(new GatewayError(code as ErrorCode, 'what it is'));
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const { title } = PROBLEMS[code as ErrorCode];
    const type = `urn:mcp-gateway:problem:${code.toLowerCase().replaceAll('_', '-')}`;
    expect(document).toMatchObject({ type, title, status, code, instance: 'r1' });
    expect(document.detail).toMatch(code === 'INTERNAL' ? /its log has the cause/ : /^what it is$/);
    expect(logged).toHaveLength(code === 'INTERNAL' ? 1 : 0);
  },
);

test('details are further members, and none takes the place of a standard one [http.api-problems]', async () => {
  const details = { candidates: ['a::x', 'b::x'], status: 200, type: 'about:blank', instance: 'x' };
  const { document } = await thrown(new GatewayError('AMBIGUOUS_TOOL', 'two', { details }));
  expect(document).toEqual({
    type: 'urn:mcp-gateway:problem:ambiguous-tool',
    title: 'Several tools have that name',
    status: 409,
    detail: 'two',
    code: 'AMBIGUOUS_TOOL',
    instance: 'r1',
    candidates: ['a::x', 'b::x'],
  });
});

test('an unavailable server says when to try again [http.api-problems]', async () => {
  const at = (details: JsonObject) => thrown(new GatewayError('UPSTREAM_UNAVAILABLE', 'gone', { details }));
  const soon = await at({ retryAt: Date.now() + 3_600_000 });
  expect(Number(soon.response.headers.get('retry-after'))).toBeGreaterThan(3_000);
  expect((await at({ retryAt: 5 })).response.headers.get('retry-after')).toBe('1');
  expect((await at({})).response.headers.get('retry-after')).toBe('1');
});

test('an HTTPException keeps its status, its text and its headers [http.api-problems]', async () => {
  const res = new Response('none', { status: 401, headers: { 'www-authenticate': 'Bearer', 'content-length': '4' } });
  const { response, document } = await thrown(new HTTPException(401, { message: 'say who you are', res }));
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  expect(document).toMatchObject({ code: 'UNAUTHENTICATED', detail: 'say who you are', status: 401 });
  const large = await thrown(new HTTPException(413));
  expect(large.document).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', title: 'Payload Too Large', status: 413 });
});

test('an error of a schema names each place as a JSON pointer [http.api-problems, http.api-input]', async () => {
  const schema = z.strictObject({ 'a/b': z.strictObject({ c: z.number() }) });
  const { error } = schema.safeParse({ 'a/b': { c: 'x', d: 1 }, '~e': 1 });
  const { response, document } = await thrown(error);
  expect(response.status).toBe(400);
  const errors = document.errors as { pointer: string }[];
  expect(errors.map(({ pointer }) => pointer)).toEqual(['#/a~1b/c', '#/a~1b/d', '#/~0e']);
});

test.each([
  new Error('the password is hunter2'),
  new GatewayError('INTERNAL', 'the password is hunter2', { details: { password: 'hunter2' } }),
])('a defect is logged with its stack and withheld: %s [http.api-withheld]', async (error) => {
  const { response, document, logged } = await thrown(error);
  expect(response.status).toBe(500);
  expect(JSON.stringify(document)).not.toContain('hunter2');
  expect(logged).toMatchObject([
    { level: 'error', requestId: 'r1', error: 'the password is hunter2', stack: expect.stringContaining('at ') },
  ]);
});

test('a problem made by hand has the same shape [http.api-problems]', () => {
  const text = { title: 'Too many requests', detail: 'wait', code: 'RATE_LIMITED', instance: 'r2', limit: 5 };
  const { status, headers, body = '' } = problem(429, text, { 'retry-after': '7' });
  expect(status).toBe(429);
  expect(headers).toEqual({ 'retry-after': '7', 'content-type': 'application/problem+json' });
  expect(JSON.parse(body)).toEqual({ ...text, type: 'urn:mcp-gateway:problem:rate-limited', status: 429 });
});
