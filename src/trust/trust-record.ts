import { isJsonObject, type JsonObject } from '../core/json.ts';

/** A fingerprint, and since when it is known; epoch ms. */
export interface Sighting {
  readonly fingerprint: string;
  readonly since: number;
}

/** What is trusted of a server, and what it says by now instead, both by the name of the tool. */
export interface TrustRecord {
  /** Definitions as first seen, or as accepted. */
  readonly trusted: ReadonlyMap<string, Sighting>;
  /** Definitions that differ from the trusted ones, and on a pinned server new ones: until a person accepts them. */
  readonly untrusted: ReadonlyMap<string, Sighting>;
  /** Digest of the list that was compared last: the same list need not be compared again. */
  readonly list?: string | undefined;
}

/** Tools of one server that are remembered at most; none is forgotten for another, or a server could have one forgotten. */
const MAX_TOOLS = 20_000;

/** The record after a server has listed its tools (fingerprints by name); `before` undefined: nothing was known. */
export function noted(
  before: TrustRecord | undefined,
  listed: ReadonlyMap<string, string>,
  { isPinned, now }: { readonly isPinned: boolean; readonly now: number },
): TrustRecord {
  const trusted = new Map(before?.trusted);
  const untrusted = new Map(before?.untrusted);
  for (const [name, fingerprint] of listed) {
    const known = trusted.get(name);
    const pending = untrusted.get(name);
    const isTrusted = known ? known.fingerprint === fingerprint : before === undefined || !isPinned;
    if (isTrusted) untrusted.delete(name);
    if (isTrusted ? known : pending?.fingerprint === fingerprint) continue;
    const target = isTrusted ? trusted : untrusted;
    if (target.size < MAX_TOOLS) target.set(name, { fingerprint, since: pending?.since ?? now });
  }
  return { trusted, untrusted };
}

/** The record after a person has accepted these definitions (fingerprints by name). */
export function accepted(
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

/** What is wrong with a definition as it is now; undefined: it is trusted, or nobody minds. */
export interface Doubt {
  readonly kind: 'changed' | 'new';
  readonly fingerprint: string;
  /** Undefined: just now. */
  readonly since: number | undefined;
  /** What it was when it was trusted; undefined: unknown then. */
  readonly trusted: Sighting | undefined;
}

/** What a record says of a definition with that fingerprint. */
export function doubtOf(
  record: TrustRecord | undefined,
  name: string,
  fingerprint: string,
  isPinned: boolean,
): Doubt | undefined {
  if (!record) return undefined;
  const trusted = record.trusted.get(name);
  if (trusted?.fingerprint === fingerprint) return undefined;
  if (!trusted && !isPinned) return undefined;
  return { kind: trusted ? 'changed' : 'new', fingerprint, since: record.untrusted.get(name)?.since, trusted };
}

/** The record that a parsed file holds; undefined: none of ours. */
export function recordIn(file: unknown): TrustRecord | undefined {
  if (!isJsonObject(file)) return undefined;
  const trusted = sightingsIn(file.trusted);
  const untrusted = sightingsIn(file.untrusted);
  const list = typeof file.list === 'string' ? file.list : undefined;
  return trusted && untrusted && { trusted, untrusted, list };
}

/** As a file holds it. */
export function recordJson({ trusted, untrusted, list }: TrustRecord): JsonObject {
  const rows = (sightings: ReadonlyMap<string, Sighting>) =>
    [...sightings].map(([name, { fingerprint, since }]) => [name, fingerprint, since]);
  return { trusted: rows(trusted), untrusted: rows(untrusted), list };
}

function sightingsIn(rows: unknown): ReadonlyMap<string, Sighting> | undefined {
  if (!Array.isArray(rows)) return undefined;
  const sightings = new Map<string, Sighting>();
  for (const row of rows) {
    if (!Array.isArray(row)) return undefined;
    const [name, fingerprint, since] = row;
    if (typeof name !== 'string' || typeof fingerprint !== 'string' || !Number.isSafeInteger(since)) return undefined;
    sightings.set(name, { fingerprint, since });
  }
  return sightings;
}
