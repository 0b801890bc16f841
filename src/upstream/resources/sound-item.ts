import { clip } from '../../core/errors.ts';
import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { MENDED_RESULT } from '../../core/mended-result.ts';
import type { ListSpec } from './lists.ts';

const MAX_CHARS = 120;

/**
 * An item of a list with the members that it has to have; the same one where they are there. What it is called by may be all
 * there is of it, and a missing name is its title, or that. Its `_meta` says what was changed. Undefined: nothing says what it is.
 */
export function soundItem(item: unknown, { required: [key, ...others] }: ListSpec): JsonObject | undefined {
  const given = isJsonObject(item) ? item : undefined;
  const missing = [key, ...others].filter((field) => typeof given?.[field] !== 'string');
  if (missing.length === 0) return given;
  // A number is no address: the server would be asked for a text that it does not know.
  const called = given ? (given[key] ?? addressIn(given, key)) : item;
  if (typeof called !== 'string' || called === '') return undefined;
  const title = textIn(given?.title) ?? called;
  const members = missing.map((field) => [field, field === key ? called : (textIn(given?.[field]) ?? title)] as const);
  const said = given
    ? members.map(
        ([field, text]) =>
          `${field}: ${clip(writeJson(given[field]) ?? 'nothing', MAX_CHARS)} → ${clip(text, MAX_CHARS)}`,
      )
    : [`${clip(writeJson(item), MAX_CHARS)} → an object`];
  const meta = isJsonObject(given?._meta) ? given._meta : undefined;
  return { ...given, ...Object.fromEntries(members), _meta: { ...meta, [MENDED_RESULT]: said } };
}

/** Of a list given as a map the names are addresses, where the items have none. */
function addressIn({ name }: JsonObject, key: string): unknown {
  return key !== 'name' && typeof name === 'string' && /^[a-z][a-z\d+.-]*:/i.test(name) ? name : undefined;
}

function textIn(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
