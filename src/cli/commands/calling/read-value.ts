import { fits } from '../../../broker/arguments/find-problems.ts';
import {
  itemSchema,
  listOf,
  propertySchema,
  resolveReference,
  type SchemaWalk,
  step,
  walkFrom,
} from '../../../broker/arguments/schema-walk.ts';
import { parseJson } from '../../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';

/** A schema within the schema of a tool, which its references lead to. */
export interface Place {
  readonly schema: unknown;
  readonly root: JsonObject;
}

/** What somebody typed as the value that the schema wants; the text itself where it takes texts, or none of its readings. */
export function readValue(text: string, place: Place): unknown {
  const json = parsedJson(text);
  const takesText = accepts(place, text);
  const takesJson = json !== undefined && accepts(place, json);
  if (takesText && takesJson) return takesAnything(place) ? json : text;
  if (takesJson) return json;
  if (takesText) return text;
  return readList(text, place) ?? (typeof json === 'object' ? json : text);
}

/** Several texts under one name are a list. */
export function readValues(texts: readonly string[], place: Place): unknown {
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return readValue(only, place);
  return texts.map((text, index) => readValue(text, childAt(place, String(index))));
}

/** Whether the schema accepts the value, as far as can be told. */
export function accepts({ schema, root }: Place, value: unknown): boolean {
  return fits(schema, value, freshWalk(root));
}

/** The schema of a property, or of an item; undefined where anything goes. */
export function childAt({ schema, root }: Place, key: string): Place {
  const walk = freshWalk(root);
  return { schema: declared(schema, key, walk) ?? additional(schema, walk), root };
}

/** Whether the schema itself names that property. */
export function hasProperty({ schema, root }: Place, key: string): boolean {
  return declared(schema, key, freshWalk(root)) !== undefined;
}

/** Whether it is a list that is wanted. */
export function wantsList(place: Place): boolean {
  return accepts(place, []) && !accepts(place, {}) && !accepts(place, 'a');
}

/** Each look at a schema has its own budget; an unknown dialect is read as the latest. */
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

/** A number that cannot be held exactly stays a text. */
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

/** `1,2,3`, or one item; a comma within a text may be part of it. */
function readList(text: string, place: Place): unknown[] | undefined {
  const item = childAt(place, '0');
  const isText = accepts(item, 'a') && !takesAnything(item);
  const parts = isText ? (text.includes(',') ? [] : [text]) : text.split(',');
  const list = parts.map((part) => readValue(part.trim(), item));
  return list.length > 0 && accepts(place, list) ? list : undefined;
}
