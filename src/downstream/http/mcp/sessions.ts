import { randomUUID } from 'node:crypto';
import type { Caller } from '../../../core/call.ts';
import type { Admitted } from '../auth/admission.ts';

/** How a session reaches us. */
type SessionTransport = 'streamable_http' | 'sse' | 'websocket';

/** A session of whichever transport, as far as its life is concerned. */
export interface LiveSession {
  /** Whether somebody waits for something of it: then it is not ended for being idle. */
  readonly isBusy: boolean;
  /** Its open connections end; where it can come back by a request of its own, it may. */
  hangUp(why: HangUp): void;
  end(why: HangUp): Promise<void>;
}

interface Entry<S extends LiveSession = LiveSession> {
  readonly session: S;
  readonly transport: SessionTransport;
  /** As of the last request. */
  admitted: Admitted;
  usedAt: number;
}

interface SessionLimits {
  readonly maxSessions: number;
  readonly idleMs: number;
}

/** Time in ms between two looks at all sessions, at most: where sessions end sooner, it is a part of that. */
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
   * Begins a session. When there are as many as there may be, it takes the place of one of the caller who has the most, or
   * returns undefined where that is this one. `open` is given its id, which is unguessable, the caller within it, and what
   * to call when it is used.
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

  /** The session of that id, if it is one of this caller: somebody else's looks like one that never was. */
  find(id: string, transport: SessionTransport, admitted: Admitted): LiveSession | undefined {
    const entry = this.#entries.get(id);
    if (!entry || entry.transport !== transport || entry.admitted.caller.id !== admitted.caller.id) return undefined;
    // A renewed token stands for the same caller.
    entry.admitted = admitted;
    entry.usedAt = Date.now();
    return entry.session;
  }

  /** Ends a session. Resolves when nothing of it is left running. */
  async end(id: string, why: HangUp = 'ended'): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    const ended = entry.session.end(why).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
    await ended;
  }

  /** Ends the sessions whose credential does not stand any more. */
  cut(stands: (credential: string) => boolean): number {
    const cut = [...this.#entries].filter(([, { admitted }]) => !stands(admitted.credential));
    for (const [id] of cut) void this.end(id, 'revoked');
    return cut.length;
  }

  /** How many there are, by transport. */
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
    // The settings may change meanwhile.
    this.#sweep = setTimeout(sweep, Math.min(MAX_SWEEP_MS, this.#limits().idleMs / SWEEPS_WHILE_IDLE)).unref();
  }

  /** What was opened by a token is not to outlive it. */
  #hangUpExpired(): void {
    const now = Date.now();
    for (const { session, admitted } of this.#entries.values())
      if (admitted.expiresAt !== undefined && admitted.expiresAt < now) session.hangUp('expired');
  }

  /** Ends a session of the caller who has the most, unless that is this caller: one that nobody waits in, unused for the longest time. */
  #endOneOfMany(newcomer: string): boolean {
    const callers = new Map<string, [string, Entry][]>();
    for (const each of this.#entries) {
      const { id } = each[1].admitted.caller;
      const own = callers.get(id);
      if (own) own.push(each);
      else callers.set(id, [each]);
    }
    const most = [...callers.values()].sort((a, b) => b.length - a.length)[0] ?? [];
    // Who would have as many as the one who loses one has taken enough.
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
      // What it was busy with can be asked for as long after it as any other answer: a job's result.
      if (entry.session.isBusy) entry.usedAt = now;
      else if (entry.usedAt < now - idleMs) void this.end(id, 'idle');
    }
  }
}

/** Why a session's connections end, as WebSocket has it: a code, and words for whoever looks. */
export const HANG_UPS = {
  ended: [1000, 'the session has ended'],
  stopping: [1001, 'the gateway is stopping'],
  expired: [1008, 'the access token has expired'],
  revoked: [1008, 'the credential does not count any more'],
  idle: [1000, 'the session was not used for as long as http.sessionIdleMinutes'],
  replaced: [1013, 'there are as many sessions as there may be, most of them of this caller'],
} as const satisfies Record<string, readonly [code: number, reason: string]>;

export type HangUp = keyof typeof HANG_UPS;
