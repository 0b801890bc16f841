import { type Caller, ownerOf } from '../core/call.ts';
import type { EdgeServices } from './gateway-services.ts';
import { ClientSession } from './protocol/client-session.ts';
import type { SessionServices } from './protocol/session-services.ts';
import type { Sharing } from './sharing/sharing.ts';

/** A session of an edge with several clients. */
export interface EdgeSession {
  readonly services: SessionServices;
  /** True while a job of the session has not ended. */
  readonly isBusy: () => boolean;
  /** Cancels the session's requests and jobs, and closes connections that no other session uses. */
  end(): Promise<void>;
}

/** A new session of that caller, whose events go to `sharing`. */
export function clientSession(caller: Caller, sharing: Sharing): ClientSession {
  const session: ClientSession = new ClientSession({
    onLogLevel: (level) => sharing.logLevel(session, level),
    onRootsChanged: () => sharing.rootsChanged(session),
    onListen: (uris, signal) => sharing.listen({ session, caller }, uris, signal),
  });
  return session;
}

/** Opens the session of one of several clients: `sharing` chooses its connections, and its jobs end with it. */
export function openEdgeSession(
  caller: Caller,
  session: ClientSession,
  sharing: Sharing,
  { jobs, servicesFor, stats }: Pick<EdgeServices, 'jobs' | 'servicesFor' | 'stats'>,
  more: Partial<SessionServices> = {},
): EdgeSession {
  const subscriber = sharing.join(caller, session);
  const owner = ownerOf(caller);
  stats.session(owner, session.identified);
  const services = servicesFor(caller, session, (...request) => sharing.subscriptions.handle(subscriber, ...request));
  return {
    services: {
      ...services,
      discovered: () => sharing.discovered(session),
      ...more,
    },
    isBusy: () => jobs.hasLive(owner),
    end: () => {
      jobs.cancelAll(owner);
      stats.left(owner);
      services.results.close();
      return sharing.leave(session);
    },
  };
}
