import { isDeepStrictEqual } from 'node:util';
import { formatPath } from '../../config/diagnostic.ts';
import { GatewayError } from '../../core/errors.ts';
import { escapeRegExp } from '../../core/glob.ts';
import type { JsonObject } from '../../core/json.ts';
import { objectAt } from './read-client-file.ts';

/**
 * The text with the table `map.key` of that value, or without it when it is undefined; the other lines stay as they are.
 * It is written as it stands in `source`, where that has it.
 * Throws `CONFIG_INVALID` where the table is written in a way that lines cannot be told.
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

/** The parser's objects have prototypes of their own, which a comparison would see. */
function plain(value: JsonObject): unknown {
  return JSON.parse(JSON.stringify(value));
}

function appended(text: string, table: string): string {
  const start = text.trim() === '' ? '' : `${text.trimEnd()}\n\n`;
  return `${start}${table}\n`;
}

/**
 * The lines from its header to the next header that is not one of its own sub-tables, and all others. Comments at its end
 * may be about what comes next: they are none of it.
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

/** Behind its last line that is no comment, and one empty line. */
function endOfTable(section: string): number {
  const lines = section.split(/(?<=\n)/);
  const last = lines.findLastIndex((line) => !/^(?:#.*)?$/.test(line.trim()));
  const isApart = lines[last + 1]?.trim() === '';
  return lines.slice(0, last + (isApart ? 2 : 1)).join('').length;
}
