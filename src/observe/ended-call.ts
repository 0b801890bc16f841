import type { CallContext, CallPolicy, ToolCall, ToolResult } from '../core/call.ts';
import { type ErrorCode, GatewayError } from '../core/errors.ts';

/** How a call ended. `tool_error`: the tool's own result says that it failed. */
export type Outcome = 'ok' | 'tool_error' | ErrorCode;

/** A call that reached a tool and has ended. */
export interface EndedCall {
  readonly call: ToolCall;
  readonly context: CallContext;
  /** When it began, in epoch ms. */
  readonly at: number;
  /** With fractions, by a clock that nobody sets. */
  readonly durationMs: number;
  readonly outcome: Outcome;
  /** Absent: it failed. */
  readonly result?: ToolResult;
}

/** Takes note of an ended call. */
export type Observer = (ended: EndedCall) => void;

/** Tells the observers of each call once it has ended; its result or error passes as it is, whatever they do. */
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
      // A call is worth more than the note of it.
    }
  }
}
