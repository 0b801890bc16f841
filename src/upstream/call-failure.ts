import { causeOf, clip, GatewayError } from '../core/errors.ts';
import type { RpcError } from '../core/rpc.ts';
import type { ToolEntry } from '../core/tool.ts';
import { ConnectionLost } from './connection-lost.ts';
import { redactedError } from './redact.ts';

/** Longest message of an upstream inside one of ours, in characters; the whole of it is in the details. */
const MAX_MESSAGE = 2_000;

/** What went wrong with a call, as one of our errors: names server and tool, the cause, and what to do about it. */
export function callFailure(tool: ToolEntry, error: unknown, redact: (text: string) => string): GatewayError {
  const where = `${tool.server}: tool "${tool.definition.name}"`;
  const failure = error instanceof GatewayError ? error : ofConnection(error, redact);
  const details = { ...failure.details, server: tool.server, tool: tool.definition.name };
  const message = `${where}: ${failure.message}${cure(failure)}`;
  return new GatewayError(failure.code, message, { details, cause: failure.cause ?? error });
}

/** A JSON-RPC error of the server as one of ours: code and data stay, under `upstream`. */
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
