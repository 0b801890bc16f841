import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ServerConfig } from '../config/schema.ts';
import { BoundedMap } from '../core/bounded-map.ts';
import { isJsonObject } from '../core/json.ts';

export type Era = 'legacy' | 'modern';

interface Verdict {
  readonly era: Era;
  /** Over HTTP: it took the older transport only. */
  readonly transport?: 'sse';
  /** Epoch ms. */
  readonly at: number;
}

/** How long a verdict counts, in ms: servers are updated. */
const MAX_AGE_MS = 7 * 24 * 3_600_000;
/** Verdicts kept at most, the oldest forgotten first. */
const MAX_VERDICTS = 500;

/**
 * Which protocol era a server turned out to speak when it was asked, by its entry, with the date; over HTTP also whether
 * by the older transport. A probe meets servers that never heard of it, and some let it wait, so nobody is probed twice
 * without need.
 */
export class ProtocolEraCache {
  readonly #path: string | undefined;
  readonly #verdicts: BoundedMap<string, Verdict>;

  /** `path` is absolute; absent: verdicts last for this run. */
  constructor(path?: string) {
    this.#path = path;
    const age = { maxMs: MAX_AGE_MS, since: ({ at }: Verdict) => at };
    this.#verdicts = new BoundedMap({ maxEntries: MAX_VERDICTS, age }, path === undefined ? [] : read(path));
  }

  /** What the server spoke, if that is known and not too long ago. */
  of(config: ServerConfig): Verdict | undefined {
    return this.#verdicts.get(keyOf(config));
  }

  remember(config: ServerConfig, era: Era, transport?: 'sse'): void {
    this.#verdicts.set(keyOf(config), { era, at: Date.now(), ...(transport && { transport }) });
    this.#save();
  }

  /** A server did not speak what it was remembered for. */
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
      // What cannot be kept is found out again next time.
    }
  }
}

/** Of what is started, as a hash: an entry may hold secrets. */
function keyOf(config: ServerConfig): string {
  const started = config.type === 'local' ? [config.command, config.cwd, config.environment] : [config.url];
  return createHash('sha256').update(JSON.stringify(started)).digest('hex');
}

/** Nothing when the file is missing, corrupt or somebody else's. */
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
