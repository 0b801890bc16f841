import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { fingerprintOf, isSame } from './fingerprint.ts';

/** A fingerprint with the time since when it is known, in epoch ms. */
interface Sighting {
  readonly fingerprint: string;
  readonly since: number;
}

/** The trusted tools of a server, and the deviations from them. Keys are names of tools. */
export interface TrustRecord {
  /** Fingerprints as first seen, or as accepted. */
  readonly trusted: ReadonlyMap<string, Sighting>;
  /**
   * Fingerprints that differ from the trusted ones, and on a pinned server those of new tools, until a person accepts
   * them.
   */
  readonly untrusted: ReadonlyMap<string, Sighting>;
  /** Digest of the list that was compared last: the same list need not be compared again. */
  readonly list?: string | undefined;
  /** True if there was no room for the names of some listed tools. Changes of those cannot be detected. */
  readonly isFull?: boolean | undefined;
}

/**
 * Most tools of one server in a record (as many as one list may have), and most bytes of all their names. No tool is
 * dropped for another, or a server could have one dropped on purpose. With both bounds no server can make its record
 * too long to be read.
 */
const MAX_TOOLS = 60_000;
const MAX_NAME_BYTES = 12 * 1024 * 1024;
/** Latest time that `Date` can represent, in epoch ms. */
const MAX_DATE = 8.64e15;

/**
 * The record after a server has listed its tools. `listed` has fingerprints by name. `before` is undefined for a new
 * server.
 */
export function recordAfterListing(
  before: TrustRecord | undefined,
  listed: ReadonlyMap<string, string>,
  { isPinned, now }: { readonly isPinned: boolean; readonly now: number },
): TrustRecord {
  const [trusted, untrusted] = [new Map(before?.trusted), new Map(before?.untrusted)];
  const [toTrust, toDoubt] = [new FreeRoom(trusted), new FreeRoom(untrusted)];
  let isFull = false;
  for (const [name, fingerprint] of listed) {
    const known = trusted.get(name);
    const pending = untrusted.get(name);
    const since = pending?.since ?? now;
    if (known ? isSame(known.fingerprint, fingerprint) : before === undefined || !isPinned) {
      untrusted.delete(name);
      // This also replaces a fingerprint without `others` by a complete one.
      if (known || toTrust.reserve(name)) trusted.set(name, { fingerprint, since: known?.since ?? since });
      else isFull = true;
    } else if (known || pending || toDoubt.reserve(name)) {
      if (pending?.fingerprint !== fingerprint) untrusted.set(name, { fingerprint, since });
    }
  }
  return { trusted, untrusted, ...(isFull && { isFull }) };
}

/** Free room for more names in a record. */
class FreeRoom {
  #tools: number;
  #bytes = 0;

  constructor(names: ReadonlyMap<string, Sighting>) {
    this.#tools = names.size;
    for (const name of names.keys()) this.#bytes += bytesOf(name);
  }

