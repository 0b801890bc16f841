/** What models write where they mean nothing. */
const FILLER = /^\s*(?:""|''|null|none|nil|n\/a|undefined)?\s*$/i;
const MAX_CHARS = 20;

/** A text that says nothing: blank, `null`, `None`, `N/A`, `undefined`, or two quotes. */
export function isFiller(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_CHARS && FILLER.test(value);
}

/** Whether a text within an object or list says nothing, as deep as arguments are. */
export function holdsFiller(value: unknown, depth = 32): boolean {
  if (value === null || typeof value !== 'object' || depth === 0) return false;
  return Object.values(value).some((each) => isFiller(each) || holdsFiller(each, depth - 1));
}
