import { causeOf } from '../../core/errors.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { coversAllOf, fingerprintOf, isOldFormat } from './fingerprint.ts';
import { readTrust, stampOf, updateTrust } from './trust-file.ts';
import type { TrustRecord } from './trust-record.ts';

/** The record of one server: the one in effect and the one on disk. */
export class TrustStore {
  readonly #path: string | undefined;
  #record: TrustRecord | undefined;
  #kept: TrustRecord | undefined;
  #isWhole = false;
  #problem: string | undefined;
  #failure: string | undefined;
  /** Mark of the file as last read, see `stampOf`. Null: the file has to be read. */
  #stamp: string | undefined | null = null;

  /** `path` undefined: the record lasts for this run only. */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** The record in effect, as far as it was read. */
  get record(): TrustRecord | undefined {
    return this.#record;
  }

  /** Cause that the file cannot be read. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Cause that the last write failed. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** True if there is a file, readable or not. Does not read it. */
  get exists(): boolean {
    if (this.#path === undefined) return this.#record !== undefined;
    return this.#kept !== undefined || stampOf(this.#path) !== undefined;
  }

  /** True if the record in effect is on disk. */
  get isWritten(): boolean {
    return this.#record !== undefined && this.#kept === this.#record;
  }

  /** True if the record on disk trusts exactly this definition. */
  isKept(definition: ToolDefinition): boolean {
    if (this.isWritten && this.#isWhole) return true;
    return coversAllOf(this.#kept?.trusted.get(definition.name)?.fingerprint, fingerprintOf(definition));
  }

  read(): void {
    if (this.#stamp === null) this.reread();
  }

  /** Reads the file if it has changed since it was last read; returns true then. */
  reread(): boolean {
    const path = this.#path;
    const stamp = path === undefined ? undefined : stampOf(path);
    if (stamp === this.#stamp) return false;
    // A record whose file was removed or became unreadable stays in effect.
    const isGone = stamp === undefined && this.#record !== undefined;
    const { record, problem, isPassing = false } = path === undefined || isGone ? {} : readTrust(path);
    this.#stamp = isPassing ? null : stamp;
    this.#problem = problem;
    if (record) this.#take(record);
    else this.#kept = undefined;
    return true;
  }

  /**
   * Replaces the record by the result of `change`, on disk too if possible. An unreadable file is replaced only if
   * `mayReplace`. Resolves with the record that was on disk before.
   */
  async write(
    change: (before: TrustRecord | undefined) => TrustRecord,
    mayReplace: boolean,
  ): Promise<TrustRecord | undefined> {
    if (this.#path === undefined) return void this.#take(change(this.#record));
    try {
      const written = await updateTrust(this.#path, ({ record, problem }) => {
        if (problem !== undefined && !mayReplace) throw new Error(problem);
        // Another gateway may have written first: its record counts.
        return change(record ?? this.#record);
      });
      this.#take(written.record);
      this.#stamp = written.stamp;
      this.#problem = undefined;
      this.#failure = undefined;
      return written.before;
    } catch (error) {
      this.#failure = causeOf(error);
      this.#record = change(this.#record);
      return undefined;
    }
  }

  #take(record: TrustRecord): void {
    this.#record = record;
    this.#kept = record;
    this.#isWhole = [...record.trusted.values()].every(({ fingerprint }) => !isOldFormat(fingerprint));
  }
}
