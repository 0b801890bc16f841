const WORDS = String.raw`(?:null|none|nil|nan|#?n\/a|undefined)`;
const BLANK = String.raw`[\s\p{Default_Ignorable_Code_Point}]*`;
/**
 * Matches the texts that models write when they mean no value, within quotes or brackets and with a full stop too. It
 * does not match `NA`, which is a country, a region and a gas, nor `void`, which is a type: they may be meant, above
 * all as the only item of a list.
 */
const FILLER = new RegExp(
  `^${BLANK}(?:""|''|-{1,3}|[–—]|${WORDS}\\.?|"${WORDS}"|'${WORDS}'|<${WORDS}>|\\(${WORDS}\\))?${BLANK}$`,
  'iu',
);
const MAX_CHARS = 20;

/**
 * True for a text without meaning: blank or invisible, `null`, `None`, `N/A`, `NaN`, `undefined`, a dash, or two
 * quotes.
 */
export function isFiller(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_CHARS && FILLER.test(value);
}

/** True if an object or list holds a text without meaning, at most `depth` levels down. */
export function holdsFiller(value: unknown, depth = 32): boolean {
  if (value === null || typeof value !== 'object' || depth === 0) return false;
  return Object.values(value).some((each) => isFiller(each) || holdsFiller(each, depth - 1));
}
