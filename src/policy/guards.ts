import type { CallContext, Caller, CallPolicy, ToolCall } from '../core/call.ts';
import { causeOf, GatewayError } from '../core/errors.ts';
import type { Guard } from '../core/guard.ts';
import { isJsonObject } from '../core/json.ts';
import type { ToolDefinition, ToolEntry } from '../core/tool.ts';
import type { Logger } from '../platform/log.ts';

/**
 * Several guards as one, but for their policies. A tool that any guard hides is hidden, and the remarks of all guards
 * are given.
 */
export class Guards {
  readonly #guards: readonly Guard[];
  readonly #visible: readonly NonNullable<Guard['visible']>[];

  /** Calls are admitted by the first guard first. */
  constructor(guards: readonly Guard[]) {
    this.#guards = guards;
    this.#visible = guards.flatMap(({ visible }) => visible ?? []);
  }

  readonly visible = (caller: Caller, tool: ToolEntry): boolean =>
    this.#visible.every((visible) => visible(caller, tool));

  /** Asks one guard after the other; the time in ms is the sum of theirs. See `Guard.admit`. */
  readonly admit = (call: ToolCall, context: CallContext): Promise<number> | undefined => {
    let asked: Promise<number> | undefined;
    for (const { admit } of this.#guards) {
      const before = asked;
      asked = before ? before.then(async (ms) => ms + ((await admit?.(call, context)) ?? 0)) : admit?.(call, context);
    }
    return asked;
  };

  readonly remarks = (tool: ToolEntry): readonly string[] =>
    this.#guards.flatMap(({ remarks }) => remarks?.(tool) ?? []);

  listed(server: string, tools: readonly ToolDefinition[]): void {
    for (const { listed } of this.#guards) listed?.(server, tools);
  }

  async close(): Promise<void> {
    await Promise.all(this.#guards.map(({ close }) => close?.()));
  }
}

/**
 * Adds the list of repairs that were made to the arguments to `_meta` of the result. Changes nothing else, and nothing
 * without repairs.
 */
export const tellMended: CallPolicy = (next) => (call, context) => {
  const called = next(call, context);
  if (!call.mended?.length) return called;
  return called.then((result) => {
    const meta = isJsonObject(result._meta) ? result._meta : {};
    return { ...result, _meta: { ...meta, 'mcp-gateway/mended': call.mended } };
  });
};

/**
 * Logs defects of the gateway with their cause, for calls in the background too: the caller gets the error without the
 * cause.
 */
export function logDefects(log: Logger): CallPolicy {
  return (next) => (call, context) =>
    next(call, context).catch((error: unknown) => {
      const defect = !(error instanceof GatewayError) || error.code === 'INTERNAL';
      if (defect) log.error('call failed inside the gateway', { tool: call.tool.id, error: causeOf(error) });
      throw error;
    });
}
