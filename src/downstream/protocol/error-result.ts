import type { ToolResult } from '../../core/call.ts';
import { clip, GatewayError } from '../../core/errors.ts';

/** Longest text of a failure, in characters: it is read by a model. */
const MAX_TEXT = 4_000;

/** A failure of ours as a tool result, so that the model reads it and corrects itself; the code is in `_meta`. */
export function errorResult(error: unknown): ToolResult {
  const failure =
    error instanceof GatewayError
      ? error
      : new GatewayError('INTERNAL', 'the gateway failed on this request; its log on stderr has the cause');
  return {
    content: [{ type: 'text', text: clip(failure.message, MAX_TEXT) }],
    isError: true,
    _meta: { 'mcp-gateway/error': { ...failure.details, code: failure.code } },
  };
}