  reserve(name: string): boolean {
    const bytes = this.#bytes + bytesOf(name);
    if (this.#tools >= MAX_TOOLS || bytes > MAX_NAME_BYTES) return false;
    this.#tools++;
    this.#bytes = bytes;
    return true;
  }
}

const bytesOf = (name: string) => Buffer.byteLength(JSON.stringify(name));

/** The record after a person has accepted these definitions; `tools` has fingerprints by name. */
export function recordAfterAccepting(
  before: TrustRecord | undefined,
  tools: ReadonlyMap<string, string>,
  now: number,
): TrustRecord {
  const trusted = new Map(before?.trusted);
  const untrusted = new Map(before?.untrusted);
  for (const [name, fingerprint] of tools) {
    if (trusted.get(name)?.fingerprint !== fingerprint) trusted.set(name, { fingerprint, since: now });
    untrusted.delete(name);
  }
  return { trusted, untrusted };
}

/** Difference between a definition and the trusted one. */
export interface TrustViolation {
  /**
   * `changed`, `new`: the tool differs from the trusted one, or is not in the record. `full`: the record has no room
   * for it. `lost`: the record cannot be read. `unkept`: the record cannot be written.
   */
  readonly kind: 'changed' | 'new' | 'full' | 'lost' | 'unkept';
  readonly fingerprint: string;
  /** Epoch ms. Undefined: just now. */
  readonly since?: number | undefined;
  /** The trusted fingerprint. Undefined: the record has none. */
  readonly trusted?: Sighting | undefined;
  /** Cause that the record cannot be read or written. */
  readonly cause?: string;
}

/** The violation that a record shows for a tool with this fingerprint; undefined: none. */
export function violationOf(
  record: TrustRecord | undefined,
  name: string,
  fingerprint: string,
  isPinned: boolean,
): TrustViolation | undefined {
  if (!record) return undefined;
  const trusted = record.trusted.get(name);
  if (isSame(trusted?.fingerprint, fingerprint)) return undefined;
  const since = record.untrusted.get(name)?.since;
  if (trusted) return { kind: 'changed', fingerprint, since, trusted };
  if (isPinned) return { kind: 'new', fingerprint, since };
  return record.isFull ? { kind: 'full', fingerprint } : undefined;
}

/** The record in a parsed file; undefined: it is none. */
export function recordIn(file: unknown): TrustRecord | undefined {
  if (!isJsonObject(file)) return undefined;
  const trusted = sightingsIn(file.trusted);
  const untrusted = sightingsIn(file.untrusted);
  const list = typeof file.list === 'string' ? file.list : undefined;
  return trusted && untrusted && { trusted, untrusted, list, ...(file.isFull === true && { isFull: true }) };
}

/** The record as the file holds it. */
export function recordJson({ trusted, untrusted, list, isFull }: TrustRecord): JsonObject {
  const rows = (sightings: ReadonlyMap<string, Sighting>) =>
    [...sightings].map(([name, { fingerprint, since }]) => [name, fingerprint, since]);
  return { trusted: rows(trusted), untrusted: rows(untrusted), list, isFull };
}

function sightingsIn(rows: unknown): ReadonlyMap<string, Sighting> | undefined {
  if (!Array.isArray(rows)) return undefined;
  const sightings = new Map<string, Sighting>();
  for (const row of rows) {
    if (!Array.isArray(row)) return undefined;
    const [name, fingerprint, since] = row;
    if (typeof name !== 'string' || typeof fingerprint !== 'string' || !isDate(since)) return undefined;
    sightings.set(name, { fingerprint, since });
  }
  return sightings;
}

function isDate(since: unknown): since is number {
  return typeof since === 'number' && Number.isSafeInteger(since) && since >= 0 && since <= MAX_DATE;
}

/**
 * The first list of a server without a record, until the record is written. Later definitions are compared with it,
 * each when asked about.
 */
export class FirstListing {
  readonly tools: readonly ToolDefinition[];
  readonly #since = Date.now();
  #byName: ReadonlyMap<string, ToolDefinition> | undefined;

  constructor(tools: readonly ToolDefinition[]) {
    this.tools = tools;
  }

  /** The violation of a definition against the first list. */
  violation(definition: ToolDefinition, isPinned: boolean): TrustViolation | undefined {
    // Of two tools with one name the first counts.
    this.#byName ??= new Map(this.tools.toReversed().map((tool) => [tool.name, tool]));
    const first = this.#byName.get(definition.name);
    if (first === definition) return undefined;
    const fingerprint = fingerprintOf(definition);
    if (!first) return isPinned ? { kind: 'new', fingerprint } : undefined;
    const trusted = { fingerprint: fingerprintOf(first), since: this.#since };
    return trusted.fingerprint === fingerprint ? undefined : { kind: 'changed', fingerprint, trusted };
  }
}
