import type { Socket } from 'node:net';
import { type Caller, LOCAL, ownerOf } from '../../core/call.ts';
import { clientSession, type EdgeSession, openEdgeSession } from '../edge-session.ts';
import type { EdgeHooks, GatewayServices } from '../gateway-services.ts';
import type { RequestTracker, SessionServices } from '../protocol/session-services.ts';
import { Sharing } from '../sharing/sharing.ts';
import { SingleUserRules } from '../sharing/single-user-rules.ts';
import { LocalSession } from './local-session.ts';
import { type Hello, JOB_ENDED, type KeptJob } from './messages.ts';

const JOB_LOST =
  'the shared gateway that ran the job ended unexpectedly: the job may have taken effect, and its result is lost';
/** Deadline of a job where its request gives none. */
const JOB_TIMEOUT_MS = 3_600_000;
/** How long what runs may take to its end when the daemon is told to stop, in ms. */
const LEAVE_MS = 10_000;

export interface LocalEdgeOptions {
  /** Where servers run that the first session needs of its own. */
  readonly firstDirectory: string;
  /** The number of sessions has changed. */
  readonly onSessions: (count: number) => void;
}

/** The edge of a daemon: many sessions of one person, each over the socket of its attachment. */
export class LocalEdge {
  readonly host: EdgeHooks;
  readonly #gateway: GatewayServices;
  readonly #options: LocalEdgeOptions;
  readonly #rules: SingleUserRules;
  readonly #sharing: Sharing;
  readonly #sessions = new Set<LocalSession>();
  /** Sessions by the owner of their jobs. */
  readonly #owners = new Map<string, LocalSession>();

  constructor(gateway: GatewayServices, options: LocalEdgeOptions) {
    this.#gateway = gateway;
    this.#options = options;
    const { log, config, backend, offered, remembered, verdicts, secrets, keys, exposes, jobs } = gateway;
    this.#rules = new SingleUserRules({ remembered, firstDirectory: options.firstDirectory });
    this.#sharing = new Sharing({
      ...{ log, remembered, verdicts, secrets, keys, exposes, offered, main: backend },
      servers: () => config().servers,
      rules: this.#rules,
      onTell: () => {},
    });
    this.host = {
      audience: this.#sharing.audience,
      router: this.#sharing,
      sharedEntries: (servers) => this.#rules.sharedEntries(servers),
      reloaded: () => this.#sharing.reconcile(),
      listChanged: (...change) => this.#sharing.listChanged(...change),
    };
    jobs.onEnded = ({ owner, jobId }) => void this.#owners.get(owner)?.tell(JOB_ENDED, { jobId });
  }

  /** An attachment has come. */
  accept(socket: Socket): void {
    // Whoever has gone already, as one does who only looks whether we are there, would never be heard to go.
    if (socket.destroyed || socket.readableEnded) return;
    const session: LocalSession = new LocalSession(socket, {
      open: (hello, fates) => this.#open(hello, fates, session),
      takeUp: (jobs, { parts }) => this.#takeUp(jobs, parts),
      onEnd: () => {
        this.#sessions.delete(session);
        this.#options.onSessions(this.#sessions.size);
      },
    });
    this.#sessions.add(session);
    this.#options.onSessions(this.#sessions.size);
  }

  /** Lets what runs come to its end, within bounds, and hands the sessions over to the next daemon. */
  async stop(): Promise<void> {
    const leaving = [...this.#sessions].map(async (session) => {
      await session.leave(LEAVE_MS);
      session.close();
    });
    await Promise.all(leaving);
    await this.#sharing.close();
  }

  #open(hello: Hello, fates: RequestTracker, local: LocalSession): EdgeSession {
    const caller: Caller = { ...LOCAL, session: hello.session };
    const session = clientSession(this.#sharing);
    this.#rules.place(session, hello.directory);
    this.#owners.set(ownerOf(caller), local);
    const { firstQuestion } = hello;
    const opened = openEdgeSession(caller, session, this.#sharing, this.#gateway, { fates, firstQuestion });
    return {
      ...opened,
      end: () => {
        this.#owners.delete(ownerOf(caller));
        return opened.end();
      },
    };
  }

  /** Jobs of a daemon that has died: what had not begun begins anew under its id, of the others it is told that they are lost. */
  #takeUp(kept: readonly KeptJob[], { caller, session, fates, broker }: SessionServices): void {
    const { jobs } = this.#gateway;
    const owner = ownerOf(caller);
    for (const { jobId, tool, request } of kept) {
      if (!request) {
        jobs.lose(owner, { jobId, tool }, JOB_LOST);
        continue;
      }
      const { id, input } = request;
      const { args = {}, priority = 0, timeoutMs = JOB_TIMEOUT_MS } = input;
      jobs.submit(owner, { tool, jobId }, priority, (signal, onProgress) => {
        const onSending = fates && (() => fates.sending(id));
        return broker.invoke({ id: tool, args, timeoutMs }, { caller, signal, onProgress, peer: session, onSending });
      });
    }
  }
}
