import { isDeepStrictEqual } from 'node:util';
import { formatPath } from '../config/finding.ts';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { objectAt } from './read-client-file.ts';

/**
 * The text with the table `map.key` of that value, or without it when it is undefined; the other lines stay as they are.
 * Throws `CONFIG_INVALID` where the table is written in a way that lines cannot be told.
 */
export async function editToml(
  text: string,
  { map, key }: { readonly map: string; readonly key: string },
  value: JsonObject | undefined,
): Promise<string> {
  const { parse, stringify } = await import('smol-toml');
  const before = parse(text) as JsonObject;
  const rest = withoutTable(text, map, key);
  const after = value === undefined ? rest : appended(rest, stringify({ [map]: { [key]: value } }).trim());
  const wanted = { ...(objectAt(before, [map]) ?? {}) };
  delete wanted[key];
  if (value !== undefined) wanted[key] = value;
  const expected: JsonObject = { ...before, [map]: wanted };
  const reached = parse(after) as JsonObject;
  if (!isDeepStrictEqual(plain({ ...reached, [map]: reached[map] ?? {} }), plain(expected)))
    throw new GatewayError('CONFIG_INVALID', `${formatPath([map, key])}: cannot be edited safely; edit it by hand`);
  return after;
}

/** The parser's objects have prototypes of their own, which a comparison would see. */
function plain(value: JsonObject): unknown {
  return JSON.parse(JSON.stringify(value));
}

function appended(text: string, table: string): string {
  const start = text.trim() === '' ? '' : `${text.trimEnd()}\n\n`;
  return `${start}${table}\n`;
}

/** Without the lines from its header to the next header that is not one of its own sub-tables. */
function withoutTable(text: string, map: string, key: string): string {
  const name = `(?:${[key, JSON.stringify(key), `'${key}'`].map(escaped).join('|')})`;
  const own = new RegExp(`^\\s*\\[\\s*${escaped(map)}\\s*\\.\\s*${name}\\s*(?:\\.[^\\]]*)?\\]`);
  let isOwn = false;
  const kept = text.split('\n').filter((line) => {
    if (/^\s*\[/.test(line)) isOwn = own.test(line);
    return !isOwn;
  });
  if (kept.length === text.split('\n').length) return text;
  const rest = kept.join('\n').trimEnd();
  return rest === '' ? '' : `${rest}\n`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
