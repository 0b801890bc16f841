import { performance } from 'node:perf_hooks';

export interface CooldownOptions {
  /** Rest after the first failure, in ms; doubled with each further one in a row. */
  readonly firstMs?: number;
  /** Longest rest, in ms. */
  readonly mostMs?: number;
  /** A clock in ms. */
  readonly now?: () => number;
}

/** How long something that failed is left alone. */
export class Cooldown {
  readonly #firstMs: number;
  readonly #mostMs: number;
  readonly #now: () => number;
  #restMs = 0;
  #until = 0;

  constructor({ firstMs = 30_000, mostMs = 600_000, now = () => performance.now() }: CooldownOptions = {}) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#now = now;
  }

  /** 0 when it may be tried. */
  get remainingMs(): number {
    return Math.max(0, this.#until - this.#now());
  }

  /** Several attempts that fail together count as one. */
  failed(): void {
    if (this.remainingMs > 0) return;
    this.#restMs = this.#restMs === 0 ? this.#firstMs : Math.min(this.#restMs * 2, this.#mostMs);
    this.#until = this.#now() + this.#restMs;
  }

  succeeded(): void {
    this.#restMs = 0;
    this.#until = 0;
  }
}
