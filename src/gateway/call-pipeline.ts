import type { CallPolicy, CallTool } from '../core/call.ts';
import type { Guard } from '../core/guard.ts';
import type { EdgeHooks } from '../downstream/gateway-services.ts';
import type { Logger } from '../platform/log.ts';
import { logDefects, tellMended } from '../policy/guards.ts';

/** The guards of a gateway, by name. */
export interface NamedGuards {
  readonly stats: Guard;
  readonly trust: Guard;
  readonly permissions: Guard;
}

/** Returns the guards in the order in which all their parts are asked: `visible`, `admit`, `policy`, `remarks`, `listed`. */
export function guardsInOrder({ stats, trust, permissions }: NamedGuards): readonly Guard[] {
  // The counts come first, so that they have what the other guards refuse.
  return [stats, trust, permissions];
}

interface PipelineParts {
  /** The policies of the edge; absent over stdio and in a daemon. */
  readonly edge: Pick<EdgeHooks, 'observe' | 'limit'>;
  /** As `guardsInOrder` returns them. */
  readonly guards: readonly Guard[];
  readonly log: Logger;
  /** Looks at results as servers give them; absent: nobody does. */
  readonly results?: CallPolicy;
}

/** Wraps `send`, which takes a call to its server, in all policies that a call passes on the way there. */
export function buildCallPipeline({ edge, guards, log, results }: PipelineParts, send: CallTool): CallTool {
  // Outermost first: a call passes these from the top down, and its result or error from the bottom up.
  const layers: readonly (CallPolicy | undefined)[] = [
    // The request log and the metrics come first, so that they have every call, with the reason of a refusal below.
    edge.observe,
    // Refuses a call beyond `http.maxCalls` before any work is done for it.
    edge.limit,
    logDefects(log),
    ...guards.map(({ policy }) => policy),
    tellMended,
    results,
  ];
  return layers.reduceRight<CallTool>((next, layer) => layer?.(next) ?? next, send);
}
