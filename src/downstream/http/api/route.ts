import type { Context } from 'hono';
import type * as z from 'zod';
import type { ErrorCode } from '../../../core/errors.ts';
import type { EdgeEnv } from '../edge-env.ts';
import type { EdgeParts } from '../edge-parts.ts';

/** What a route works with: its input as its schemas parsed it, the HTTP request, and the gateway. */
export interface ApiRequest<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly http: Context<EdgeEnv>;
  readonly parts: EdgeParts;
  /** Silence on a stream after which a comment is sent, in ms. */
  readonly pingMs: number;
}

/** One media type of an answer, for the document. */
export interface Media {
  /** Absent: text. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
}

/** An answer that is no problem. */
export interface Answer {
  readonly description: string;
  readonly content: Readonly<Record<string, Media>>;
  /** Name and meaning of headers of its own. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One operation: what Hono routes, what checks its input, and what the OpenAPI document says of it. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  /** As in OpenAPI: `/jobs/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: 'servers' | 'tools' | 'jobs' | 'monitoring' | 'about';
  readonly summary: string;
  readonly description?: string;
  /** Objects that take no unknown member. */
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** A body that works, by name. */
  readonly examples?: Readonly<Record<string, object>>;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Codes of the problems of this operation, beside those that any may have. */
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
  // `run` is only ever called with what these very schemas parsed.
  return { ...row, run: (request) => row.run(request as ApiRequest<Parsed<Params>, Parsed<Query>, Parsed<Body>>) };
}

/** An answer of JSON, for the document. */
export function json(schema: z.ZodType, example: unknown): Answer['content'] {
  return { 'application/json': { schema, example } };
}
