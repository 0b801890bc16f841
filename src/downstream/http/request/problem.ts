import { STATUS_CODES } from 'node:http';
import type { Context, ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import * as z from 'zod';
import { causeOf, clip, type ErrorCode, GatewayError } from '../../../core/errors.ts';
import { writeJson } from '../../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { Logger } from '../../../platform/log.ts';
import type { EdgeEnv } from './edge-parts.ts';
import { type TextReply, textResponse } from './reply.ts';

/** Status and title over HTTP of each error code of the gateway. */
export const PROBLEMS = {
  INVALID_ARGUMENTS: { status: 400, title: 'Invalid arguments' },
  UNAUTHENTICATED: { status: 401, title: 'Not authenticated' },
  FORBIDDEN: { status: 403, title: 'Not allowed' },
  TOOL_NOT_FOUND: { status: 404, title: 'No such tool' },
  SERVER_NOT_FOUND: { status: 404, title: 'No such server' },
  JOB_NOT_FOUND: { status: 404, title: 'No such job' },
  AMBIGUOUS_TOOL: { status: 409, title: 'Several tools have that name' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  // nginx uses this status, which is not registered, for a client that went away.
  CANCELLED: { status: 499, title: 'Cancelled' },
  INTERNAL: { status: 500, title: 'Failure inside the gateway' },
  CONFIG_INVALID: { status: 500, title: 'Invalid configuration' },
  UPSTREAM_ERROR: { status: 502, title: 'The server answered with an error' },
  UPSTREAM_NEEDS_AUTH: { status: 502, title: 'The server needs a login' },
  UPSTREAM_UNAVAILABLE: { status: 503, title: 'The server cannot be reached' },
  QUEUE_FULL: { status: 503, title: 'The job queue is full' },
  TIMEOUT: { status: 504, title: 'The deadline passed' },
} as const satisfies Record<ErrorCode, { readonly status: number; readonly title: string }>;

/** Members of a problem document beside `type` and `status`. Some problems have further ones. */
interface ProblemText extends JsonObject {
  /** The kind of problem, in a few words. */
  readonly title: string;
  /** Place, cause and cure of this occurrence. */
  readonly detail: string;
  /** An `ErrorCode`, or the name of the status in capitals: `NOT_FOUND`. */
  readonly code: string;
  /** Id of the request. */
  readonly instance?: string;
}

/** An RFC 9457 problem document; its `type` is a URN made of the code. */
export interface Problem extends ProblemText {
  readonly type: string;
  readonly status: number;
}

/** `Retry-After` in seconds where no better time is known. */
const RETRY_SECONDS = 1;

/** An answer with an RFC 9457 problem document. */
export function problem(status: number, text: ProblemText, headers: Readonly<Record<string, string>> = {}): TextReply {
  return replyWith({ ...text, type: problemType(text.code), status }, headers);
}

/** The problem document of any thrown value. It withholds the cause of a defect of the gateway. */
export function problemOf(error: unknown, instance?: string): Problem {
  const at = instance === undefined ? {} : { instance };
  if (error instanceof z.ZodError) return problemOf(invalidInput('request', error), instance);
  if (error instanceof HTTPException) return { ...ofStatus(error.status, error.message), ...at };
  if (!(error instanceof GatewayError) || error.code === 'INTERNAL') return { ...withheld(), ...at };
  const standard = {
    type: problemType(error.code),
    ...PROBLEMS[error.code],
    detail: error.message,
    code: error.code,
    ...at,
  };
  // First for readers, and again last so that no detail replaces a member.
  return { ...standard, ...error.details, ...argumentErrors(error.details), ...standard };
}

/** Hono's error handler: answers a thrown value with a problem document, and logs a defect with its stack. */
export function onError(log: Logger): ErrorHandler<EdgeEnv> {
  return (error, { req, var: { requestId } }) =>
    textResponse(errorReply(log, error, { requestId, method: req.method, path: req.path }));
}

/** The answer to a request whose handler has thrown `error`. Logs a defect. */
export function errorReply(
  log: Logger,
  error: unknown,
  request: JsonObject & { readonly requestId: string },
): TextReply {
  logDefect(log, error, request);
  const headers = new Headers(error instanceof HTTPException ? error.res?.headers : undefined);
  headers.delete('content-length');
  const seconds = retrySeconds(error);
  if (seconds !== undefined) headers.set('retry-after', String(seconds));
  return replyWith(problemOf(error, request.requestId), Object.fromEntries(headers));
}

/** The answer where no route matches. */
export const notFound: NotFoundHandler<EdgeEnv> = ({ req, var: { requestId } }) =>
  textResponse(notFoundReply(req.path, requestId));

export function notFoundReply(path: string, requestId: string): TextReply {
  return replyWith({ ...ofStatus(404, `there is nothing at ${clip(path)}`), instance: requestId });
}

/** The answer where the path has routes of other methods only. */
export function methodProblem({ req, var: { requestId } }: Context<EdgeEnv>, methods: readonly string[]): Response {
  const text = {
    title: 'Method Not Allowed',
    detail: `${req.method} is not possible here, ${methods.join(', ')} is`,
    code: 'METHOD_NOT_ALLOWED',
    instance: requestId,
  };
  return textResponse(problem(405, text, { allow: methods.join(', ') }));
}

/** Logs an error that is no refusal of the gateway. Clients are not told its cause. */
export function logDefect(log: Logger, error: unknown, where: JsonObject): void {
  if (error instanceof HTTPException || error instanceof z.ZodError) return;
  if (error instanceof GatewayError && error.code !== 'INTERNAL') return;
  const stack = error instanceof Error ? error.stack : undefined;
  log.error('request failed inside the gateway', { ...where, error: causeOf(error), stack });
}

/** `INVALID_ARGUMENTS` for what does not fit a schema; `errors` names each place, in the body as a JSON pointer. */
export function invalidInput(where: 'path' | 'query' | 'body' | 'request', { issues }: z.ZodError): GatewayError {
  const errors = issues.flatMap((issue) =>
    placesOf(issue).map((place) => ({ ...member(where, place), detail: issue.message })),
  );
  const text = issues.map(({ path, message }) => [path.map(String).join('.'), message].filter(Boolean).join(': '));
  const message = `${where}: ${clip(text.join('; '), MAX_DETAIL)}`;
  return new GatewayError('INVALID_ARGUMENTS', message, { details: { errors: errors.slice(0, MAX_ERRORS) } });
}

const MAX_DETAIL = 600;
const MAX_ERRORS = 20;

/** Paths of an issue. Zod reports unknown keys at their object; here each key has its own path. */
function placesOf(issue: z.core.$ZodIssue): PropertyKey[][] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** The place as in RFC 9457, section 3: a JSON pointer into the body, else the name of the parameter. */
function member(where: 'path' | 'query' | 'body' | 'request', place: readonly PropertyKey[]): JsonObject {
  if (where === 'path' || where === 'query') return { parameter: clip(String(place[0])) };
  const steps = place.map((step) => encodeURIComponent(String(step).replaceAll('~', '~0').replaceAll('/', '~1')));
  return { pointer: clip(['#', ...steps].join('/')) };
}

function ofStatus(status: number, detail: string): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  const code = CODES[status] ?? title.toUpperCase().replace(/\W+/g, '_');
  return { type: problemType(code), title, status, detail: detail || title, code };
}

/** Codes of the statuses that have exactly one. */
const CODES: Readonly<Record<number, ErrorCode>> = { 401: 'UNAUTHENTICATED', 403: 'FORBIDDEN', 429: 'RATE_LIMITED' };

function withheld(): Problem {
  const detail = 'the gateway failed on this request; its log has the cause, under the id of the request';
  return { type: problemType('INTERNAL'), ...PROBLEMS.INTERNAL, detail, code: 'INTERNAL' };
}

function retrySeconds(error: unknown): number | undefined {
  if (!(error instanceof GatewayError)) return undefined;
  if (error.code === 'RATE_LIMITED') return RETRY_SECONDS;
  if (error.code !== 'UPSTREAM_UNAVAILABLE') return undefined;
  const { retryAt } = error.details;
  if (typeof retryAt !== 'number') return RETRY_SECONDS;
  return Math.max(RETRY_SECONDS, Math.ceil((retryAt - Date.now()) / 1_000));
}

/** The URN that is the `type` of problems with that code. */
export function problemType(code: string): string {
  return `urn:mcp-gateway:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}

function replyWith(document: Problem, headers: Readonly<Record<string, string>> = {}): TextReply {
  return {
    status: document.status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
    body: writeJson(document),
  };
}

/** A step of a path to an argument: `.name`, `[2]`, `["odd name"]`. */
const STEP = /\.([^.[\]]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/g;

/** The problems that a tool's schema found in its arguments, in the form of the `errors` of other wrong requests. */
export function argumentErrors({ problems }: JsonObject): { readonly errors?: readonly JsonObject[] } {
  if (!Array.isArray(problems)) return {};
  const errors = problems.filter(isJsonObject).map(({ path, expected, found }) => ({
    pointer: pointerOf(String(path).replace(/^args/, '')),
    detail: found === 'nothing' ? String(expected) : `expected ${expected}; found ${found}`,
  }));
  return { errors };
}

/** A JSON pointer into the body. */
function pointerOf(path: string): string {
  const steps = [...path.matchAll(STEP)].map(([, name, index, quoted]) => name ?? index ?? quoted ?? '');
  return ['#', 'arguments', ...steps.map(escaped)].join('/');
}

function escaped(step: string): string {
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));
}
