/** Callers, and searches of one of them, that are kept in mind at most; the oldest are forgotten first. */
const MAX_CALLERS = 1_000;
const MAX_SEARCHES = 50;

/** Searches that have led to no call so far, caller by caller. */
export class OpenSearches {
  readonly #shown = new Map<string, readonly ReadonlySet<string>[]>();

  /** A search of that caller showed these tools. */
  add(owner: string, shown: readonly string[]): void {
    const before = this.#shown.get(owner) ?? [];
    this.#shown.delete(owner);
    this.#shown.set(owner, [...before.slice(1 - MAX_SEARCHES), new Set(shown)]);
    if (this.#shown.size <= MAX_CALLERS) return;
    const [oldest = ''] = this.#shown.keys();
    this.#shown.delete(oldest);
  }

  /** The caller calls a tool: how many of its searches have led to that; each counts once. */
  called(owner: string, tool: string): number {
    const before = this.#shown.get(owner);
    if (!before) return 0;
    const open = before.filter((shown) => !shown.has(tool));
    this.#shown.set(owner, open);
    return before.length - open.length;
  }

  /** The caller has gone. */
  forget(owner: string): void {
    this.#shown.delete(owner);
  }
}
