import type { ToolResult } from '../../core/call.ts';
import { clip, GatewayError } from '../../core/errors.ts';

/** Longest error text, in characters: a model reads it. */
const MAX_TEXT = 4_000;

/**
 * An error of the gateway as a tool result, so that the model reads it and corrects its call; the code is in `_meta`.
 */
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
