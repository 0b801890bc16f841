import {
  applyEdits,
  createScanner,
  type FormattingOptions,
  findNodeAtLocation,
  modify,
  type Node,
  parseTree,
} from 'jsonc-parser';
import type { KeyPath } from '../../config/diagnostic.ts';

/**
 * Returns the text with `value` at the path, or without that path if `value` is undefined; comments and format stay.
 */
export function editJson(text: string, path: KeyPath, value: unknown, isArrayInsertion = false): string {
  const mark = markOf(text);
  const source = text.slice(mark.length).trim() === '' ? '{}\n' : text.slice(mark.length);
  const edits = modify(source, [...path], value, { formattingOptions: formatOf(source), isArrayInsertion });
  return mark + applyEdits(source, edits);
}

/**
 * Returns the text with `value` at the path: replaces an existing value, else adds a last member. No other line
 * changes.
 */
export function withValue(text: string, path: KeyPath, value: unknown): string {
  const mark = markOf(text);
  const source = text.slice(mark.length);
  const node = nodeAt(source, path);
  const [holder, key] = [path.slice(0, -1), String(path.at(-1))];
  if (!node && holder.length > 0 && !nodeAt(source, holder)) return withValue(text, holder, { [key]: value });
  if (!node) return mark + withMember(source, holder, key, value);
  const indent = /^[ \t]*/.exec(source.slice(source.lastIndexOf('\n', node.offset) + 1))?.[0] ?? '';
  return mark + source.slice(0, node.offset) + lines(source, value, indent) + source.slice(node.offset + node.length);
}

/** Returns the byte order mark that Windows programs put before a text, or an empty string. */
export function markOf(text: string): string {
  return text.startsWith('\uFEFF') ? '\uFEFF' : '';
}

function nodeAt(text: string, path: KeyPath): Node | undefined {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  return tree && findNodeAtLocation(tree, [...path]);
}

/** Formats a value as JSON with the indentation and line ends of the text. */
function lines(text: string, value: unknown, indent: string): string {
  const { tabSize = 2, insertSpaces, eol = '\n' } = formatOf(text);
  return JSON.stringify(value, undefined, insertSpaces ? tabSize : '\t')
    .split('\n')
    .join(`${eol}${indent}`);
}

/**
 * Adds a member, or an item if `key` is undefined, at the end of the object or list at the path, on lines of its own.
 * No other line changes except for a comma; jsonc-parser would move a comment behind the last member.
 */
export function withMember(text: string, path: KeyPath, key: string | undefined, value: unknown): string {
  const holder = nodeAt(text, path);
  const last = holder?.children?.at(-1);
  if (holder?.type === 'object' && !last && key !== undefined) return withFirst(text, holder, key, value);
  const indent = last && /(?:^|\n)([ \t]*)$/.exec(text.slice(0, last.offset))?.[1];
  if (last && indent === undefined && key !== undefined && typeof value === 'boolean')
    return inline(text, last, key, value);
  if (!last || indent === undefined)
    return editJson(text, [...path, key ?? last?.parent?.children?.length ?? 0], value, key === undefined);
  const end = last.offset + last.length;
  const comma = commaAfter(text, end);
  const after = comma === undefined ? end : comma + 1;
  const rest = restOfLine(text, after);
  const { eol = '\n' } = formatOf(text);
  const name = key === undefined ? '' : `${JSON.stringify(key)}: `;
  const member = `${eol}${indent}${name}${lines(text, value, indent)}${comma === undefined ? '' : ','}`;
  const head = comma === undefined ? `${text.slice(0, end)},` : text.slice(0, after);
  return `${head}${rest}${member}${text.slice(after + rest.length)}`;
}

/** Returns the comment that ends the line, with the space before it; an empty string if other text ends the line. */
function restOfLine(text: string, from: number): string {
  return /^[ \t]*(?:\/\/[^\r\n]*|\/\*[^\n]*?\*\/[ \t]*)?(?=\r?\n)/.exec(text.slice(from))?.[0] ?? '';
}

/** Adds a member to an object without members, behind the comments in it. */
function withFirst(text: string, { offset, length }: Node, key: string, value: unknown): string {
  const { tabSize = 2, insertSpaces, eol = '\n' } = formatOf(text);
  const outer = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', offset) + 1))?.[0] ?? '';
  const indent = outer + (insertSpaces ? ' '.repeat(tabSize) : '\t');
  const within = text.slice(offset + 1, offset + length - 1).trimEnd();
  const member = `${eol}${indent}${JSON.stringify(key)}: ${lines(text, value, indent)}${eol}${outer}`;
  return `${text.slice(0, offset + 1)}${within}${member}${text.slice(offset + length - 1)}`;
}

/** Adds a member on the line of the last one. */
function inline(text: string, { offset, length }: Node, key: string, value: boolean): string {
  const end = offset + length;
  const comma = commaAfter(text, end);
  const member = `${JSON.stringify(key)}: ${value}`;
  if (comma === undefined) return `${text.slice(0, end)}, ${member}${text.slice(end)}`;
  return `${text.slice(0, comma + 1)} ${member},${text.slice(comma + 1)}`;
}

/**
 * Returns the text without the member at the path and the comment behind it on its line. No other line changes;
 * jsonc-parser would also remove comments of the neighbours. Returns the text unchanged if the member does not exist.
 */
