import { isDeepStrictEqual } from 'node:util';
import { formatPath } from '../../config/diagnostic.ts';
import { GatewayError } from '../../core/errors.ts';
import { escapeRegExp } from '../../core/glob.ts';
import type { JsonObject } from '../../core/json.ts';
import { objectAt } from './read-client-file.ts';

/**
 * Returns the text with `value` as the table `map.key`, or without that table if `value` is undefined; the other lines
 * stay as they are. If `source` has the table, its lines are copied as written there. Throws `CONFIG_INVALID` if the
 * edited text does not parse to exactly this change, because the table is written in another form (inline, dotted
 * keys).
 */
export async function editToml(
  text: string,
  { map, key }: { readonly map: string; readonly key: string },
  value: JsonObject | undefined,
  source = '',
): Promise<string> {
  const { parse, stringify } = await import('smol-toml');
  const before = parse(text) as JsonObject;
  const { rest } = tableApart(text, map, key);
  const { table } = tableApart(source, map, key);
  const written = () => table.trim() || stringify({ [map]: { [key]: value } }).trim();
  const after = value === undefined ? rest : appended(rest, written());
  const wanted = { ...(objectAt(before, [map]) ?? {}) };
  delete wanted[key];
  if (value !== undefined) wanted[key] = value;
  const expected: JsonObject = { ...before, [map]: wanted };
  const reached = parse(after) as JsonObject;
  if (!isDeepStrictEqual(plain({ ...reached, [map]: reached[map] ?? {} }), plain(expected)))
    throw new GatewayError('CONFIG_INVALID', `${formatPath([map, key])}: cannot be edited safely; edit it by hand`);
  return after;
}

/**
 * Copies the parsed value into plain objects: the parser's objects have another prototype, which `isDeepStrictEqual`
 * compares too.
 */
function plain(value: JsonObject): unknown {
  return JSON.parse(JSON.stringify(value));
}

function appended(text: string, table: string): string {
  const start = text.trim() === '' ? '' : `${text.trimEnd()}\n\n`;
  return `${start}${table}\n`;
}

/**
 * Splits a text into the lines of the table `map.key` with its sub-tables, and all other lines. Comments at the end of
 * the table count as other lines, because they may describe the next table.
 */
function tableApart(text: string, map: string, key: string): { readonly table: string; readonly rest: string } {
  const name = `(?:${[key, JSON.stringify(key), `'${key}'`].map(escapeRegExp).join('|')})`;
  const own = new RegExp(`^\\s*\\[\\s*${escapeRegExp(map)}\\s*\\.\\s*${name}\\s*(?:\\.[^\\]]*)?\\]`);
  const sections = text.split(/^(?=[ \t]*\[)/m);
  const table: string[] = [];
  const rest: string[] = [];
  for (const section of sections) {
    const end = own.test(section) ? endOfTable(section) : 0;
    table.push(section.slice(0, end));
    rest.push(section.slice(end));
  }
  if (table.join('') === '') return { table: '', rest: text };
  const left = rest.join('').trimEnd();
  return { table: table.join(''), rest: left === '' ? '' : `${left}\n` };
}

/** Returns the offset behind the section's last line that is no comment, and behind one empty line that follows it. */
function endOfTable(section: string): number {
  const lines = section.split(/(?<=\n)/);
  const last = lines.findLastIndex((line) => !/^(?:#.*)?$/.test(line.trim()));
  const isApart = lines[last + 1]?.trim() === '';
  return lines.slice(0, last + (isApart ? 2 : 1)).join('').length;
}
