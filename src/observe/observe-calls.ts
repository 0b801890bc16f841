import type { Caller, CallPolicy } from '../core/call.ts';
import type { GatewayError } from '../core/errors.ts';
import { notifyObservers } from './ended-call.ts';
import type { Metrics } from './metrics.ts';
import type { RequestLog } from './request-log.ts';

/** Observers of calls. An absent one is switched off. */
export interface CallWatchers {
  readonly requests?: Pick<RequestLog, 'ended' | 'refused'>;
  readonly metrics?: Pick<Metrics, 'ended' | 'refused'>;
}

/** Hooks that observe calls: `policy` wraps calls that reach a tool, `refused` is called for the others. */
export interface CallObservation {
  readonly policy: CallPolicy;
  readonly refused: (caller: Pick<Caller, 'id' | 'tags' | 'session'>, tool: string, error: GatewayError) => void;
}

/** Request log and metrics as one policy: a call is timed once, and both get the same figures. */
export function observeCalls({ requests, metrics }: CallWatchers): CallObservation {
  const observers = [requests?.ended, metrics?.ended].filter((observer) => observer !== undefined);
  return {
    policy: observers.length === 0 ? (next) => next : notifyObservers(observers),
    refused: (caller, tool, error) => {
      requests?.refused(caller, tool, error);
      metrics?.refused(tool, error);
    },
  };
}
