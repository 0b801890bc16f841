import { fits } from '../../../broker/arguments/check-arguments.ts';
import { isBeyondDoubles } from '../../../broker/arguments/number-text.ts';
import {
  itemSchema,
  listOf,
  propertySchema,
  resolveReference,
  type SchemaWalk,
  step,
  walkFrom,
} from '../../../broker/arguments/schema-walk.ts';
import { GatewayError } from '../../../core/errors.ts';
import { keepSources, parseJson, withNumber } from '../../../core/exact-json.ts';
import { displayText } from '../../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';

/** A value, and for a number its text as typed, which may hold more digits than a double. */
interface Given {
  readonly value: unknown;
  readonly source?: string;
}

/**
 * Reads arguments of the form `key=value` and merges them over `base`. The tool's schema decides the type of each
 * value. `a.b=1` sets a member of an object; `list.0=x` or a repeated key sets items of a list; `key:=json` ignores the
 * schema. Throws `INVALID_ARGUMENTS` if a word has none of these forms.
 */
export function readArguments(words: readonly string[], schema: JsonObject, base: JsonObject = {}): JsonObject {
  const given = new Map<string, string[]>();
  const exact = new Map<string, Given>();
  for (const word of words) {
    const [, key = '', colon = '', text = ''] = /^([^=]*?)(:?)=(.*)$/s.exec(word) ?? [];
    if (key === '') throw wrongArguments(`found ${JSON.stringify(displayText(word))}, expected key=value`);
    if (colon === ':') exact.set(key, jsonOf(key, text));
    else given.set(key, [...(given.get(key) ?? []), text]);
  }
  const root: Place = { schema, root: schema };
  let args = base;
  for (const [key, texts] of given) {
    const path = pathOf(key, root);
    args = withValue(args, path, read(texts, path.reduce(childAt, root)), [root, key]);
  }
  for (const [key, value] of exact) args = withValue(args, pathOf(key, root), value, [root, key]);
  return args;
}

/** Reads the value of the texts given for one key. */
function read(texts: readonly string[], place: Place): Given {
  const value = readValues(texts, place);
  const source = texts.join().trim();
  return typeof value === 'number' && isBeyondDoubles(source) ? { value, source } : { value };
}

/** Splits a key at its dots, except dots within the name of a property of the schema. */
function pathOf(key: string, place: Place): readonly string[] {
  const dot = key.indexOf('.');
  if (dot <= 0 || hasProperty(place, key)) return [key];
  const first = key.slice(0, dot);
  return [first, ...pathOf(key.slice(dot + 1), childAt(place, first))];
}

function withValue(
  target: unknown,
  [first = '', ...rest]: readonly string[],
  given: Given,
  [place, whole]: [Place, string],
): JsonObject {
  const held = target === undefined ? (wantsList(place) ? [] : {}) : target;
  const child = (holder: unknown) =>
    rest.length === 0 ? given.value : withValue(holder, rest, given, [childAt(place, first), whole]);
  const exactly = <T extends object>(holder: T) =>
    rest.length === 0 && given.source !== undefined
      ? withNumber(holder, first, given.source)
      : keepSources(holder, held as object);
  // The outermost value is always an object, so the cast is safe for the first caller.
  if (Array.isArray(held)) return exactly(withItem(held, first, child, whole)) as unknown as JsonObject;
  if (!isJsonObject(held))
    throw wrongArguments(`${displayText(whole)}: what it stands in was given as ${displayText(JSON.stringify(held))}`);
  // A computed key and `hasOwn` make `__proto__` a name like any other.
  return exactly({ ...held, [first]: child(Object.hasOwn(held, first) ? held[first] : undefined) });
}

function withItem(held: readonly unknown[], at: string, child: (item: unknown) => unknown, whole: string): unknown[] {
  const index = /^\d+$/.test(at) ? Number(at) : -1;
  if (index < 0 || index > held.length)
    throw wrongArguments(
      `${displayText(whole)}: found ${displayText(JSON.stringify(at))}, expected a place in the list, 0 to ${held.length}`,
    );
  return [...held.slice(0, index), child(held[index]), ...held.slice(index + 1)];
}

