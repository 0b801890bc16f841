import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ServerCatalog } from '../../core/server-catalog.ts';
import { OWN_PARTS } from './fingerprint.ts';
import { excerptOf, findHiddenText, findHiddenTextInPattern, type Suspicion } from './hidden-text.ts';
import { type CuedRules, findCuedRules, instructionsIn } from './prompt-injection.ts';

/** A suspicion with its place in the definition: `description`, `inputSchema.properties.path.description` … */
interface Finding extends Suspicion {
  readonly where: string;
}

/** Most findings of one definition. */
const MAX_FINDINGS = 5;
/** Most characters that are inspected in one definition: far more than any model is given. */
const MAX_CHARS = 200_000;
/** Most keys in the name of a place. */
const MAX_KEYS = 8;
/** Members that are inspected first. The others follow, because models read them too. */
const FIRST = ['name', ...OWN_PARTS] as const;
/** A picture within the definition, such as an icon: bytes and not text. */
const PICTURE = /^data:image\/[\w.+-]+;base64,[A-Za-z0-9+/=]*$/;

/** A place as a linked list, since a definition may be as deep as it is long. */
interface Place {
  readonly key: string;
  readonly within?: Place;
}

interface Text {
  readonly place: Place;
  readonly text: string;
}

/**
 * Findings in a definition: texts that are hidden from people or aimed at the model. At most five; none for a clean
 * definition.
 */
export function inspect(definition: JsonObject): readonly Finding[] {
  const { texts, isTooLong } = textsOf(definition);
  if (isTooLong) return [{ where: 'definition', what: 'is too long to be looked through', excerpt: '' }];
  const all = texts.map(({ text }) => text).join('\n');
  const cued = findCuedRules(all);
  if (!cued && findHiddenText(all).length === 0) return [];
  return texts.flatMap((text) => findingsIn(text, cued)).slice(0, MAX_FINDINGS);
}

function findingsIn({ place, text }: Text, cued: CuedRules | undefined): readonly Finding[] {
  const hidden = isPattern(pathOf(place)) ? findHiddenTextInPattern(text) : findHiddenText(text);
  const found = cued ? [...hidden, ...instructionsIn(text, cued)] : hidden;
  return found.map((suspicion) => ({ where: nameOf(place), ...suspicion }));
}

function pathOf(place: Place): readonly string[] {
  if (place.key !== 'pattern') return [];
  const keys: string[] = [];
  for (let at: Place | undefined = place; at; at = at.within) keys.push(at.key);
  return keys.reverse();
}

/** The innermost keys of a place; `…` stands for the outer ones. */
function nameOf(place: Place): string {
  const keys: string[] = [];
  let at: Place | undefined = place;
  for (; at && keys.length < MAX_KEYS; at = at.within) keys.unshift(excerptOf(at.key));
  return at ? `….${keys.join('.')}` : keys.join('.');
}

/** Every text of the definition, names of properties included. Iterative, because a definition may be nested deeply. */
function textsOf(definition: JsonObject): { texts: readonly Text[]; isTooLong: boolean } {
  const texts: Text[] = [];
  let chars = 0;
  const add = (place: Place, text: string) => {
    if (PICTURE.test(text)) return;
    chars += text.length;
    texts.push({ place, text });
  };
  const keys = [...new Set([...FIRST, ...Object.keys(definition)])];
  for (const key of keys.slice(FIRST.length)) add({ key: '(name)' }, key);
  const open = keys
    .reverse()
    .map((key): { place: Place; value: unknown } => ({ place: { key }, value: definition[key] }));
  for (let next = open.pop(); next && chars <= MAX_CHARS; next = open.pop()) {
    const { place, value } = next;
    if (typeof value === 'string') add(place, value);
    if (!Array.isArray(value) && !isJsonObject(value)) continue;
    for (const [key, inner] of Object.entries(value).reverse()) {
      if (!Array.isArray(value)) add({ key: '(name)', within: place }, key);
      open.push({ place: { key, within: place }, value: inner });
    }
  }
  return { texts, isTooLong: chars > MAX_CHARS };
}

/** Members of a tool that are schemas. */
const SCHEMAS = /^(?:input|output)Schema$/;
/** Keywords whose value is a schema or a list of schemas. */
const SUBSCHEMAS =
  /^(?:items|prefixItems|additionalItems|unevaluatedItems|contains|additionalProperties|unevaluatedProperties|propertyNames|allOf|anyOf|oneOf|not|if|then|else|contentSchema|\d+)$/;
/** Keywords whose value is an object of named schemas. */
const NAMED_SCHEMAS = /^(?:properties|patternProperties|\$defs|definitions|dependentSchemas|dependencies)$/;

/**
 * True if this place in a definition is the keyword `pattern` of a schema, and not the name of a property or data such
 * as a default.
 */
function isPattern(path: readonly string[]): boolean {
  const [root = '', ...keys] = path;
  if (!SCHEMAS.test(root) || keys.pop() !== 'pattern') return false;
  let isName = false;
  for (const key of keys) {
    if (!isName && !SUBSCHEMAS.test(key) && !NAMED_SCHEMAS.test(key)) return false;
    isName = !isName && NAMED_SCHEMAS.test(key);
  }
  return !isName;
}

/**
 * The server's description of itself, if it may be repeated among our own text. Empty if it hides something or is aimed
 * at the model, and always empty for a pinned server, because its description could change tomorrow.
 */
export function repeatable(about: ServerCatalog['about'], isPinned: boolean): ServerCatalog['about'] {
  return isPinned || inspect(about).length > 0 ? {} : about;
}
