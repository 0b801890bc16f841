import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { shown } from '../terminal.ts';
import { childAt, hasProperty, type Place, readValues, wantsList } from './read-value.ts';

/**
 * Arguments written as `key=value`, over those of `base`: each value as the tool's schema wants it, `a.b=1` within an
 * object, `list.0=x` or a key several times within a list, `key:=json` whatever the schema says. Throws
 * `INVALID_ARGUMENTS` where a word is none of these.
 */
export function readArguments(words: readonly string[], schema: JsonObject, base: JsonObject = {}): JsonObject {
  const given = new Map<string, string[]>();
  const exact = new Map<string, unknown>();
  for (const word of words) {
    const [, key = '', colon = '', text = ''] = /^([^=]*?)(:?)=(.*)$/s.exec(word) ?? [];
    if (key === '') throw misused(`found ${JSON.stringify(shown(word))}, expected key=value`);
    if (colon === ':') exact.set(key, jsonOf(key, text));
    else given.set(key, [...(given.get(key) ?? []), text]);
  }
  const root: Place = { schema, root: schema };
  let args = base;
  for (const [key, texts] of given) {
    const path = pathOf(key, root);
    args = withValue(args, path, readValues(texts, path.reduce(childAt, root)), [root, key]);
  }
  for (const [key, value] of exact) args = withValue(args, pathOf(key, root), value, [root, key]);
  return args;
}

/** A property may have a dot in its name. */
function pathOf(key: string, place: Place): readonly string[] {
  const dot = key.indexOf('.');
  if (dot <= 0 || hasProperty(place, key)) return [key];
  const first = key.slice(0, dot);
  return [first, ...pathOf(key.slice(dot + 1), childAt(place, first))];
}

function withValue(
  target: unknown,
  [first = '', ...rest]: readonly string[],
  value: unknown,
  [place, whole]: [Place, string],
): JsonObject {
  const held = target === undefined ? (wantsList(place) ? [] : {}) : target;
  const child = (holder: unknown) =>
    rest.length === 0 ? value : withValue(holder, rest, value, [childAt(place, first), whole]);
  // A list stands only within an object, whose type is all that a caller gets.
  if (Array.isArray(held)) return withItem(held, first, child, whole) as unknown as JsonObject;
  if (!isJsonObject(held))
    throw misused(`${shown(whole)}: what it stands in was given as ${shown(JSON.stringify(held))}`);
  // A computed key, and own properties only: `__proto__` is a name like any other.
  return { ...held, [first]: child(Object.hasOwn(held, first) ? held[first] : undefined) };
}

function withItem(held: readonly unknown[], at: string, child: (item: unknown) => unknown, whole: string): unknown[] {
  const index = /^\d+$/.test(at) ? Number(at) : -1;
  if (index < 0 || index > held.length)
    throw misused(
      `${shown(whole)}: found ${shown(JSON.stringify(at))}, expected a place in the list, 0 to ${held.length}`,
    );
  return [...held.slice(0, index), child(held[index]), ...held.slice(index + 1)];
}

function jsonOf(key: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw misused(`${shown(key)}: found ${JSON.stringify(shown(text))}, expected JSON after :=`);
  }
}

function misused(message: string): GatewayError {
  return new GatewayError('INVALID_ARGUMENTS', message);
}
