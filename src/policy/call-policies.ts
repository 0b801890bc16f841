import type { CallPolicy } from '../core/call.ts';
import { causeOf, GatewayError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { Logger } from '../platform/log.ts';

/** Says in the result what was mended in the arguments; a result is otherwise not touched. */
export const tellMended: CallPolicy = (next) => (call, context) => {
  const called = next(call, context);
  if (!call.mended?.length) return called;
  return called.then((result) => {
    const meta = isJsonObject(result._meta) ? result._meta : {};
    return { ...result, _meta: { ...meta, 'mcp-gateway/mended': call.mended } };
  });
};

/** Our own defects are told to the caller without their cause: the log has it, also for calls in the background. */
export function logDefects(log: Logger): CallPolicy {
  return (next) => (call, context) =>
    next(call, context).catch((error: unknown) => {
      const defect = !(error instanceof GatewayError) || error.code === 'INTERNAL';
      if (defect) log.error('call failed inside the gateway', { tool: call.tool.id, error: causeOf(error) });
      throw error;
    });
}
