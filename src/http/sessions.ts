import { randomUUID } from 'node:crypto';
import type { Caller } from '../core/call.ts';
import type { Admitted } from './auth/admission.ts';

/** How a session reaches us. */
export type SessionTransport = 'streamable_http' | 'sse' | 'websocket';

/** A session of whichever transport, as far as its life is concerned. */
export interface LiveSession {
  /** Whether somebody waits for something of it: then it is not ended for being idle. */
  readonly isBusy: boolean;
  /** Its open connections end; where it can come back by a request of its own, it may. */
  hangUp(): void;
  end(): Promise<void>;
}

interface Entry<S extends LiveSession = LiveSession> {
  readonly session: S;
  readonly transport: SessionTransport;
  /** As of the last request. */
  admitted: Admitted;
  usedAt: number;
}

export interface SessionLimits {
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
   * Begins a session, or returns undefined when there are as many as there may be. `open` is given its id, which is
   * unguessable, the caller within it, and what to call when it is used.
   */
  begin<S extends LiveSession>(
    transport: SessionTransport,
    admitted: Admitted,
    open: (id: string, caller: Caller, onUse: () => void) => S,
  ): S | undefined {
    if (this.#entries.size >= this.#limits().maxSessions) this.#endIdle();
    if (this.#entries.size >= this.#limits().maxSessions) return undefined;
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
  async end(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    const ended = entry.session.end().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
    await ended;
  }

  /** Ends the sessions whose credential does not stand any more. */
  cut(stands: (credential: string) => boolean): number {
    const cut = [...this.#entries].filter(([, { admitted }]) => !stands(admitted.credential));
    for (const [id] of cut) void this.end(id);
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
    for (const id of [...this.#entries.keys()]) void this.end(id);
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
      if (admitted.expiresAt !== undefined && admitted.expiresAt < now) session.hangUp();
  }

  #endIdle(): void {
    const now = Date.now();
    const { idleMs } = this.#limits();
    for (const [id, entry] of this.#entries) {
      // What it was busy with can be asked for as long after it as any other answer: a job's result.
      if (entry.session.isBusy) entry.usedAt = now;
      else if (entry.usedAt < now - idleMs) void this.end(id);
    }
  }
}
