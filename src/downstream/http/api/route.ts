import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type * as z from 'zod';
import { describeFound } from '../../../config/diagnostic.ts';
import { causeOf, clip, type ErrorCode, GatewayError } from '../../../core/errors.ts';
import { keepSources, parseJson } from '../../../core/exact-json.ts';
import { isJsonObject } from '../../../core/json.ts';
import { beyondBounds, STRANGERS_JSON, withFewUnknown } from '../../../core/json-bounds.ts';
import { writtenAnswer } from '../../../core/unwritable.ts';
import type { EdgeEnv, EdgeParts } from '../request/edge-parts.ts';
import { invalidInput } from '../request/problem.ts';

/** Arguments of a route's `run`: its input as its schemas parsed it, the HTTP request, and the gateway. */
export interface ApiRequest<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly http: Context<EdgeEnv>;
  readonly parts: EdgeParts;
  /** Silence on a stream, in ms, after which a comment is sent. */
  readonly pingMs: number;
}

/** One media type of an answer, for the OpenAPI document. */
interface Media {
  /** Absent: the body is text. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
}

/** A successful answer. */
export interface Answer {
  readonly description: string;
  readonly content: Readonly<Record<string, Media>>;
  /** Descriptions of the headers that this answer adds, by name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One operation: Hono routes it, its schemas check the input, and the OpenAPI document describes it. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  /** As in OpenAPI: `/jobs/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: 'servers' | 'tools' | 'jobs' | 'monitoring' | 'about';
  readonly summary: string;
  readonly description?: string;
  /** Schemas of the input. They refuse unknown members. */
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** Bodies that work, by name. */
  readonly examples?: Readonly<Record<string, object>>;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Codes of the problems of this operation, beside those that any operation may have. */
  readonly codes: readonly ErrorCode[];
  readonly run: (request: ApiRequest) => Response | Promise<Response>;
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A row of the table, its input typed by its schemas. */
export function route<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodObject | undefined = undefined,
>(
  row: Omit<Route, 'params' | 'query' | 'body' | 'run'> & {
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
    readonly run: (request: ApiRequest<Parsed<Params>, Parsed<Query>, Parsed<Body>>) => Response | Promise<Response>;
  },
): Route {
  // `run` is called only with the values that these schemas parsed.
  return { ...row, run: (request) => row.run(request as ApiRequest<Parsed<Params>, Parsed<Query>, Parsed<Body>>) };
}

/** The content of a JSON answer, for the OpenAPI document. */
export function json(schema: z.ZodType, example: unknown): Answer['content'] {
  return { 'application/json': { schema, example } };
}

/**
 * A response of JSON of which servers or callers wrote a part. Keeps their numbers as they were written. Throws
 * `UPSTREAM_ERROR` if the value cannot be written as JSON.
 */
export function jsonResponse(http: Context, value: object, status: 200 | 202 = 200, headers = {}): Response {
  return http.body(writtenAnswer(value), status, { ...headers, 'content-type': 'application/json' });
}

/** Parses path, query and body with the schemas of the route. Throws problems that name the wrong place. */
export async function parseRequest({ params, query, body }: Route, { req }: Context) {
  return {
    params: params && parse('path', params, req.param()),
    query: parseQuery(query, req.queries()),
    body: body && parse('body', body, await readBody(body, req)),
  };
}

/** Throws if the body is no JSON object. */
async function readBody(schema: z.ZodObject, req: Context['req']): Promise<unknown> {
  const body = await readJson(req);
  if (!isJsonObject(body)) throw noObject(describeFound(body));
  return withoutNulls(schema, withFewUnknown(body, Object.keys(schema.shape)));
}

/** Drops optional members that are null: clients write null for absent. */
function withoutNulls({ shape }: z.ZodObject, body: unknown): unknown {
  if (!isJsonObject(body)) return body;
  const isAbsent = ([name, value]: [string, unknown]) =>
    value === null && Object.hasOwn(shape, name) && shape[name]?.safeParse(undefined).success;
  return Object.values(body).includes(null)
    ? keepSources(Object.fromEntries(Object.entries(body).filter((member) => !isAbsent(member))), body)
    : body;
}

function parse(where: 'path' | 'query' | 'body', schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(where, parsed.error);
}

function parseQuery(schema: z.ZodObject | undefined, given: Record<string, string[]>): unknown {
  if (schema) return parse('query', schema, Object.fromEntries(Object.entries(given).map(single)));
  const [unknown] = Object.keys(given);
  if (unknown === undefined) return undefined;
  const detail = `unknown parameter ${JSON.stringify(clip(unknown))}; there are none here`;
  throw new GatewayError('INVALID_ARGUMENTS', `query: ${detail}`, {
    details: { errors: [{ parameter: unknown, detail }] },
  });
}

/** A parameter given once becomes a text; one given several times a list. */
function single([name, values]: [string, string[]]): [string, unknown] {
  return [name, values.length === 1 ? values[0] : values];
}

async function readJson(req: Context['req']): Promise<unknown> {
  const type = req.header('content-type');
  if (!/^application\/json\s*(;|$)/i.test(type ?? '')) {
    const found = type === undefined ? 'none' : `"${clip(type, 60)}"`;
    throw new HTTPException(415, { message: `expected a content-type of application/json; found ${found}` });
  }
  const text = await req.text();
  const beyond = beyondBounds(text, STRANGERS_JSON);
  if (beyond) throw noJson(beyond);
  try {
    return parseJson(text);
  } catch (error) {
    throw noJson(text.trim() === '' ? 'found nothing' : clip(causeOf(error)));
  }
}

function noJson(detail: string): GatewayError {
  const details = { errors: [{ pointer: '#', detail }] };
  return new GatewayError('INVALID_ARGUMENTS', `body: expected JSON; ${detail}`, { details });
}

function noObject(found: string): GatewayError {
  const detail = `expected an object; found ${found}`;
  return new GatewayError('INVALID_ARGUMENTS', `body: ${detail}`, { details: { errors: [{ pointer: '#', detail }] } });
}
