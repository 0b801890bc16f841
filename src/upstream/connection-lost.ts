import { isJsonObject } from '../core/json.ts';

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

/** Whether a request whose sending failed may have reached the server all the same. */
export function maySent(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  if ('code' in error && error.code === 'UPSTREAM_UNAVAILABLE') return false;
  const status = httpStatus(error);
  if (status !== undefined) return status >= 500;
  const cause = error.cause;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code !== 'ECONNREFUSED' && code !== 'ENOTFOUND';
}

/** HTTP status carried by an error of the SDK's transports. */
export function httpStatus(error: unknown): number | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const data = (each as { data?: unknown }).data;
    const status = isJsonObject(data) ? data.status : (each as { status?: unknown }).status;
    if (typeof status === 'number') return status;
    // The SSE transport carries it as `code`.
    const code = (each as { code?: unknown }).code;
    if (typeof code === 'number' && code >= 400 && code < 600) return code;
  }
  return undefined;
}
