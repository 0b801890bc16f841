const WORDS = String.raw`(?:null|none|nil|nan|#?n\/a|undefined)`;
const BLANK = String.raw`[\s\p{Default_Ignorable_Code_Point}]*`;
/**
 * What models write where they mean nothing, within quotes or brackets and with a full stop too. Not `NA`, which is a country,
 * a region and a gas, nor `void`, which is a type: they may be meant, as the only item of a list above all.
 */
const FILLER = new RegExp(
  `^${BLANK}(?:""|''|-{1,3}|[–—]|${WORDS}\\.?|"${WORDS}"|'${WORDS}'|<${WORDS}>|\\(${WORDS}\\))?${BLANK}$`,
  'iu',
);
const MAX_CHARS = 20;

/** A text that says nothing: blank or invisible, `null`, `None`, `N/A`, `NaN`, `undefined`, a dash, or two quotes. */
export function isFiller(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_CHARS && FILLER.test(value);
}

/** True if a text within an object or list says nothing, as deep as arguments are. */
export function holdsFiller(value: unknown, depth = 32): boolean {
  if (value === null || typeof value !== 'object' || depth === 0) return false;
  return Object.values(value).some((each) => isFiller(each) || holdsFiller(each, depth - 1));
}
