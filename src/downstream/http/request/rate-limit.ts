import type { LiveSettings } from '../../../config/settings.ts';

/** `{limit, windowSeconds, perKey}`. */
export type RateLimitSettings = NonNullable<LiveSettings['rateLimit']>;

/** Decision about a request, and the figures for its caller. */
export interface RateDecision {
  readonly allowed: boolean;
  /** Requests allowed within the window. */
  readonly limit: number;
  /** Number of further requests that would be allowed now. */
  readonly remaining: number;
  /** Whole seconds from now, rounded up, until the oldest counted request leaves the window and `remaining` may rise. */
  readonly resetSeconds: number;
  /** Whole seconds from now, rounded up, after which a request is allowed again; 0 when this one is. */
  readonly retryAfterSeconds: number;
}

const MAX_KEYS = 20_000;
/** Key for all callers together. No caller has an empty id. */
const EVERYBODY = '';

/**
 * Exact sliding windows: whenever one is looked at, at most `limit` requests of a key were allowed in the `windowSeconds`
 * before. Refused requests do not count. The settings are read at every request: counts stay when they change.
 */
export class RateLimit {
  readonly #settings: () => RateLimitSettings | undefined;
  readonly #maxKeys: number;
  /**
   * Two generations instead of an order by last use, which is slow in a Map: keys used since the last turn, and keys used
   * only before it, which go at the next turn. A turn comes after a window, when no request of the older keys counts any
   * more, or earlier if too many keys are in use.
   */
  #young = new Map<string, Moments>();
  #old = new Map<string, Moments>();
  #turnedAt = Number.NEGATIVE_INFINITY;

  /**
   * `settings` may return undefined: no limit. At most `maxKeys` (2 or more) are remembered, and at least the half of
   * them that was used last. A forgotten key starts with no requests.
   */
  constructor(settings: () => RateLimitSettings | undefined, { maxKeys = MAX_KEYS }: { maxKeys?: number } = {}) {
    this.#settings = settings;
    this.#maxKeys = maxKeys;
  }

  /** Number of remembered keys. */
  get keys(): number {
    return this.#young.size + this.#old.size;
  }

  /**
   * Counts all `requests` of a key, or refuses all. Undefined if no limit is set. `nowMs` comes from a clock that never
   * goes back.
   */
  take(key: string, nowMs: number = performance.now(), requests = 1): RateDecision | undefined {
    const settings = this.#settings();
    if (settings === undefined) return undefined;
    const { limit, windowSeconds, perKey } = settings;
    const windowMs = windowSeconds * 1_000;
    const moments = this.#momentsOf(perKey ? key : EVERYBODY, nowMs, windowMs);
    moments.forget(nowMs - windowMs);
    const allowed = moments.count + requests <= limit;
    if (allowed) for (let each = 0; each < requests; each++) moments.add(nowMs);
    const secondsUntilGone = (momentMs: number) => Math.ceil((momentMs + windowMs - nowMs) / 1_000);
    return decide(moments, { allowed, requests, limit }, secondsUntilGone);
  }

  /** Uncounts the last request of a key, which was refused after it had been counted. */
  giveBack(key: string): void {
    const own = this.#settings()?.perKey ? key : EVERYBODY;
    this.#young.get(own)?.dropLast();
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

interface Asked {
  readonly allowed: boolean;
  readonly requests: number;
  readonly limit: number;
}

function decide(
  moments: Moments,
  { allowed, requests, limit }: Asked,
  secondsUntilGone: (momentMs: number) => number,
): RateDecision {
  const { count } = moments;
  // Index of the last counted request that must leave the window first; all of them if more than `limit` were asked for.
  const inTheWay = Math.min(count + requests - limit, count) - 1;
  return {
    allowed,
    limit,
    remaining: Math.max(0, limit - count),
    resetSeconds: count === 0 ? 0 : secondsUntilGone(moments.at(0)),
    retryAfterSeconds: allowed || inTheWay < 0 ? 0 : secondsUntilGone(moments.at(inTheWay)),
  };
}

/** Header fields for a decision. Seconds count from now, as in `Retry-After`, and not from 1970. */
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

  dropLast(): void {
    if (this.#count > 0) this.#count -= 1;
  }

  /** Drops the moments up to `untilMs`, inclusive. */
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
