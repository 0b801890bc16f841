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

/** Where values come from that the environment does not have. */
export interface Sources {
  /** A value of the gateway's `secrets`; undefined where they have none. `isOnly`: it may come from nowhere else. */
  readonly secret: (name: string, isOnly: boolean) => string | undefined;
  /** The content of the file at a path as written; undefined where it cannot be used. */
  readonly file: (path: string) => string | undefined;
  /** Hears of what the environment gave. */
  readonly filled?: (name: string, value: string) => void;
}

/**
 * `${VAR}`, `${env:VAR}`, both with an optional `:-default` (braces balanced once), `{env:VAR}`, `{secret:NAME}`, or
 * `{file:path}`, whose path may name variables as `${VAR}`. `$${VAR}` is none: `${VAR}` as it is written.
 */
const REFERENCE =
  /\$\$\{(?:[^{}]|\{[^{}]*\})*\}|\$\{(?:env:)?([A-Za-z_]\w*)(?::-((?:[^{}]|\{[^{}]*\})*))?\}|\{env:([^{}\s]+)\}|\{(secret|file):((?:[^{}\n]|\$\{[^{}]*\})+)\}/g;

/**
 * Fills in the variables of one text, in one pass: what a variable holds is never read again. Without `sources`, which
 * keep account of what they cannot give, secrets and files stay as they are written.
 */
export function substitute(text: string, env: Environment, sources?: Sources): Substituted {
  const unset: string[] = [];
  const missing: string[] = [];
  const known = (name: string) => variable(name) ?? sources?.secret(name, false);
  const variable = (name: string) => {
    const value = read(env, name);
    if (value !== undefined) sources?.filled?.(name, value);
    return value;
  };
  const fill = (
    match: string,
    ...[strict, fallback, lenient, kind, place = '']: readonly (string | undefined)[]
  ): string => {
    if (match.startsWith('$$')) return match.slice(1);
    if (kind !== undefined) return sources ? (other(kind, place, sources) ?? '') : match;
    if (lenient !== undefined) return known(lenient) ?? note(unset, lenient);
    const name = strict ?? '';
    if (fallback === undefined) return known(name) ?? note(missing, name);
    return known(name) || fallback.replace(REFERENCE, fill);
  };
  const other = (kind: string, place: string, { secret, file }: Sources) =>
    kind === 'secret' ? secret(place, true) : file(place.replace(REFERENCE, fill));
  return { text: text.replace(REFERENCE, fill), unset, missing };
}

/** Whether a text names a secret or a file to be filled in. */
export function namesSecret(text: string): boolean {
  return /\{(?:secret|file):[^{}\n]/.test(text);
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
