import type { CallContext, CallPolicy, ToolCall, ToolResult } from '../core/call.ts';
import { type ErrorCode, GatewayError } from '../core/errors.ts';

/** The end of a call: `ok`, `tool_error` (the tool's own result says that it failed), or the code of an error. */
export type Outcome = 'ok' | 'tool_error' | ErrorCode;

/** A call that reached a tool and has ended. */
export interface EndedCall {
  readonly call: ToolCall;
  readonly context: CallContext;
  /** Start of the call, in epoch ms. */
  readonly at: number;
  /** Duration in ms with fractions, by a monotonic clock. */
  readonly durationMs: number;
  readonly outcome: Outcome;
  /** Absent: the call failed. */
  readonly result?: ToolResult;
}

/** Called with each ended call. */
export type Observer = (ended: EndedCall) => void;

/** Calls the observers after each call. Its result or error passes unchanged, even if an observer throws. */
export function notifyObservers(observers: readonly Observer[], now: () => number = Date.now): CallPolicy {
  return (next) => async (call, context) => {
    const at = now();
    const startedAt = performance.now();
    const tell = (outcome: Outcome, result?: ToolResult) =>
      tellAll(observers, { call, context, at, durationMs: performance.now() - startedAt, outcome, result });
    try {
      const result = await next(call, context);
      tell(result.isError === true ? 'tool_error' : 'ok', result);
      return result;
    } catch (error) {
      tell(error instanceof GatewayError ? error.code : 'INTERNAL');
      throw error;
    }
  };
}

function tellAll(observers: readonly Observer[], ended: EndedCall): void {
  for (const observe of observers) {
    try {
      observe(ended);
    } catch {
      // A failed observer must not fail the call.
    }
  }
}
