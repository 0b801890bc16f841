import { decoded } from '../../core/address.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** One walk through a tool's schema beside a value, with its bounds: schemas may be cyclic, huge or any other value. */
export interface SchemaWalk {
  readonly root: JsonObject;
  /** True in drafts 4 to 7, where a `$ref` makes all keywords beside it void. */
  readonly isReferenceAlone: boolean;
  stepsLeft: number;
  /** Most members of further texts that are parsed as JSON. */
  membersLeft: number;
  depth: number;
}

/** Most steps of a walk: some 20 ms of work, 50 at worst. Values beyond them are neither refused nor changed. */
const MAX_STEPS = 20_000;
/** Most members of texts that are parsed as JSON: as many as a client may send that is a stranger. */
const MAX_MEMBERS = 50_000;
/** Most nested steps from a schema to one inside it, a reference or a branch: some 16 to 60 levels of arguments. */
const MAX_DEPTH = 64;
const MAX_POINTER_CHARS = 1000;

const DIALECT = /^https?:\/\/json-schema\.org\/(?:draft\/(?:2020-12|2019-09)|(draft-0[467]))\/schema#?$/;

/** Begins a walk at the root of a tool's schema; returns undefined if its dialect is unknown. */
export function walkFrom(root: JsonObject): SchemaWalk | undefined {
  const { $schema } = root;
  const dialect = $schema === undefined ? [] : DIALECT.exec(typeof $schema === 'string' ? $schema : '');
  return dialect
    ? { root, isReferenceAlone: Boolean(dialect[1]), stepsLeft: MAX_STEPS, membersLeft: MAX_MEMBERS, depth: 0 }
    : undefined;
}

/** Returns the result of `visit`; or `unvisited` if the walk has come to its bounds or cannot read the schema. */
export function step<T>(schema: unknown, walk: SchemaWalk, unvisited: T, visit: (schema: JsonObject) => T): T {
  if (!isJsonObject(schema) || isForeign(schema, walk)) return unvisited;
  if (walk.depth >= MAX_DEPTH || walk.stepsLeft-- <= 0) return unvisited;
  walk.depth += 1;
  const result = visit(schema);
  walk.depth -= 1;
  return result;
}

/** Returns the schema that a `$ref` within the document points to; undefined for a remote, named or dangling one. */
export function resolveReference(reference: unknown, walk: SchemaWalk): unknown {
  if (reference === '#') return walk.root;
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return undefined;
  if (reference.length > MAX_POINTER_CHARS) return undefined;
  let target: unknown = walk.root;
  for (const key of reference.slice(2).split('/').map(unescapeKey)) {
    if (target === null || typeof target !== 'object' || !Object.hasOwn(target, key)) return undefined;
    target = (target as JsonObject)[key]; // an array's index is a key like any other here
    if (isJsonObject(target) && isForeign(target, walk)) return undefined;
  }
  return target;
}

// True for a document within the document: references inside it are relative to itself.
function isForeign(schema: JsonObject, { root }: SchemaWalk): boolean {
  return typeof schema.$id === 'string' && schema !== root;
}

function unescapeKey(key: string): string {
  return decoded(key).replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Returns the elements of a keyword's list; none if the value is not a list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Returns the schema of one property; undefined if `properties` does not name it. */
export function propertySchema({ properties }: JsonObject, name: string): unknown {
  return isJsonObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/**
 * Returns the schema of one array item, also of a tuple in the old and the new spelling; undefined if any item is
 * allowed.
 */
export function itemSchema({ items, prefixItems }: JsonObject, index: number): unknown {
  if (Array.isArray(items)) return items[index];
  const tuple = listOf(prefixItems);
  return index < tuple.length ? tuple[index] : items;
}
