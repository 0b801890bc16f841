import type { Socket } from 'node:net';
import { type Caller, LOCAL, ownerOf } from '../../core/call.ts';
import { clientSession, type EdgeSession, openEdgeSession } from '../edge-session.ts';
import type { EdgeServices, GatewayServices } from '../gateway-services.ts';
import type { RequestTracker } from '../protocol/session-services.ts';
import { Sharing } from '../sharing/sharing.ts';
import { SingleUserRules } from '../sharing/single-user-rules.ts';
import { LocalSession } from './local-session.ts';
import type { Hello } from './messages.ts';

const JOB_LOST =
  'the shared gateway that ran the job ended unexpectedly: the job may have taken effect, and its result is lost';
/** Longest wait for running requests when the daemon stops, in ms. */
const LEAVE_MS = 10_000;

export interface LocalEdgeOptions {
  /** Working directory of the first session, in which servers with `cwd: "."` are started to learn their tools. */
  readonly firstDirectory: string;
  /** Called when the number of sessions has changed. */
  readonly onSessions: (count: number) => void;
}

/** The edge of a daemon: many sessions of one person, each over the socket of its relay. */
export class LocalEdge {
  readonly #gateway: EdgeServices;
  readonly #options: LocalEdgeOptions;
  readonly #rules: SingleUserRules;
  readonly #sharing: Sharing;
  readonly #sessions = new Set<LocalSession>();

  constructor(gateway: GatewayServices, options: LocalEdgeOptions) {
    this.#options = options;
    const { log, config, pool, ownPoolObserver, catalogCache, protocolEras, secrets, keys, exposes } = gateway;
    this.#rules = new SingleUserRules({ catalogCache, firstDirectory: options.firstDirectory });
    this.#sharing = new Sharing({
      ...{ log, catalogCache, protocolEras, secrets, keys, exposes, ownPoolObserver, main: pool },
      servers: () => config().servers,
      rules: this.#rules,
    });
    this.#gateway = gateway.attach({
      owner: this.#sharing.owner,
      router: this.#sharing,
      sharedEntries: (servers) => this.#rules.sharedEntries(servers),
      reloaded: () => this.#sharing.reconcile(),
      listChanged: (...change) => this.#sharing.listChanged(...change),
    });
  }

  /** Opens a session for the connection of a relay. */
  accept(socket: Socket): void {
    // A connection that only probes for the daemon has ended already: its socket would never emit its end.
    if (socket.destroyed || socket.readableEnded) return;
    const session: LocalSession = new LocalSession(socket, {
      open: (hello, tracker) => this.#open(hello, tracker),
      loseJob: (job, { services }) => this.#gateway.jobs.lose(ownerOf(services.caller), job, JOB_LOST),
      onEnd: () => {
        this.#sessions.delete(session);
        this.#options.onSessions(this.#sessions.size);
      },
    });
    this.#sessions.add(session);
    this.#options.onSessions(this.#sessions.size);
  }

  /** Waits for running requests, `LEAVE_MS` at most, and closes the sessions: their relays go to the next daemon. */
  async stop(): Promise<void> {
    const leaving = [...this.#sessions].map(async (session) => {
      await session.leave(LEAVE_MS);
      session.close();
    });
    await Promise.all(leaving);
    await this.#sharing.close();
  }

  #open(hello: Hello, tracker: RequestTracker): EdgeSession {
    const caller: Caller = { ...LOCAL, session: hello.session };
    const session = clientSession(caller, this.#sharing);
    this.#rules.setDirectory(session, hello.directory);
    return openEdgeSession(caller, session, this.#sharing, this.#gateway, { tracker });
  }
}