function jsonOf(key: string, text: string): Given {
  try {
    const value = parseJson(text);
    return typeof value === 'number' ? { value, source: text.trim() } : { value };
  } catch {
    throw wrongArguments(`${displayText(key)}: found ${JSON.stringify(displayText(text))}, expected JSON after :=`);
  }
}

function wrongArguments(message: string): GatewayError {
  return new GatewayError('INVALID_ARGUMENTS', message);
}

/** A schema within the schema of a tool, and `root`, against which its references are resolved. */
interface Place {
  readonly schema: unknown;
  readonly root: JsonObject;
}

/**
 * Reads typed text as a value that the schema accepts; returns the text itself if the schema accepts it as a string, or
 * accepts no reading of it.
 */
export function readValue(text: string, place: Place): unknown {
  const json = parsedJson(text);
  const takesText = accepts(place, text);
  const takesJson = json !== undefined && accepts(place, json);
  if (takesText && takesJson) return takesAnything(place) ? json : text;
  if (takesJson) return json;
  if (takesText) return text;
  return readList(text, place) ?? (typeof json === 'object' ? json : text);
}

/** Reads one text as a value, several texts under one key as a list. */
function readValues(texts: readonly string[], place: Place): unknown {
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return readValue(only, place);
  return texts.map((text, index) => readValue(text, childAt(place, String(index))));
}

/** True unless a keyword of the schema that `fits` knows rejects the value. */
function accepts({ schema, root }: Place, value: unknown): boolean {
  return fits(schema, value, freshWalk(root));
}

/**
 * Returns the schema of a property or of an item; its `schema` is undefined if the parent's schema does not restrict
 * it.
 */
export function childAt({ schema, root }: Place, key: string): Place {
  const walk = freshWalk(root);
  return { schema: declared(schema, key, walk) ?? additional(schema, walk), root };
}

/** True if the schema itself names that property. */
function hasProperty({ schema, root }: Place, key: string): boolean {
  return declared(schema, key, freshWalk(root)) !== undefined;
}

/** True if the schema accepts lists, but neither objects nor texts. */
function wantsList(place: Place): boolean {
  return accepts(place, []) && !accepts(place, {}) && !accepts(place, 'a');
}

/** Starts a walk with a fresh budget; drops `$schema`, so that an unknown dialect is read as the latest one. */
function freshWalk({ $schema: _, ...root }: JsonObject): SchemaWalk {
  return walkFrom(root) as SchemaWalk;
}

function declared(schema: unknown, key: string, walk: SchemaWalk): unknown {
  return step<unknown>(schema, walk, undefined, (known) => {
    const own = propertySchema(known, key) ?? (/^\d+$/.test(key) ? itemSchema(known, Number(key)) : undefined);
    if (own !== undefined) return own;
    const parts = [
      resolveReference(known.$ref, walk),
      ...['allOf', 'anyOf', 'oneOf'].flatMap((name) => listOf(known[name])),
    ];
    for (const part of parts) {
      const found = declared(part, key, walk);
      if (found !== undefined) return found;
    }
    return undefined;
  });
}

function additional(schema: unknown, walk: SchemaWalk): unknown {
  return step<unknown>(schema, walk, undefined, ({ $ref, additionalProperties }) => {
    if (isJsonObject(additionalProperties)) return additionalProperties;
    return $ref === undefined ? undefined : additional(resolveReference($ref, walk), walk);
  });
}

/**
 * Parses a text as JSON; returns undefined for a string, for invalid JSON, and for an integer that a double cannot hold
 * exactly.
 */
function parsedJson(text: string): unknown {
  try {
    const value = parseJson(text);
    if (typeof value === 'string' || (Number.isInteger(value) && !Number.isSafeInteger(value))) return undefined;
    return value;
  } catch {
    return undefined;
  }
}

function takesAnything(place: Place): boolean {
  return [{}, [], 0, true, 'a'].every((value) => accepts(place, value));
}

/** Reads `1,2,3` or one item as a list; a list of strings is not split, because a comma may be part of a string. */
function readList(text: string, place: Place): unknown[] | undefined {
  const item = childAt(place, '0');
  const isText = accepts(item, 'a') && !takesAnything(item);
  const parts = isText ? (text.includes(',') ? [] : [text]) : text.split(',');
  const list = parts.map((part) => readValue(part.trim(), item));
  return list.length > 0 && accepts(place, list) ? list : undefined;
}
