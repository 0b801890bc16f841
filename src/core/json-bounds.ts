import { isJsonObject } from './json.ts';

/** Bounds of a JSON text that another program wrote. */
export interface JsonBounds {
  /** Most levels of lists and objects within each other. */
  readonly depth: number;
  /** Most members of all objects together; absent: any number. */
  readonly members?: number;
  /** Most different names of members, estimated; absent: any number. */
  readonly names?: number;
}

/**
 * Deeper than anything that people or models write, and far below the depth at which `JSON.stringify` fails (some
 * 5,000).
 */
export const MAX_JSON_DEPTH = 512;

/** Bounds of a text from a client that may be a stranger: 400,000 different members take a second to parse. */
export const STRANGERS_JSON: JsonBounds = { depth: MAX_JSON_DEPTH, members: 50_000 };

const ANY_JSON: JsonBounds = { depth: MAX_JSON_DEPTH };

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const SHORT_CHARS = 24;

/**
 * Says in words which bound a JSON text exceeds; undefined if none. Call it before parsing: 15 MB of `[` take 6 s to
 * parse. Takes linear time, and next to none for texts within the bounds.
 */
export function beyondBounds(
  text: string,
  { depth: maxDepth, members, names }: JsonBounds = ANY_JSON,
): string | undefined {
  // A text cannot be nested deeper than it has characters, nor have more members.
  if (text.length <= maxDepth) return undefined;
  let depth = 0;
  let found = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if (code === COLON) found++;
    // `[` and `{`, `]` and `}` differ in one bit.
    else if ((code | 0x20) === 0x7b) depth++;
    else if ((code | 0x20) === 0x7d) depth--;
    else continue;
    if (depth > maxDepth) return `nested deeper than ${maxDepth} levels`;
    if (members !== undefined && found > members) return `more than ${members} members`;
  }
  // A text with fewer members cannot have more names.
  if (names === undefined || found <= names || !holdsMoreNames(text, names)) return undefined;
  return `with more than ${names} different names of members`;
}

/** Counts the members of all objects in a JSON text. In linear time. */
export function membersIn(text: string): number {
  let found = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if (code === COLON) found++;
  }
  return found;
}

/** Bits of a hash; names with the same hash count as one: of 200,000 different ones some 3 in a hundred do. */
const HASH_BITS = 22;
/** Odd, and random in each process: an attacker cannot make up names with the same hash. */
const HASH_FACTOR = (Math.random() * 0x100000000) | 1;

/** True if the members of a JSON text have more different names than `max`. A list of a million records has a few. */
function holdsMoreNames(text: string, max: number): boolean {
  const seen = new Uint8Array(1 << (HASH_BITS - 3));
  let different = 0;
  let hash = 0;
  for (let at = 0; at < text.length && different <= max; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfText(text, at);
      // Values are skipped: they are most of a text.
      if (isName(text, end)) hash = hashOf(text, at + 1, end);
      at = end;
    } else if (code === COLON) {
      const [byte, bit] = [hash >>> 3, 1 << (hash & 7)];
      if (((seen[byte] ?? 0) & bit) === 0) different++;
      seen[byte] = (seen[byte] ?? 0) | bit;
    }
  }
  return different > max;
}

/** True if a colon follows the string that ends at `end`. */
function isName(text: string, end: number): boolean {
  let next = end + 1;
  // Skips spaces, tabs and line ends.
  while (text.charCodeAt(next) <= 0x20) next++;
  return text.charCodeAt(next) === COLON;
}

function hashOf(text: string, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), HASH_FACTOR) ^ (hash >>> 15);
  return Math.imul(hash ^ (hash >>> 16), HASH_FACTOR) >>> (32 - HASH_BITS);
}

/** Characters after a member's name in which its value is looked for. */
const MEMBER_CHARS = 1_024;
const NAME_OR_NUMBER = /^\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)/;

/** Finds the `id` of a JSON-RPC message without parsing it: a text or a number; null if it has none. In linear time. */
export function idIn(text: string): string | number | null {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code | 0x20) === 0x7b) depth++;
    else if ((code | 0x20) === 0x7d) depth--;
    if (code !== QUOTE) continue;
    const end = endOfText(text, at);
    if (depth === 1 && end === at + 3 && text.startsWith('id', at + 1)) {
      const [, value] = NAME_OR_NUMBER.exec(text.slice(end + 1, end + MEMBER_CHARS)) ?? [];
      if (value !== undefined) return asId(value);
    }
    at = end;
  }
  return null;
}

function asId(value: string): string | number | null {
  try {
    return JSON.parse(value) as string | number; // NAME_OR_NUMBER matches nothing else
  } catch {
    return null;
  }
}

/**
 * Returns the place of the quote that ends the string beginning at `start`; the length of the text if no quote ends it.
 */
export function endOfText(text: string, start: number): number {
  let at = start + 1;
  // Most strings are short, for which `indexOf` costs more than this loop.
  for (const near = Math.min(text.length, at + SHORT_CHARS); at < near; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  for (let end = text.indexOf('"', at); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

/** Most unknown members that stay in an object: enough to say what is wrong. */
const FEW = 20;

/**
 * Returns an object with at most 20 of its members that are not in `known`: each unknown member is a problem with a
 * text of its own, and a hundred thousand of them take seconds to report. Any other value, and an object with few
 * unknown members, is returned unchanged.
 */
export function withFewUnknown(value: unknown, known: readonly string[]): unknown {
  if (!isJsonObject(value)) return value;
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length <= FEW) return value;
  const kept = [...known.filter((key) => Object.hasOwn(value, key)), ...unknown.slice(0, FEW)];
  return Object.fromEntries(kept.map((key) => [key, value[key]]));
}
