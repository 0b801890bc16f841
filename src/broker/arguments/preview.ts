import { clip } from '../../core/errors.ts';
import { sourceOf } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';

export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

const MAX_CHARS = 40;

/** Returns the JSON type of a value. */
export function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : (typeof value as Kind);
}

/**
 * Returns a value as JSON of at most `maxChars` characters; reads only the shown part of a large or deep one. `source`:
 * the text of a number as it was written; numbers within lists and objects have it there.
 */
export function preview(value: unknown, source?: string, maxChars = MAX_CHARS): string {
  let text = '';
  for (const token of tokens(value, maxChars, source)) {
    text += token;
    if (text.length > maxChars) break;
  }
  return clip(text, maxChars);
}

/** Returns a member of a list or an object as JSON, a number as it was written. */
export function previewMember(holder: object, key: string | number): string {
  return preview((holder as JsonObject)[key], sourceOf(holder, key));
}

function* tokens(value: unknown, maxChars: number, source?: string): Generator<string> {
  if (typeof value === 'string') yield JSON.stringify(clip(value, maxChars - 2));
  else if (Array.isArray(value)) yield* arrayTokens(value, maxChars);
  else if (isJsonObject(value)) yield* objectTokens(value, maxChars);
  else yield source ?? String(value);
}

function* arrayTokens(items: readonly unknown[], maxChars: number): Generator<string> {
  yield '[';
  for (const [index, item] of items.entries()) {
    if (index > 0) yield ',';
    yield* tokens(item, maxChars, sourceOf(items, index));
  }
  yield ']';
}

function* objectTokens(object: JsonObject, maxChars: number): Generator<string> {
  let separator = '';
  yield '{';
  for (const key in object) {
    yield `${separator}${JSON.stringify(clip(key, maxChars))}:`;
    yield* tokens(object[key], maxChars, sourceOf(object, key));
    separator = ',';
  }
  yield '}';
}

const PLAIN_KEY = /^[\p{L}_$][\p{L}\p{N}_$-]{0,59}$/u;

/** Returns the path of a child: `args.filter`, `args.items[2]`, `args["odd key"]`. */
export function childPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return PLAIN_KEY.test(key) ? `${path}.${key}` : `${path}[${preview(key)}]`;
}
