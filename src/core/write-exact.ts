/** The text of a member that is a number, where it is to be another than `JSON.stringify` writes. */
type TextOf = (holder: object, key: string | number) => string | undefined;

/**
 * `JSON.stringify`, but for the texts of numbers: a replacer of its own would be called for each member, which takes some
 * three times as long. Throws what `JSON.stringify` throws.
 */
export function writeExact(value: object, textOf: TextOf, space = 0): string {
  return writeValue(value, textOf, { step: ' '.repeat(space), line: '\n' }) as string; // objects and lists have a text
}

interface Layout {
  /** What each level is indented by; nothing: all is on one line. */
  readonly step: string;
  /** How a line begins here. */
  readonly line: string;
}

function writeValue(given: unknown, textOf: TextOf, layout: Layout): string | undefined {
  const value = asJson(given);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const { step, line } = layout;
  const inner = step === '' ? layout : { step, line: line + step };
  const parts = isList ? items(value, textOf, inner) : members(value, textOf, inner);
  const [open, close] = isList ? '[]' : '{}';
  if (step === '' || parts.length === 0) return `${open}${parts.join(',')}${close}`;
  return `${open}${inner.line}${parts.join(`,${inner.line}`)}${line}${close}`;
}

function items(list: readonly unknown[], textOf: TextOf, layout: Layout): string[] {
  // Not by `map`, which passes over holes.
  const parts: string[] = [];
  for (let at = 0; at < list.length; at++) {
    const text = typeof list[at] === 'number' ? textOf(list, at) : undefined;
    parts.push(text ?? writeValue(list[at], textOf, layout) ?? 'null');
  }
  return parts;
}

function members(object: object, textOf: TextOf, layout: Layout): string[] {
  const parts: string[] = [];
  const colon = layout.step === '' ? ':' : ': ';
  for (const key of Object.keys(object)) {
    const member = (object as Record<string, unknown>)[key];
    const text = typeof member === 'number' ? textOf(object, key) : undefined;
    const written = text ?? writeValue(member, textOf, layout);
    if (written !== undefined) parts.push(JSON.stringify(key) + colon + written);
  }
  return parts;
}

/** Dates and their like say what they are. */
function asJson(value: unknown): unknown {
  const hasOwnForm = typeof value === 'object' && value !== null && 'toJSON' in value;
  return hasOwnForm && typeof value.toJSON === 'function' ? (value.toJSON() as unknown) : value;
}
