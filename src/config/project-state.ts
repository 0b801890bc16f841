/**
 * Where the file of a project stands. `confirmed`: it counts. `changed`: what was confirmed still counts, what was written
 * since does not. The others count for nothing: `unconfirmed`, `declined` (a person said no), `refused` (no file to trust).
 */
export type ProjectStatus = 'confirmed' | 'changed' | 'unconfirmed' | 'declined' | 'refused';

/** The file of a project as a part of a configuration. */
export interface ProjectState {
  /** Absolute. */
  readonly path: string;
  readonly status: ProjectStatus;
  /** Keys of the servers that are its, and not the user's. */
  readonly servers: readonly string[];
  /** What a person has to know or do, a sentence; absent where that is nothing. */
  readonly notice?: string;
}
