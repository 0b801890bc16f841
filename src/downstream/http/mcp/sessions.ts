import { randomUUID } from 'node:crypto';
import type { Caller } from '../../../core/call.ts';
import type { Admitted } from '../auth/admission.ts';

/** Transport between the client of a session and the gateway. */
type SessionTransport = 'streamable_http' | 'sse' | 'websocket';

/** A session of any transport, as `Sessions` bounds and ends it. */
export interface LiveSession {
  /** True while the client waits for something of the session: then it does not end for being idle. */
  readonly isBusy: boolean;
  /** Ends the open connections. A client of Streamable HTTP may come back to the session. */
  hangUp(why: HangUp): void;
  end(why: HangUp): Promise<void>;
}

interface Entry<S extends LiveSession = LiveSession> {
  readonly session: S;
  readonly transport: SessionTransport;
  /** The credential of the last request. */
  admitted: Admitted;
  usedAt: number;
}

interface SessionLimits {
  readonly maxSessions: number;
  readonly idleMs: number;
}

/** Longest time in ms between two sweeps. A shorter `idleMs` is divided by `SWEEPS_WHILE_IDLE`. */
const MAX_SWEEP_MS = 15_000;
const SWEEPS_WHILE_IDLE = 4;

/** The client sessions of the edge: bounded in number, ended when idle, each bound to the caller that began it. */
export class Sessions {
  readonly #limits: () => SessionLimits;
  readonly #entries = new Map<string, Entry>();
  readonly #ending = new Set<Promise<void>>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(limits: () => SessionLimits) {
    this.#limits = limits;
    this.#sweepLater();
  }

  /**
   * Begins a session. At `maxSessions` it replaces a session of the caller with the most, or returns undefined if the new
   * caller would have at least as many. `open` gets the unguessable id, the caller with that session, and the function to
   * call at each use.
   */
  begin<S extends LiveSession>(
    transport: SessionTransport,
    admitted: Admitted,
    open: (id: string, caller: Caller, onUse: () => void) => S,
  ): S | undefined {
    if (this.#entries.size >= this.#limits().maxSessions) this.#endIdle();
    if (this.#entries.size >= this.#limits().maxSessions && !this.#endOneOfMany(admitted.caller.id)) return undefined;
    const id = randomUUID();
    const own = { ...admitted.caller, session: id };
    const onUse = () => {
      const entry = this.#entries.get(id);
      if (entry) entry.usedAt = Date.now();
    };
    const session = open(id, own, onUse);
    this.#entries.set(id, { session, transport, admitted, usedAt: Date.now() });
    return session;
  }

  /** The session of that id, if it belongs to this caller. A session of another caller looks like an unknown one. */
  find(id: string, transport: SessionTransport, admitted: Admitted): LiveSession | undefined {
    const entry = this.#entries.get(id);
    if (!entry || entry.transport !== transport || entry.admitted.caller.id !== admitted.caller.id) return undefined;
    // The client may have renewed its token.
    entry.admitted = admitted;
    entry.usedAt = Date.now();
    return entry.session;
  }

  /** Ends a session. Resolves when all that runs in it has ended. */
  async end(id: string, why: HangUp = 'ended'): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    const ended = entry.session.end(why).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
    await ended;
  }

  /** Ends the sessions whose credential is not admitted any more. Returns their number. */
  cut(stands: (credential: string) => boolean): number {
    const cut = [...this.#entries].filter(([, { admitted }]) => !stands(admitted.credential));
    for (const [id] of cut) void this.end(id, 'revoked');
    return cut.length;
  }

  /** Number of sessions, by transport. */
  get counts(): Record<SessionTransport, number> {
    const counts = { streamable_http: 0, sse: 0, websocket: 0 };
    for (const { transport } of this.#entries.values()) counts[transport]++;
    return counts;
  }

  async close(): Promise<void> {
    clearTimeout(this.#sweep);
    for (const id of [...this.#entries.keys()]) void this.end(id, 'stopping');
    await Promise.all(this.#ending);
  }

  #sweepLater(): void {
    const sweep = () => {
      this.#endIdle();
      this.#hangUpExpired();
      this.#sweepLater();
    };
    // The settings may have changed since the last sweep.
    this.#sweep = setTimeout(sweep, Math.min(MAX_SWEEP_MS, this.#limits().idleMs / SWEEPS_WHILE_IDLE)).unref();
  }

  /** Ends the connections that outlived their token. */
  #hangUpExpired(): void {
    const now = Date.now();
    for (const { session, admitted } of this.#entries.values())
      if (admitted.expiresAt !== undefined && admitted.expiresAt < now) session.hangUp('expired');
  }

  /**
   * Ends the longest unused session of the caller with the most, preferring one that is not busy. Returns false, and ends
   * none, if `newcomer` would have at least as many as that caller has now.
   */
  #endOneOfMany(newcomer: string): boolean {
    const callers = new Map<string, [string, Entry][]>();
    for (const each of this.#entries) {
      const { id } = each[1].admitted.caller;
      const own = callers.get(id);
      if (own) own.push(each);
      else callers.set(id, [each]);
    }
    const most = [...callers.values()].sort((a, b) => b.length - a.length)[0] ?? [];
    // The newcomer would have at least as many as the caller that loses one.
    if (most.length <= (callers.get(newcomer)?.length ?? 0) + 1) return false;
    const idle = most.filter(([, { session }]) => !session.isBusy);
    const [unused] = (idle.length > 0 ? idle : most).sort(([, a], [, b]) => a.usedAt - b.usedAt);
    if (unused) void this.end(unused[0], 'replaced');
    return true;
  }

  #endIdle(): void {
    const now = Date.now();
    const { idleMs } = this.#limits();
    for (const [id, entry] of this.#entries) {
      // The idle time begins when the work has ended, so that its result, such as a job's, can still be asked for.
      if (entry.session.isBusy) entry.usedAt = now;
      else if (entry.usedAt < now - idleMs) void this.end(id, 'idle');
    }
  }
}

/** Reasons to end the connections of a session: the WebSocket close code and text of each. */
export const HANG_UPS = {
  ended: [1000, 'the session has ended'],
  stopping: [1001, 'the gateway is stopping'],
  expired: [1008, 'the access token has expired'],
  revoked: [1008, 'the credential does not count any more'],
  idle: [1000, 'the session was not used for as long as http.sessionIdleMinutes'],
  replaced: [1013, 'there are as many sessions as there may be, most of them of this caller'],
} as const satisfies Record<string, readonly [code: number, reason: string]>;

export type HangUp = keyof typeof HANG_UPS;
