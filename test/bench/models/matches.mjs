const isObject = (/** @type {unknown} */ value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const folded = (/** @type {string} */ text) => text.trim().replace(/\s+/g, ' ').toLowerCase();

/**
 * True if a value is what is expected. Texts are compared without case and outer spaces; an
 * object may have further members. `{$contains: text}` takes a text that has it, `{$oneOf: [...]}` any of the values,
 * `{$set: [...]}` the items in any order.
 * @param {unknown} expected
 * @param {unknown} value
 * @returns {boolean}
 */
export function matches(expected, value) {
  if (typeof expected === 'string') return typeof value === 'string' && folded(value) === folded(expected);
  if (Array.isArray(expected))
    return isList(value, expected.length) && expected.every((one, at) => matches(one, value[at]));
  if (!isObject(expected)) return expected === value;
  const { $contains, $oneOf, $set } = /** @type {Record<string, any>} */ (expected);
  if ($contains !== undefined) return typeof value === 'string' && folded(value).includes(folded($contains));
  if ($oneOf !== undefined) return $oneOf.some((/** @type {unknown} */ one) => matches(one, value));
  if ($set !== undefined) return isList(value, $set.length) && hasEach($set, value);
  if (!isObject(value)) return false;
  const members = /** @type {Record<string, unknown>} */ (value);
  return Object.entries(/** @type {object} */ (expected)).every(([key, one]) => matches(one, members[key]));
}

/** @param {unknown} value @param {number} length @returns {value is unknown[]} */
const isList = (value, length) => Array.isArray(value) && value.length === length;

/** @param {unknown[]} expected @param {unknown[]} values */
const hasEach = (expected, values) => expected.every((one) => values.some((value) => matches(one, value)));
