/** Variables by name, as `process.env` holds them. */
export type Environment = { readonly [name: string]: string | undefined };

/** A text with its variables filled in, and the names of those that were not there. Never holds their values apart. */
export interface Substituted {
  readonly text: string;
  /** Named as `{env:VAR}` and unset: replaced by nothing. */
  readonly unset: readonly string[];
  /** Named as `${VAR}` without a default and unset: the text cannot be used. */
  readonly missing: readonly string[];
}

/** `${VAR}`, `${env:VAR}`, both with an optional `:-default` (braces balanced once), or `{env:VAR}`. */
const REFERENCE = /\$\{(?:env:)?([A-Za-z_]\w*)(?::-((?:[^{}]|\{[^{}]*\})*))?\}|\{env:([^{}\s]+)\}/g;

/** Fills in the variables of one text, in one pass: what a variable holds is never read again. */
export function substitute(text: string, env: Environment): Substituted {
  const unset: string[] = [];
  const missing: string[] = [];
  const fill = (_match: string, strict?: string, fallback?: string, lenient?: string): string => {
    if (lenient !== undefined) return read(env, lenient) ?? note(unset, lenient);
    const name = strict ?? '';
    if (fallback === undefined) return read(env, name) ?? note(missing, name);
    return read(env, name) || fallback.replace(REFERENCE, fill);
  };
  return { text: text.replace(REFERENCE, fill), unset, missing };
}

/** What takes the place of a variable that is not there: nothing, remembered. */
function note(names: string[], name: string): string {
  names.push(name);
  return '';
}

/** Own properties only: `${constructor}` is a variable like any other. */
function read(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

/** Nothing that takes variables nests deeper: `apiKeys[0].roles[0]` within `auth`. */
const MAX_DEPTH = 4;

/** Fills in every text within a value of arrays and objects; other values, and what nests too deep, stay as they are. */
export function substituteAll(
  value: unknown,
  onText: (text: string, path: (string | number)[]) => string,
  path: (string | number)[] = [],
): unknown {
  if (typeof value === 'string') return onText(value, path);
  if (value === null || typeof value !== 'object' || path.length >= MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item, index) => substituteAll(item, onText, [...path, index]));
  const fields = Object.entries(value).map(([key, item]) => [key, substituteAll(item, onText, [...path, key])]);
  return Object.fromEntries(fields);
}
