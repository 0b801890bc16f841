import type { Sources } from './secrets/secrets.ts';

/** Variables by name, in the form of `process.env`. */
export type Environment = { readonly [name: string]: string | undefined };

/** Returns the value of a variable; undefined if it is not set. */
export type Lookup = (name: string) => string | undefined;

/** A text with its variables filled in, and the names of those that are not set. */
export interface Substituted {
  readonly text: string;
  /** Unset variables written as `{env:VAR}`, which were replaced by an empty text. */
  readonly unset: readonly string[];
  /** Unset variables written as `${VAR}` without a default: the text cannot be used. */
  readonly missing: readonly string[];
}

/**
 * A reference in a text: `${name}`, `${env:name}`, `{env:name}`, `{secret:name}`, or `{file:name}` with the path as
 * written.
 */
export interface Reference {
  readonly form: 'plain' | 'env' | 'braced' | 'secret' | 'file';
  readonly name: string;
}

/** `${VAR}`, `${env:VAR}`, or the beginning of either with a default. */
const VARIABLE = /\$\{(?:env:)?([A-Za-z_]\w*)(\}|:-)/y;
/** `{env:VAR}`, `{secret:NAME}`, or `{file:path}`, whose path may name variables as `${VAR}`. */
const BRACED = /\{env:([^{}\s]+)\}|\{(secret|file):((?:[^{}\n]|\$\{[^{}]*\})+)\}/y;
/** The beginning of `{{env:VAR}}` and its like. */
const BRACED_TEXT = /\{\{(?:env|secret|file):/y;
/** Most levels of defaults within defaults; a deeper reference stays as written. */
const MAX_NESTING = 20;

/**
 * Fills in the variables of one text, in one pass: references inside a filled-in value stay. Secrets and files are
 * filled in from `sources`, which record what they cannot give; without them such references stay, as do those for
 * which `isLeft` returns true.
 */
export function substitute(
  text: string,
  env: Environment | Lookup,
  sources?: Sources,
  isLeft: (reference: Reference) => boolean = () => false,
): Substituted {
  const lookup = typeof env === 'function' ? env : (name: string) => read(env, name);
  const known = (name: string) => {
    const value = lookup(name);
    if (value !== undefined) sources?.filled?.(name, value);
    return value ?? sources?.secret(name, false);
  };
  const filling = new Filling(text, known, sources, isLeft);
  return { text: filling.range(0, text.length), unset: filling.unset, missing: filling.missing };
}

/** One text that is being filled in. */
class Filling {
  readonly unset: string[] = [];
  readonly missing: string[] = [];
  readonly #text: string;
  /** Index of each closing brace, by the index of its opening one. */
  readonly #closing: ReadonlyMap<number, number>;
  readonly #known: Lookup;
  readonly #sources: Sources | undefined;
  readonly #isLeft: (reference: Reference) => boolean;
  #end = 0;

  constructor(text: string, known: Lookup, sources: Sources | undefined, isLeft: (reference: Reference) => boolean) {
    this.#text = text;
    this.#closing = closingBraces(text);
    this.#known = known;
    this.#sources = sources;
    this.#isLeft = isLeft;
  }

  /** Returns the part of the text between two indices, filled in. */
  range(from: number, to: number, depth = 0): string {
    const parts: string[] = [];
    let done = from;
    for (let at = nextMark(this.#text, from, to); at < to; at = nextMark(this.#text, Math.max(at + 1, done), to)) {
      const filled = this.#reference(at, to, depth);
      if (filled === undefined) continue;
      parts.push(this.#text.slice(done, at), filled);
      done = this.#end;
    }
    return parts.join('') + this.#text.slice(done, to);
  }

  /** Returns the replacement of a reference that begins at an index; undefined if none begins there. */
  #reference(at: number, to: number, depth: number): string | undefined {
    return (
      this.#escaped(at, to) ?? this.#variable(at, to, depth) ?? this.#bracedText(at, to, depth) ?? this.#braced(at, to)
    );
  }

  /** Replaces the escaped form `$${…}` by the text `${…}`. */
  #escaped(at: number, to: number): string | undefined {
    const close = this.#text.startsWith('$${', at) ? this.#closing.get(at + 2) : undefined;
    if (close === undefined || close >= to) return undefined;
    this.#end = close + 1;
    return this.#text.slice(at + 1, close + 1);
  }

  /** Replaces the escaped form `{{env:VAR}}` by the text `{env:VAR}`; variables within it are filled in. */
  #bracedText(at: number, to: number, depth: number): string | undefined {
    const close = this.#closing.get(at);
    const isText = matchAt(BRACED_TEXT, this.#text, at) && this.#closing.get(at + 1) === (close ?? 0) - 1;
    if (close === undefined || close >= to || !isText || depth > MAX_NESTING) return undefined;
    const inner = this.range(at + 2, close - 1, depth + 1);
    this.#end = close + 1;
    return `{${inner}}`;
  }

  #variable(at: number, to: number, depth: number): string | undefined {
    const [whole, name = '', rest] = matchAt(VARIABLE, this.#text, at) ?? [];
    const close = this.#closing.get(at + 1);
    if (whole === undefined || close === undefined || close >= to || depth > MAX_NESTING) return undefined;
    this.#end = close + 1;
    const written = this.#text.slice(at, close + 1);
    const form = written.startsWith('${env:') ? 'env' : 'plain';
    // PowerShell has no defaults in the form `${env:…}`, so such a reference is never left to the script.
    if ((form === 'plain' || rest === '}') && this.#isLeft({ form, name })) return written;
    if (rest === '}') return this.#known(name) ?? note(this.missing, name);
    const fallback = this.#known(name) || this.range(at + whole.length, close, depth + 1);
    this.#end = close + 1;
    return fallback;
  }

  #braced(at: number, to: number): string | undefined {
    const [whole, variable, kind, place = ''] = matchAt(BRACED, this.#text, at) ?? [];
    if (whole === undefined || at + whole.length > to) return undefined;
    this.#end = at + whole.length;
    const form = kind === 'secret' || kind === 'file' ? kind : 'braced';
    if (this.#isLeft({ form, name: variable ?? place })) return whole;
    if (variable !== undefined) return this.#known(variable) ?? note(this.unset, variable);
    if (!this.#sources) return whole;
    if (kind === 'secret') return this.#sources.secret(place, true) ?? '';
    const path = this.range(at + '{file:'.length, at + whole.length - 1, MAX_NESTING);
    this.#end = at + whole.length;
    return this.#sources.file(path) ?? '';
  }
}

function nextMark(text: string, from: number, to: number): number {
  for (let at = from; at < to; at++) if (text[at] === '$' || text[at] === '{') return at;
  return to;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function closingBraces(text: string): Map<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (const { 0: brace, index } of text.matchAll(/[{}]/g)) {
    if (brace === '{') open.push(index);
    else closing.set(open.pop() ?? -1, index);
  }
  return closing;
}

/** True if a text names a secret or a file to be filled in. */
export function namesSecret(text: string): boolean {
  return /\{(?:secret|file):[^{}\n]/.test(text);
}

/** Records the name of an unset variable, and returns its replacement, an empty text. */
function note(names: string[], name: string): string {
  names.push(name);
  return '';
}

/** Reads own properties only, because `${constructor}` is a variable like any other. */
function read(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

/** Deepest level at which variables are filled in: `apiKeys[0].roles[0]` within `auth`. */
const MAX_DEPTH = 4;

/**
 * Fills in each text within arrays and objects. Other values, and those nested deeper than `MAX_DEPTH`, stay as they
 * are.
 */
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
