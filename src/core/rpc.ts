import { keepSources } from './exact-json.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** The error of a JSON-RPC answer, as received. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The other side's answer to a request: its `result` exactly as received, or its error. */
export type Answer = { readonly result: JsonObject } | { readonly error: RpcError };

/** `params` of a `notifications/progress`, without the token. */
export type Progress = JsonObject & { readonly progress: number };

/** Codes of JSON-RPC and of MCP. */
export const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;
export const UNSUPPORTED_PROTOCOL_VERSION = -32_022;
export const URL_ELICITATION_REQUIRED = -32_042;

/** Thrown to answer a request with exactly this error, of the protocol or of a server; code and data stay untouched. */
export class RpcFailure extends Error {
  override readonly name = 'RpcFailure';
  readonly error: RpcError;

  constructor(error: RpcError) {
    super(error.message);
    this.error = error;
  }
}

/** Returns the error member of an answer of another program, of any shape, as an `RpcError`. */
export function rpcError(error: unknown): RpcError {
  if (!isJsonObject(error)) return { code: INTERNAL_ERROR, message: saidBy(error) };
  const { code, message, data } = error;
  const read = {
    code: typeof code === 'number' ? code : INTERNAL_ERROR,
    message: typeof message === 'string' ? (said(message) ?? said(data) ?? 'no reason is given') : written(error),
    ...(data !== undefined && { data }),
  };
  return keepSources(read, error);
}

/** Returns a text, or any other value as JSON; undefined if it is absent or blank. */
function said(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' ? value : written(value);
  return text.trim() === '' ? undefined : text;
}

/** Returns the message of an error that is not an object: many servers write its message alone. */
function saidBy(error: unknown): string {
  if (error === undefined || error === null || error === false || error === '')
    return 'the answer holds neither a result nor an error';
  return typeof error === 'string' ? error : written(error);
}

function written(error: unknown): string {
  try {
    return JSON.stringify(error);
  } catch {
    return 'an error that is nested too deeply to be told';
  }
}
