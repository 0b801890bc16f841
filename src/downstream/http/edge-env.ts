import type { Caller } from '../../core/call.ts';
import type { Admitted } from './auth/admission.ts';

/** What the middleware of the edge has worked out before a route runs. */
export interface EdgeEnv {
  readonly Variables: {
    /** Who asks, as authenticated for this request. */
    caller: Caller;
    /** Names this request in logs and problem documents. */
    requestId: string;
    /** By what the caller was let in. */
    admitted: Admitted;
  };
}
