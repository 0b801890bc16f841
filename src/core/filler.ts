/** What models write where they mean nothing. */
const FILLER =
  /^[\s\p{Default_Ignorable_Code_Point}]*(?:""|''|null|none|nil|nan|n\/a|undefined|-{1,3}|[–—])?[\s\p{Default_Ignorable_Code_Point}]*$/iu;
const MAX_CHARS = 20;

/** A text that says nothing: blank or invisible, `null`, `None`, `N/A`, `NaN`, `undefined`, a dash, or two quotes. */
export function isFiller(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_CHARS && FILLER.test(value);
}

/** Whether a text within an object or list says nothing, as deep as arguments are. */
export function holdsFiller(value: unknown, depth = 32): boolean {
  if (value === null || typeof value !== 'object' || depth === 0) return false;
  return Object.values(value).some((each) => isFiller(each) || holdsFiller(each, depth - 1));
}