export function withoutMember(text: string, path: KeyPath): string {
  const value = nodeAt(text, path);
  const member = value?.parent?.type === 'property' ? value.parent : value;
  if (!member?.parent?.children) return text;
  const { offset, length } = member;
  const before = member.parent.children[member.parent.children.indexOf(member) - 1];
  const comma = commaAfter(text, offset + length);
  const without = cut(text, offset, comma === undefined ? offset + length : comma + 1);
  const left = comma === undefined && before ? commaAfter(text, before.offset + before.length) : undefined;
  if (left === undefined) return without;
  const rest = without.slice(left + 1);
  // If the object closes on the line of its last member, the space before the member is removed too.
  const isTight = /^[}\]]/.test(text.slice(offset + length));
  return without.slice(0, left) + (isTight ? rest.replace(/^[ \t]+(?=[}\]])/, '') : rest);
}

/** Returns the offset of the next token if it is a comma, else undefined. */
function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  const at = scanner.getTokenOffset();
  return text[at] === ',' ? at : undefined;
}

/** Removes the characters from `from` to `to`, and the whole line if only a comment would remain on it. */
function cut(text: string, from: number, to: number): string {
  const indent = /[ \t]*$/.exec(text.slice(0, from))?.[0].length ?? 0;
  const begins = from - indent === 0 || text[from - indent - 1] === '\n';
  const rest = /^[ \t]*(?:\/\/[^\n]*|\/\*[^\n]*?\*\/[ \t]*)?\r?\n/.exec(text.slice(to))?.[0];
  if (begins && rest !== undefined) return text.slice(0, from - indent) + text.slice(to + rest.length);
  return text.slice(0, from) + text.slice(to).replace(/^[ \t]+(?=\S)/, '');
}

/** Returns the indentation of the first indented line (two spaces without one) and the line ends of the text. */
function formatOf(source: string): FormattingOptions {
  const indent = /^([ \t]+)\S/m.exec(source)?.[1] ?? '  ';
  const insertSpaces = !indent.startsWith('\t');
  return { insertSpaces, tabSize: insertSpaces ? indent.length : 1, eol: source.includes('\r\n') ? '\r\n' : '\n' };
}

/** The text of a member: the lines above it, its indentation, itself, and the rest of its line. */
interface Written {
  readonly above: string;
  readonly indent: string;
  readonly member: string;
  readonly behind: string;
}

/**
 * Returns the text with the member at the path as `source` has it, comments included. It replaces an existing member;
 * else it follows the comments from above it that the text still has, or the last preceding member. Returns undefined
 * if `source` lacks the member or the text lacks its object.
 */
export function restoredMember(text: string, path: KeyPath, source: string): string | undefined {
  const mark = markOf(text);
  const body = text.slice(mark.length);
  const from = source.slice(markOf(source).length);
  const property = nodeAt(from, path)?.parent;
  const holder = nodeAt(body, path.slice(0, -1));
  if (!property?.parent?.children || property.type !== 'property' || holder?.type !== 'object') return undefined;
  const there = nodeAt(body, path)?.parent;
  if (there) return mark + body.slice(0, there.offset) + sliceOf(from, property) + body.slice(endOf(there));
  const siblings = property.parent.children;
  const before = siblings.slice(0, siblings.indexOf(property)).map(keyOf);
  const previous = holder.children?.findLast((each) => before.includes(keyOf(each)));
  return mark + inserted(body, holder, previous, writtenIn(from, property));
}

function inserted(text: string, holder: Node, previous: Node | undefined, written: Written): string {
  const { above, indent, member, behind } = written;
  const aboveAt = above.trim() === '' ? -1 : text.indexOf(above, holder.offset);
  const isKept = aboveAt >= 0 && aboveAt < endOf(holder);
  const at = isKept ? aboveAt + above.length : placeBehind(text, previous ? endOf(previous) : holder.offset + 1);
  const children = holder.children ?? [];
  const last = children.findLast((each) => endOf(each) <= at);
  const comma = children.some((each) => each.offset >= at) ? ',' : '';
  const isOnLine = text[at - 1] === '\n';
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const piece = isOnLine ? `${isKept ? '' : above}${indent}${member}${comma}${behind}${eol}` : ` ${member}${comma}`;
  if (!last || commaAfter(text, endOf(last)) !== undefined) return text.slice(0, at) + piece + text.slice(at);
  // Only the last member of an object may lack a comma.
  const end = Math.min(endOf(last), at);
  return `${text.slice(0, end)},${text.slice(end, at)}${piece}${text.slice(at)}`;
}

/** Returns the offset of the next line if at most a comment ends this one, else the offset behind the comma. */
function placeBehind(text: string, end: number): number {
  const comma = text[end - 1] === '{' ? undefined : commaAfter(text, end);
  const after = comma === undefined ? end : comma + 1;
  const rest = after + restOfLine(text, after).length;
  const eol = /^\r?\n/.exec(text.slice(rest))?.[0];
  return eol === undefined ? after : rest + eol.length;
}

function writtenIn(text: string, property: Node): Written {
  const siblings = property.parent?.children ?? [];
  const before = siblings[siblings.indexOf(property) - 1];
  const begins = placeBehind(text, before ? endOf(before) : (property.parent?.offset ?? 0) + 1);
  const indent = /(?<=\n)[ \t]*$/.exec(text.slice(0, property.offset))?.[0];
  const end = endOf(property);
  const comma = commaAfter(text, end);
  const between = text.slice(end, comma ?? end);
  const behind = restOfLine(text, comma === undefined ? end : comma + 1);
  return {
    above: indent === undefined ? '' : text.slice(begins, property.offset - indent.length),
    indent: indent ?? '',
    member: sliceOf(text, property),
    // A line comment before the comma would comment out the comma.
    behind: (between.includes('\n') ? '' : between) + behind,
  };
}

function sliceOf(text: string, node: Node): string {
  return text.slice(node.offset, endOf(node));
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

function keyOf({ children }: Node): unknown {
  return children?.[0]?.value;
}
