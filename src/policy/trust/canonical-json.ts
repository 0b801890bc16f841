import { sourceOf } from '../../core/exact-json.ts';

/** Arrays whose order means nothing, and which some servers make of sets: it may differ from run to run. */
const SETS = new Set(['required']);
/** Longer texts of numbers are taken as they stand. */
const MAX_DIGITS = 1_000;

/** JSON with the keys of every object, and `required`, in order: equal for values that mean the same. Throws `RangeError` when nested too deeply. */
export function canonicalJson(value: unknown, key?: string): string {
  if (Array.isArray(value)) {
    const items = value.map((_, at) => canonicalMember(value, at));
    return `[${(key !== undefined && SETS.has(key) ? items.sort() : items).join(',')}]`;
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalMember(value, name)}`).join(',')}}`;
}

/** The same of a member of an object or list, which knows how its numbers are written. */
export function canonicalMember(holder: object, key: string | number): string {
  const member = (holder as { readonly [key: string | number]: unknown })[key];
  if (typeof member !== 'number') return canonicalJson(member, typeof key === 'string' ? key : undefined);
  return exactNumber(member, sourceOf(holder, key));
}

/** As `JSON.stringify` writes a number, unless that is another one than its text says. */
function exactNumber(number: number, source: string | undefined): string {
  if (Object.is(number, -0)) return '-0';
  const written = JSON.stringify(number);
  return source === undefined || decimal(source) === decimal(written) ? written : decimal(source);
}

/** Equal for texts of the same number: `15e-1` for `1.5` and `1.50`. */
function decimal(text: string): string {
  const {
    sign = '',
    whole = '',
    fraction = '',
    exponent = '0',
  } = /^(?<sign>-?)(?<whole>\d+)(?:\.(?<fraction>\d+))?(?:[eE](?<exponent>[+-]?\d+))?$/.exec(text)?.groups ?? {};
  if (whole === '' || text.length > MAX_DIGITS) return text;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power =
    BigInt(exponent.replace('+', '')) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}
