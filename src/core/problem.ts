/** Something wrong in the configuration, said so that a person can mend it. */
export interface ConfigProblem {
  readonly severity: 'error' | 'warning';
  /** Key of the entry it concerns; absent when it concerns the whole file or the gateway's settings. */
  readonly server?: string;
  /** Names file, key path, what was found, what is expected, and the cure. Never a secret. */
  readonly message: string;
}
