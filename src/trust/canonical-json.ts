/** Arrays whose order means nothing, and which some servers make of sets: it may differ from run to run. */
const SETS = new Set(['required']);

/** JSON with the keys of every object, and `required`, in order: equal for values that mean the same. Throws `RangeError` when nested too deeply. */
export function canonicalJson(value: unknown, key?: string): string {
  if (Array.isArray(value)) {
    const items = value.map((item) => canonicalJson(item));
    return `[${(key !== undefined && SETS.has(key) ? items.sort() : items).join(',')}]`;
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = value as { readonly [name: string]: unknown };
  const names = Object.keys(members).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(members[name], name)}`).join(',')}}`;
}
