import type { CallContext, Caller, CallPolicy, ToolCall } from '../core/call.ts';
import type { Guard } from '../core/guard.ts';
import type { ToolDefinition, ToolEntry } from '../core/tool.ts';

/** Several guards as one: what any of them hides is hidden, calls pass all of them in order, all remarks are made. */
export class Guards {
  /** Calls meet the first guard first. */
  readonly policy: CallPolicy;
  readonly #guards: readonly Guard[];
  readonly #visible: readonly NonNullable<Guard['visible']>[];

  constructor(guards: readonly Guard[]) {
    this.#guards = guards;
    this.#visible = guards.flatMap(({ visible }) => visible ?? []);
    this.policy = (next) => guards.reduceRight((inner, { policy }) => policy?.(inner) ?? inner, next);
  }

  visible(caller: Caller, tool: ToolEntry): boolean {
    return this.#visible.every((visible) => visible(caller, tool));
  }

  /** One guard after the other; see `Guard.admit`. */
  admit(call: ToolCall, context: CallContext): Promise<number> | undefined {
    let asked: Promise<number> | undefined;
    for (const { admit } of this.#guards) {
      const before = asked;
      asked = before ? before.then(async (ms) => ms + ((await admit?.(call, context)) ?? 0)) : admit?.(call, context);
    }
    return asked;
  }

  remarks(tool: ToolEntry): readonly string[] {
    return this.#guards.flatMap(({ remarks }) => remarks?.(tool) ?? []);
  }

  listed(server: string, tools: readonly ToolDefinition[]): void {
    for (const { listed } of this.#guards) listed?.(server, tools);
  }

  async close(): Promise<void> {
    await Promise.all(this.#guards.map(({ close }) => close?.()));
  }
}
