import { decoded } from '../../core/address.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** One walk through a tool's schema beside a value, with what bounds it: schemas may be cyclic, huge or anything at all. */
export interface SchemaWalk {
  readonly root: JsonObject;
  /** In drafts 4 to 7 nothing else counts beside a `$ref`. */
  readonly isReferenceAlone: boolean;
  stepsLeft: number;
  /** Members that texts may still have which are read as JSON. */
  membersLeft: number;
  depth: number;
}

/** Some 20 ms of work, 50 at worst; what lies beyond is taken as it is. */
const MAX_STEPS = 20_000;
/** As many as a client may send that is a stranger. */
const MAX_MEMBERS = 50_000;
/** Steps from a schema to one inside it, a reference or a branch: some 16 to 60 levels of arguments. */
const MAX_DEPTH = 64;
const MAX_POINTER_CHARS = 1000;

const DIALECT = /^https?:\/\/json-schema\.org\/(?:draft\/(?:2020-12|2019-09)|(draft-0[467]))\/schema#?$/;

/** A fresh walk from the root of a tool's schema; undefined when its dialect is none that we know. */
export function walkFrom(root: JsonObject): SchemaWalk | undefined {
  const { $schema } = root;
  const dialect = $schema === undefined ? [] : DIALECT.exec(typeof $schema === 'string' ? $schema : '');
  return dialect
    ? { root, isReferenceAlone: Boolean(dialect[1]), stepsLeft: MAX_STEPS, membersLeft: MAX_MEMBERS, depth: 0 }
    : undefined;
}

/** The schema after one step: `visit`, or `unvisited` when the walk has come to its bounds or cannot read the schema. */
export function step<T>(schema: unknown, walk: SchemaWalk, unvisited: T, visit: (schema: JsonObject) => T): T {
  if (!isJsonObject(schema) || isForeign(schema, walk)) return unvisited;
  if (walk.depth >= MAX_DEPTH || walk.stepsLeft-- <= 0) return unvisited;
  walk.depth += 1;
  const result = visit(schema);
  walk.depth -= 1;
  return result;
}

/** What a `$ref` within the document points to; undefined for a remote, named or dangling one. */
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

// A document within the document: references inside it are relative to itself.
function isForeign(schema: JsonObject, { root }: SchemaWalk): boolean {
  return typeof schema.$id === 'string' && schema !== root;
}

function unescapeKey(key: string): string {
  return decoded(key).replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The elements of a keyword's list; none when it is no list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The schema of one property; undefined when only `additionalProperties` could speak for it. */
export function propertySchema({ properties }: JsonObject, name: string): unknown {
  return isJsonObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** The schema of one array item, of a tuple in the old and the new spelling too; undefined when anything goes. */
export function itemSchema({ items, prefixItems }: JsonObject, index: number): unknown {
  if (Array.isArray(items)) return items[index];
  const tuple = listOf(prefixItems);
  return index < tuple.length ? tuple[index] : items;
}
