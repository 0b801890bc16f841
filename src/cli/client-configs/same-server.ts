import type { Environment } from '../../config/substitute.ts';
import { escapeRegExp } from '../../core/glob.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { isRelative } from './convert-entry.ts';
import { withoutMarks } from './held-text.ts';
import { SecretNames, withoutSecrets } from './secrets.ts';

/** A server of ours that equals a found entry, and the values that the entry holds for its unset variables. */
export interface SameServer {
  readonly key: string;
  readonly values: ReadonlyMap<string, string>;
}

/** Values that fill in references. */
export interface Known {
  readonly env: Environment;
  /** The gateway's secrets: for variables that the environment lacks, and for `{secret:NAME}`. */
  readonly secrets: Environment;
}

const NAMED = /\$\{((?:secret:)?[^\s{}:]+)\}/g;

/**
 * Returns the first of these servers that equals the found entry. A reference equals any other way of writing it and
 * its value; a reference without a value equals a secret in the found entry. `enabled`, description, tags and start
 * timeout do not count.
 */
export function findSame(
  servers: ReadonlyMap<string, JsonObject | undefined>,
  found: JsonObject,
  known: Known,
): SameServer | undefined {
  const secrets = new SecretNames({});
  withoutSecrets('any', found, secrets);
  for (const [key, entry] of servers) {
    const values =
      entry && new Comparison(known, secrets.values()).compare(essenceOf(entry, found), essenceOf(found, entry));
    if (values) return { key, values };
  }
  return undefined;
}

/**
 * Returns the first server that equals the found entry apart from the values of its secrets; `values` holds the new
 * ones.
 */
export function findRenewed(
  servers: ReadonlyMap<string, JsonObject | undefined>,
  found: JsonObject,
  { env }: Known,
): SameServer | undefined {
  return findSame(servers, found, { env, secrets: {} });
}

/**
 * Returns the fields that identify a server. `cwd` does not count if the other entry has none and no word of this entry
 * is a relative path to a file in it.
 */
function essenceOf(entry: JsonObject, other: JsonObject): JsonObject {
  const {
    type: _type,
    enabled: _enabled,
    description: _description,
    tags: _tags,
    startTimeoutMs: _start,
    ...rest
  } = entry;
  const { cwd, ...apart } = rest;
  const words = [entry.command, Object.values(isJsonObject(entry.environment) ? entry.environment : {})].flat();
  const isAnywhere = typeof cwd === 'string' && other.cwd === undefined && !words.some((word) => isRelative(word, cwd));
  return Object.fromEntries(
    Object.entries(isAnywhere ? apart : rest).filter(([, value]) => value && JSON.stringify(value) !== '{}'),
  );
}

/** One comparison of two entries, in which a variable has the same value everywhere. */
class Comparison {
  readonly #values = new Map<string, string>();
  readonly #known: Known;
  readonly #literals: readonly string[];

  constructor(known: Known, literals: readonly string[]) {
    this.#known = known;
    this.#literals = literals;
  }

  compare(known: unknown, found: unknown): ReadonlyMap<string, string> | undefined {
    return this.#isSame(known, found) ? this.#values : undefined;
  }

  #isSame(known: unknown, found: unknown): boolean {
    if (Array.isArray(known) && Array.isArray(found))
      return known.length === found.length && known.every((item, index) => this.#isSame(item, found[index]));
    if (isJsonObject(known) && isJsonObject(found)) {
      const keys = Object.keys(known);
      return (
        keys.length === Object.keys(found).length &&
        keys.every((key) => Object.hasOwn(found, key) && this.#isSame(known[key], found[key]))
      );
    }
    if (typeof known === 'object' || typeof found === 'object') return known === found;
    return this.#isSameText(canonical(String(known)), canonical(String(found)));
  }

  #isSameText(known: string, found: string): boolean {
    if (known === found) return true;
    const [filled, other] = [this.#filled(known), this.#filled(found)];
    // Also equal: an escaped reference and the same text without its escape.
    if (withoutMarks(filled) === withoutMarks(other)) return true;
    const names = [...filled.matchAll(NAMED)].map(([, name = '']) => name);
    if (names.length === 0) return false;
    const parts = filled.split(NAMED).map((part, index) => (index % 2 === 0 ? escapeRegExp(part) : '([\\s\\S]+?)'));
    const values = new RegExp(`^${parts.join('')}$`).exec(other)?.slice(1) ?? [];
    return values.length > 0 && names.every((name, index) => this.#learns(name, values[index] ?? ''));
  }

  #learns(reference: string, written: string): boolean {
    const name = reference.replace(/^secret:/, '');
    if (written === `\${${reference}}`) return true;
    const value = withoutMarks(written);
    if (!this.#literals.includes(value) || (this.#values.get(name) ?? value) !== value) return false;
    this.#values.set(name, value);
    return true;
  }

  #filled(text: string): string {
    const { env, secrets } = this.#known;
    return text.replace(NAMED, (reference, name: string) => {
      const value = name.startsWith('secret:') ? secrets[name.slice('secret:'.length)] : env[name] || secrets[name];
      return value || reference;
    });
  }
}

/** Rewrites `${env:X}`, `{env:X}` and `$X` to `${X}`, and `{secret:X}` to `${secret:X}`. */
function canonical(text: string): string {
  return text
    .replace(/\$\{env:([A-Za-z_]\w*)/g, '$${$1')
    .replace(/(?<![${])\{(?:env:|(secret:))([^{}\s]+)\}/g, '$${$1$2}')
    .replace(/(?<![$\w])\$([A-Z_][A-Z\d_]*)\b/g, '$${$1}');
}
