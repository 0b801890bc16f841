import type { CallContext, CallPolicy, CallTool, ToolCall, ToolResult } from '../../../src/core/call.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { toolId } from '../../../src/core/tool.ts';
import { notifyObservers, type Observer } from '../../../src/observe/ended-call.ts';

/** A call of a tool that nobody has listed. */
export function callOf(server: string, tool: string, args: JsonObject = {}, rest: Partial<ToolCall> = {}): ToolCall {
  const definition = { name: tool, inputSchema: { type: 'object' } };
  return {
    tool: { id: toolId(server, tool), server, tags: [], definition },
    args,
    startedAt: 0,
    timeoutMs: 1_000,
    ...rest,
  };
}

/** The context of a call by that caller. */
export function contextOf(id = 'someone', session?: string): CallContext {
  const caller = { id, roles: [], ...(session !== undefined && { session }) };
  return { caller, signal: new AbortController().signal };
}

/** The policy that tells a log or metrics of calls, as `observeCalls` makes it; `now` is the clock, in epoch ms. */
export function observing({ ended }: { readonly ended: Observer }, now?: () => number): CallPolicy {
  return notifyObservers([ended], now);
}

export const OK: ToolResult = { content: [] };

/** A tool that always gives this result. */
export function giving(result: ToolResult): CallTool {
  return () => Promise.resolve(result);
}

/** A tool that always fails with this. */
export function failing(error: unknown): CallTool {
  return () => Promise.reject(error);
}

/** Calls that tool once for each of these, one after the other. */
export async function callEach(policy: CallPolicy, calls: readonly ToolCall[], next = giving(OK)): Promise<void> {
  const call = policy(next);
  for (const each of calls) await call(each, contextOf());
}
