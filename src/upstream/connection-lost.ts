import type { RpcError } from '../core/rpc.ts';
import { HttpRefusal } from './http-refusal.ts';
import { LoginNeeded } from './login/login-needed.ts';

/** The connection broke under a forwarded request. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  /** False when the request provably never reached the upstream. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.sent = sent;
  }
}

/** There is an event stream at an address, but what came over it cannot be used: its own cause is what is wrong. */
export class UnusableStream extends Error {
  override readonly name = 'UnusableStream';
}

/** Whether an error, or a cause of it, is of such a stream. */
export function isUnusableStream(error: unknown): boolean {
  for (const each of causes(error)) if (each instanceof UnusableStream) return true;
  return false;
}

/** Whether a request whose sending failed may have reached the server all the same. */
export function maySent(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  if ('code' in error && error.code === 'UPSTREAM_UNAVAILABLE') return false;
  const status = httpStatus(error);
  if (status !== undefined) return status >= 500;
  return !isUnreachable(error);
}

/** HTTP status with which a request was refused. */
export function httpStatus(error: unknown): number | undefined {
  for (const each of causes(error)) if ('status' in each && typeof each.status === 'number') return each.status;
  return undefined;
}

/** The JSON-RPC error with which a request was refused, if there was one beside the status. */
export function saidWith(error: unknown): RpcError | undefined {
  for (const each of causes(error)) if (each instanceof HttpRefusal) return each.said?.error;
  return undefined;
}

/** Errors of a request that got no connection. */
const NO_CONNECTION = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPROXY',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether nobody was there to take a request. */
export function isUnreachable(error: unknown): boolean {
  for (const each of causes(error)) {
    if ('code' in each && typeof each.code === 'string' && NO_CONNECTION.has(each.code)) return true;
  }
  return false;
}

/** Whether a request was refused until somebody has logged in. */
export function asksForLogin(error: unknown): boolean {
  for (const each of causes(error)) if (each instanceof LoginNeeded) return true;
  return httpStatus(error) === 401;
}

function* causes(error: unknown): Generator<Error> {
  for (let each = error; each instanceof Error; each = each instanceof AggregateError ? each.errors[0] : each.cause)
    yield each;
}
