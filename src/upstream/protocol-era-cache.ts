import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ServerConfig } from '../config/schema.ts';
import { BoundedMap } from '../core/bounded-map.ts';
import { isJsonObject } from '../core/json.ts';

export type Era = 'legacy' | 'modern';

interface Verdict {
  readonly era: Era;
  /** `sse`: the server accepted HTTP+SSE only. */
  readonly transport?: 'sse';
  /** Time of the verdict, in epoch ms. */
  readonly at: number;
}

/** Time in ms for which a verdict counts, because servers are updated. */
const MAX_AGE_MS = 7 * 24 * 3_600_000;
/** Most verdicts; the oldest are dropped first. */
const MAX_VERDICTS = 500;

/**
 * The protocol era that each server was found to speak, by its entry, with the date; over HTTP also the older
 * transport. Some servers do not answer the probe of the era until it times out, so no server is probed twice without
 * need.
 */
export class ProtocolEraCache {
  readonly #path: string | undefined;
  readonly #verdicts: BoundedMap<string, Verdict>;

  /** `path` is absolute. Absent: verdicts last for this run only. */
  constructor(path?: string) {
    this.#path = path;
    const age = { maxMs: MAX_AGE_MS, since: ({ at }: Verdict) => at };
    this.#verdicts = new BoundedMap({ maxEntries: MAX_VERDICTS, age }, path === undefined ? [] : read(path));
  }

  /** Returns the verdict on a server; undefined if it is unknown or older than 7 days. */
  of(config: ServerConfig): Verdict | undefined {
    return this.#verdicts.get(keyOf(config));
  }

  remember(config: ServerConfig, era: Era, transport?: 'sse'): void {
    this.#verdicts.set(keyOf(config), { era, at: Date.now(), ...(transport && { transport }) });
    this.#save();
  }

  /** Removes the verdict on a server that did not speak the remembered era. */
  forget(config: ServerConfig): void {
    if (this.#verdicts.delete(keyOf(config))) this.#save();
  }

  #save(): void {
    if (this.#path === undefined) return;
    const temporary = `${this.#path}.${process.pid}.new`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileSync(temporary, JSON.stringify({ version: 1, verdicts: [...this.#verdicts] }), { mode: 0o600 });
      renameSync(temporary, this.#path);
    } catch {
      // The next run probes the era again, so a failed write is no error.
    }
  }
}

/** Hashes the command or URL. A hash, because an entry may contain secrets. */
function keyOf(config: ServerConfig): string {
  const started = config.type === 'local' ? [config.command, config.cwd, config.environment] : [config.url];
  return createHash('sha256').update(JSON.stringify(started)).digest('hex');
}

/** Reads the entries of the file; none if it is missing or corrupt. */
function read(path: string): readonly [string, Verdict][] {
  try {
    const file: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!isJsonObject(file) || file.version !== 1 || !Array.isArray(file.verdicts)) return [];
    return file.verdicts.filter(isEntry);
  } catch {
    return [];
  }
}

function isEntry(entry: unknown): entry is [string, Verdict] {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string' || !isJsonObject(entry[1])) return false;
  const { era, at } = entry[1];
  return (era === 'legacy' || era === 'modern') && typeof at === 'number';
}
