/** What models write where they mean nothing. */
const FILLER = /^\s*(?:""|''|null|none|nil|n\/a|undefined)?\s*$/i;
const MAX_CHARS = 20;

/** A text that says nothing: blank, `null`, `None`, `N/A`, `undefined`, or two quotes. */
export function isFiller(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_CHARS && FILLER.test(value);
}
