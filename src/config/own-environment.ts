import { isJsonObject } from '../core/json.ts';
import type { Environment, Lookup } from './substitute.ts';

/** The variables of an entry, filled in, and how its other texts find variables: among these first. */
export interface OwnEnvironment {
  readonly values: Readonly<Record<string, unknown>>;
  /** Given as null: not inherited. */
  readonly unset: readonly string[];
  /** Which of them the texts have found here. */
  readonly used: ReadonlySet<string>;
  readonly lookup: Lookup;
}

/**
 * Fills in the variables of an entry by each other and by `outer`. Within its own value, also by way of others, a name means
 * the outer variable: `PATH` may be `${PATH}:/more`.
 */
export function ownEnvironment(
  written: unknown,
  outer: Environment,
  fill: (text: string, name: string, lookup: Lookup) => string,
): OwnEnvironment {
  const own = new Map(isJsonObject(written) ? Object.entries(written) : []);
  const unset = [...own].flatMap(([name, value]) => (value === null ? [name] : []));
  const done = new Map<string, unknown>();
  const used = new Set<string>();
  const outside: Lookup = (name) => (Object.hasOwn(outer, name) ? outer[name] : undefined);
  const filled = (name: string, within: readonly string[]): unknown => {
    if (!done.has(name)) {
      const value = own.get(name);
      const lookup: Lookup = (other) => textOf(other, [...within, name]);
      done.set(name, typeof value === 'string' ? fill(value, name, lookup) : value);
    }
    return done.get(name);
  };
  const textOf = (name: string, within: readonly string[]): string | undefined => {
    if (!own.has(name) || within.includes(name)) return outside(name);
    used.add(name);
    const value = filled(name, within);
    return isScalar(value) ? String(value) : undefined;
  };
  const values = [...own].filter(([, value]) => value !== null).map(([name]) => [name, filled(name, [])]);
  used.clear();
  return { values: Object.fromEntries(values), unset, used, lookup: (name) => textOf(name, []) };
}

/** What a person writes for a variable or an argument. */
export function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
