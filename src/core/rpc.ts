import { keepSources } from './exact-json.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** The error of a JSON-RPC answer, as received. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** What the other side answered to a request: its `result` exactly as received, or its error. */
export type Answer = { readonly result: JsonObject } | { readonly error: RpcError };

/** `params` of a `notifications/progress`, without the token. */
export type Progress = JsonObject & { readonly progress: number };

/** Codes of JSON-RPC, and of MCP beyond them. */
export const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;
export const UNSUPPORTED_PROTOCOL_VERSION = -32_022;
export const URL_ELICITATION_REQUIRED = -32_042;

/** Thrown to answer a request with exactly this error: one of the protocol, or a server's own, code and data untouched. */
export class RpcFailure extends Error {
  override readonly name = 'RpcFailure';
  readonly error: RpcError;

  constructor(error: RpcError) {
    super(error.message);
    this.error = error;
  }
}

/** An error member that somebody else wrote, whatever its shape, as an `RpcError`. */
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

/** A text that is not blank, or what else there is as JSON. */
function said(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' ? value : written(value);
  return text.trim() === '' ? undefined : text;
}

/** What an error says that is no object: many write its message alone. */
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
