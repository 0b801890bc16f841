import type { GatewaySettings } from '../config/settings.ts';

/** `{limit, windowSeconds, perKey}`. */
export type RateLimitSettings = NonNullable<GatewaySettings['rateLimit']>;

/** Whether a request may be served, and what its caller is told about the limit. */
export interface RateDecision {
  readonly allowed: boolean;
  /** Requests within the window. */
  readonly limit: number;
  /** How many more would be allowed now. */
  readonly remaining: number;
  /** Whole seconds from now, rounded up, until the oldest counted request leaves the window and `remaining` may rise. */
  readonly resetSeconds: number;
  /** Whole seconds from now, rounded up, after which a request is allowed again; 0 when this one is. */
  readonly retryAfterSeconds: number;
}

const MAX_KEYS = 20_000;
/** Counts all requests together. No key of a caller is empty. */
const EVERYBODY = '';

/**
 * Exact sliding windows: whenever one is looked at, at most `limit` requests of a key were allowed in the `windowSeconds`
 * before. Refused requests do not count. The settings are read at every request: counts stay when they change.
 */
export class RateLimit {
  readonly #settings: () => RateLimitSettings | undefined;
  readonly #maxKeys: number;
  /**
   * Two generations in place of a list by last use, which a Map keeps slowly: keys used since the last turn, and those
   * used before it only, who go at the next. A turn comes after a window, when all that the latter did has left it,
   * or earlier where too many keys are in use.
   */
  #young = new Map<string, Moments>();
  #old = new Map<string, Moments>();
  #turnedAt = Number.NEGATIVE_INFINITY;

  /**
   * `settings` may answer undefined: no limit. At most `maxKeys` (2 or more) are remembered, and at least the half of
   * them that was used last; a key that was forgotten starts anew.
   */
  constructor(settings: () => RateLimitSettings | undefined, { maxKeys = MAX_KEYS }: { maxKeys?: number } = {}) {
    this.#settings = settings;
    this.#maxKeys = maxKeys;
  }

  /** How many keys are remembered. */
  get keys(): number {
    return this.#young.size + this.#old.size;
  }

  /**
   * Counts a request of a key, or refuses it; undefined where no limit is set. `nowMs` is of a clock that never goes
   * back.
   */
  take(key: string, nowMs: number = performance.now()): RateDecision | undefined {
    const settings = this.#settings();
    if (settings === undefined) return undefined;
    const windowMs = settings.windowSeconds * 1_000;
    const moments = this.#momentsOf(settings.perKey ? key : EVERYBODY, nowMs, windowMs);
    moments.forget(nowMs - windowMs);
    const allowed = moments.count < settings.limit;
    if (allowed) moments.add(nowMs);
    return decide(moments, allowed, settings.limit, (momentMs) => Math.ceil((momentMs + windowMs - nowMs) / 1_000));
  }

  #momentsOf(key: string, nowMs: number, windowMs: number): Moments {
    if (nowMs - this.#turnedAt >= windowMs) this.#turn(nowMs);
    const known = this.#young.get(key);
    if (known) return known;
    const moments = this.#old.get(key) ?? new Moments();
    this.#old.delete(key);
    if (this.#young.size >= Math.floor(this.#maxKeys / 2)) this.#turn(nowMs);
    this.#young.set(key, moments);
    return moments;
  }

  #turn(nowMs: number): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#turnedAt = nowMs;
  }
}

function decide(
  moments: Moments,
  allowed: boolean,
  limit: number,
  secondsUntilGone: (momentMs: number) => number,
): RateDecision {
  // More are counted than may be only after the limit was lowered: then so many have to go first.
  const inTheWay = allowed ? undefined : moments.at(moments.count - limit);
  return {
    allowed,
    limit,
    remaining: Math.max(0, limit - moments.count),
    resetSeconds: secondsUntilGone(moments.at(0)),
    retryAfterSeconds: inTheWay === undefined ? 0 : secondsUntilGone(inTheWay),
  };
}

/** Header fields that tell a decision; seconds are from now, as in `Retry-After`, and not since 1970. */
export function rateLimitHeaders(decision: RateDecision): Record<string, string> {
  const { allowed, limit, remaining, resetSeconds, retryAfterSeconds } = decision;
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(resetSeconds),
    ...(!allowed && { 'Retry-After': String(retryAfterSeconds) }),
  };
}

const FIRST_CAPACITY = 8;

/** Moments in ascending order, in a ring that doubles when it is full. */
class Moments {
  #ring = new Float64Array(FIRST_CAPACITY);
  #first = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The moment at an index below `count`, from the oldest on. */
  at(index: number): number {
    return this.#ring[(this.#first + index) % this.#ring.length] as number;
  }

  add(momentMs: number): void {
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[(this.#first + this.#count) % this.#ring.length] = momentMs;
    this.#count += 1;
  }

  /** Drops what is not later than a moment. */
  forget(untilMs: number): void {
    while (this.#count > 0 && this.at(0) <= untilMs) {
      this.#first = (this.#first + 1) % this.#ring.length;
      this.#count -= 1;
    }
  }

  #grow(): void {
    const larger = new Float64Array(this.#ring.length * 2);
    for (let index = 0; index < this.#count; index += 1) larger[index] = this.at(index);
    this.#ring = larger;
    this.#first = 0;
  }
}
