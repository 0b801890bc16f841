import { causeOf, clip, GatewayError } from '../core/errors.ts';
import { parseMessage } from '../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type RpcError, rpcError } from '../core/rpc.ts';
import { failureIn, loginCommand, SERVER_STATES, serverState, type UpstreamState } from '../core/server-state.ts';
import type { ToolEntry } from '../core/tool.ts';
import type { HttpAnswer } from '../platform/outbound/http-answer.ts';
import { wayOf } from '../platform/outbound/ways.ts';
import { type Challenge, LoginNeeded } from './login/login-needed.ts';
import { redactedError, redactedStart } from './redact.ts';
import { requestId } from './server-message.ts';

/** The connection broke while a forwarded request was in flight. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  /** False if the request provably never reached the upstream. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.sent = sent;
  }
}

/** An address has an event stream whose content cannot be used. The message has the cause. */
export class UnusableStream extends Error {
  override readonly name = 'UnusableStream';
}

/** True if an error or one of its causes is an `UnusableStream`. */
export function isUnusableStream(error: unknown): boolean {
  for (const each of causes(error)) if (each instanceof UnusableStream) return true;
  return false;
}

/** True if a request whose sending failed may still have reached the server. */
export function mayHaveArrived(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  if ('code' in error && error.code === 'UPSTREAM_UNAVAILABLE') return false;
  const status = httpStatus(error);
  if (status !== undefined) return status >= 500;
  return !isUnreachable(error);
}

/** Returns the HTTP status of a refusal; undefined for other errors. */
export function httpStatus(error: unknown): number | undefined {
  for (const each of causes(error)) if ('status' in each && typeof each.status === 'number') return each.status;
  return undefined;
}

/** Returns the JSON-RPC error in the body of a refusal; undefined if there is none. */
export function rpcErrorIn(error: unknown): RpcError | undefined {
  for (const each of causes(error)) if (each instanceof HttpRefusal) return each.said?.error;
  return undefined;
}

/** Error codes of a request that got no connection. */
const NO_CONNECTION = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPROXY',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** True if the request got no connection. */
export function isUnreachable(error: unknown): boolean {
  for (const each of causes(error)) {
    if ('code' in each && typeof each.code === 'string' && NO_CONNECTION.has(each.code)) return true;
  }
  return false;
}

/** True if a request was refused until a person has logged in. */
export function asksForLogin(error: unknown): boolean {
  for (const each of causes(error)) if (each instanceof LoginNeeded) return true;
  return httpStatus(error) === 401;
}

function* causes(error: unknown): Generator<Error> {
  for (let each = error; each instanceof Error; each = each instanceof AggregateError ? each.errors[0] : each.cause)
    yield each;
}

/** Longest message of an upstream inside one of ours, in characters. The details have the whole message. */
const MAX_MESSAGE = 2_000;

/** Turns the failure of a call into one of our errors, which names server, tool, cause and cure. */
export function callFailure(tool: ToolEntry, error: unknown, redact: (text: string) => string): GatewayError {
  const where = `${tool.server}: tool "${tool.definition.name}"`;
  const failure = error instanceof GatewayError ? error : ofConnection(error, redact);
  const details = { ...failure.details, server: tool.server, tool: tool.definition.name };
  const message = `${where}: ${failure.message}${cure(failure)}`;
  return new GatewayError(failure.code, message, { details, cause: failure.cause ?? error });
}

/** Turns a JSON-RPC error of the server into one of ours. Its code and data are in the details under `upstream`. */
export function upstreamError(received: RpcError, redact: (text: string) => string): GatewayError {
  const error = redactedError(received, redact);
  const message = `the server answered with error ${error.code}: ${clip(error.message, MAX_MESSAGE)}`;
  return new GatewayError('UPSTREAM_ERROR', message, { details: { upstream: { ...error } } });
}

function ofConnection(error: unknown, redact: (text: string) => string): GatewayError {
  const cause = redact(causeOf(error));
  if (!(error instanceof ConnectionLost)) return new GatewayError('INTERNAL', cause, { cause: error });
  const fate = error.sent
    ? 'the call had been sent and may have taken effect'
    : 'the call did not reach the server, so it had no effect';
  return new GatewayError('UPSTREAM_UNAVAILABLE', `${cause}; ${fate}`, {
    details: { sent: error.sent },
    cause: error,
  });
}

