import { causeOf } from '../../core/errors.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { fingerprintOf, isOld, saysAllOf } from './fingerprint.ts';
import { readTrust, stampOf, updateTrust } from './trust-file.ts';
import type { TrustRecord } from './trust-record.ts';

/** The record of one server: as it counts, and as it is on disk. */
export class TrustStore {
  readonly #path: string | undefined;
  #record: TrustRecord | undefined;
  #kept: TrustRecord | undefined;
  #isWhole = false;
  #problem: string | undefined;
  #failure: string | undefined;
  /** Of the file as it was read; null: it has to be read. */
  #stamp: string | undefined | null = null;

  /** `path` undefined: known for this run only. */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** What counts, as far as it was read. */
  get record(): TrustRecord | undefined {
    return this.#record;
  }

  /** Why what is on disk cannot be read. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Why what counts could not be written when that was last tried. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Whether there is a file, whatever is in it; costs no reading. */
  get exists(): boolean {
    if (this.#path === undefined) return this.#record !== undefined;
    return this.#kept !== undefined || stampOf(this.#path) !== undefined;
  }

  /** Whether all that counts is on disk. */
  get isWritten(): boolean {
    return this.#record !== undefined && this.#kept === this.#record;
  }

  /** Whether the disk has it that this very definition is trusted. */
  isKept(definition: ToolDefinition): boolean {
    if (this.isWritten && this.#isWhole) return true;
    return saysAllOf(this.#kept?.trusted.get(definition.name)?.fingerprint, fingerprintOf(definition));
  }

  read(): void {
    if (this.#stamp === null) this.reread();
  }

  /** Reads the file if it is another one than when it was last read; whether it was. */
  reread(): boolean {
    const path = this.#path;
    const stamp = path === undefined ? undefined : stampOf(path);
    if (stamp === this.#stamp) return false;
    // What is gone from the disk, or cannot be read there, still counts here.
    const isGone = stamp === undefined && this.#record !== undefined;
    const { record, problem, isPassing = false } = path === undefined || isGone ? {} : readTrust(path);
    this.#stamp = isPassing ? null : stamp;
    this.#problem = problem;
    if (record) this.#take(record);
    else this.#kept = undefined;
    return true;
  }

  /**
   * Makes the record what `change` makes of it, on disk if that can be. What cannot be read is replaced where `mayReplace` says
   * so. Resolves with what was on disk before.
   */
  async write(
    change: (before: TrustRecord | undefined) => TrustRecord,
    mayReplace: boolean,
  ): Promise<TrustRecord | undefined> {
    if (this.#path === undefined) return void this.#take(change(this.#record));
    try {
      const written = await updateTrust(this.#path, ({ record, problem }) => {
        if (problem !== undefined && !mayReplace) throw new Error(problem);
        // Another gateway may have come first: what it saw counts.
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
    this.#isWhole = [...record.trusted.values()].every(({ fingerprint }) => !isOld(fingerprint));
  }
}
