import type { CallPolicy, CallTool } from '../core/call.ts';
import type { Guard } from '../core/guard.ts';
import type { EdgeHooks } from '../downstream/gateway-services.ts';
import type { Logger } from '../platform/log.ts';
import { logDefects, tellMended } from '../policy/guards.ts';

/** The guards of a gateway, by name; the pipeline and `Guards` each call them in their own order. */
export interface NamedGuards {
  readonly stats: Guard;
  readonly trust: Guard;
  readonly permissions: Guard;
}

interface PipelineParts {
  /** The policies of the edge; absent over stdio and in a daemon. */
  readonly edge: Pick<EdgeHooks, 'observe' | 'limit'>;
  readonly guards: NamedGuards;
  readonly log: Logger;
}

/** Wraps `send`, which takes a call to its server, in all policies that a call passes on the way there. */
export function buildCallPipeline({ edge, guards, log }: PipelineParts, send: CallTool): CallTool {
  // Outermost first: a call passes these from the top down, and its result or error from the bottom up.
  const layers: readonly (CallPolicy | undefined)[] = [
    // The request log and the metrics come first, so that they have every call, with the reason of a refusal below.
    edge.observe,
    // Refuses a call beyond `http.maxCalls` before any work is done for it.
    edge.limit,
    logDefects(log),
    // Counts outside of the other guards, so that it also counts calls that they refuse.
    guards.stats.policy,
    guards.trust.policy,
    guards.permissions.policy,
    tellMended,
  ];
  return layers.reduceRight<CallTool>((next, layer) => layer?.(next) ?? next, send);
}