function cure(failure: GatewayError): string {
  switch (failure.code) {
    case 'TIMEOUT':
      return '. The server was told to stop. Call again with a larger timeoutMs, or use invoke_async for long work.';
    case 'UPSTREAM_UNAVAILABLE':
      return '. The gateway reconnects by itself; try again shortly, or use another tool.';
    default:
      return '';
  }
}

/** Longest cause inside a message of ours, in characters. */
const MAX_CAUSE = 600;

/** Makes the error for a server without a connection, with the cause and the time of the next attempt. */
export function unavailable(
  server: string,
  state: UpstreamState,
  challenge: Challenge,
  lastStderrLine?: string,
): GatewayError {
  if (state.status === 'needs_auth') return needsLogin(server, challenge);
  const failure = failureIn(state);
  if (!failure) return refusal(server, notConnected(state, lastStderrLine), { state: serverState(state) });
  const { error, retryAt, ...circuit } = failure;
  const why = `is not available: ${clip(error, MAX_CAUSE)}; the next attempt is in ${secondsUntil(retryAt)} s`;
  return refusal(server, why, { state: serverState(state), ...circuit, lastError: clip(error, MAX_CAUSE), retryAt });
}

/**
 * Describes the state of a server that has not failed. A slow first start may be fetching packages, so its last line on
 * stderr is shown.
 */
function notConnected(state: UpstreamState, lastStderrLine: string | undefined): string {
  if (state.status !== 'connecting' || state.slowSince === undefined)
    return `is not connected (${SERVER_STATES[serverState(state)]})`;
  const words = lastStderrLine === undefined ? '' : `; it last said: ${clip(lastStderrLine, MAX_CAUSE)}`;
  return `has been starting for ${Math.round((Date.now() - state.slowSince) / 1_000)} s and still is${words}. Ask again later`;
}

function refusal(server: string, why: string, details: JsonObject): GatewayError {
  return new GatewayError('UPSTREAM_UNAVAILABLE', `server "${server}" ${why}`, {
    details: { ...details, sent: false },
  });
}

function needsLogin(server: string, challenge: Challenge): GatewayError {
  const message = `server "${server}" needs a login, which begins when one of its tools is invoked, or with \`${loginCommand(server)}\``;
  return new GatewayError('UPSTREAM_NEEDS_AUTH', message, {
    details: { server, sent: false },
    cause: new LoginNeeded(challenge),
  });
}

function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1_000));
}

/** Longest excerpt of a body inside one of our errors, in characters: after and before white space is collapsed. */
const MAX_EXCERPT = 200;
const MAX_WRITTEN = 2_000;

/** A request was answered with an HTTP status other than 2xx. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  readonly status: number;
  /** The JSON-RPC error in its body and the id that it is for, if there is one. */
  readonly said: { readonly id: unknown; readonly error: RpcError } | undefined;

  /** `redact` blanks secrets, before the text is cut. */
  constructor(answer: HttpAnswer, body: string, redact: (text: string) => string) {
    const said = errorIn(body, redact);
    const why = said ? clip(said.error.message, MAX_EXCERPT) : excerpt(body, redact) || answer.statusText;
    super(`HTTP ${answer.status}${why && `: ${why}`}${said ? '' : wayOf(answer)}`);
    this.status = answer.status;
    this.said = said;
  }
}

/** Returns an excerpt of a body for one of our errors. An HTML page is not repeated. */
export function excerpt(body: string, redact: (text: string) => string): string {
  const text = body.trim();
  if (/^<(?:!doctype|html|head|body|\?xml|h\d|p|div)\b/i.test(text)) return 'a web page';
  return clip(redactedStart(text, redact, MAX_WRITTEN).replace(/\s+/g, ' '), MAX_EXCERPT);
}

function isRpcError(error: unknown): boolean {
  return isJsonObject(error) && typeof error.code === 'number' && typeof error.message === 'string';
}

function errorIn(body: string, redact: (text: string) => string): HttpRefusal['said'] {
  try {
    const message: unknown = parseMessage(body);
    if (!isJsonObject(message) || !message.error) return undefined;
    // Many web frameworks answer `{"error": …}` alone.
    if (requestId(message.id) === undefined && !isRpcError(message.error)) return undefined;
    return { id: message.id, error: redactedError(rpcError(message.error), redact) };
  } catch {
    return undefined;
  }
}
