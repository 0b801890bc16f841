/** Hears what callers ask for beside the calls themselves. Must not throw, and takes next to no time. */
export interface Witness {
  /** A query of a caller was answered with these tools, by their ids; none: nothing was found. */
  searched(owner: string, shown: readonly string[]): void;
  /** A call of a caller goes on in the background. */
  submitted(owner: string): void;
}
