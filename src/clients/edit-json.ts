import {
  applyEdits,
  createScanner,
  type FormattingOptions,
  findNodeAtLocation,
  modify,
  type Node,
  parseTree,
} from 'jsonc-parser';
import type { KeyPath } from '../config/finding.ts';

/** The text with the value at the path, or without it when it is undefined; comments and format stay. */
export function editJson(text: string, path: KeyPath, value: unknown, isArrayInsertion = false): string {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const source = text.slice(mark.length).trim() === '' ? '{}\n' : text.slice(mark.length);
  const edits = modify(source, [...path], value, { formattingOptions: formatOf(source), isArrayInsertion });
  return mark + applyEdits(source, edits);
}

/**
 * The text with one more member, or item where `key` is undefined, at the end of the object or list at the path, on lines
 * of its own: no other line changes but for a comma. jsonc-parser would move a comment behind the last one.
 */
export function withMember(text: string, path: KeyPath, key: string | undefined, value: unknown): string {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  const last = (tree && findNodeAtLocation(tree, [...path]))?.children?.at(-1);
  const indent = last && /(?:^|\n)([ \t]*)$/.exec(text.slice(0, last.offset))?.[1];
  if (last && indent === undefined && key !== undefined && typeof value === 'boolean')
    return inline(text, last, key, value);
  if (!last || indent === undefined)
    return editJson(text, [...path, key ?? last?.parent?.children?.length ?? 0], value, key === undefined);
  const end = last.offset + last.length;
  const comma = commaAfter(text, end);
  const after = comma === undefined ? end : comma + 1;
  const rest = /^[ \t]*(?:\/\/[^\r\n]*|\/\*[^\n]*?\*\/[ \t]*)?(?=\r?\n)/.exec(text.slice(after))?.[0] ?? '';
  const { tabSize = 2, insertSpaces, eol = '\n' } = formatOf(text);
  const lines = JSON.stringify(value, undefined, insertSpaces ? tabSize : '\t')
    .split('\n')
    .join(`${eol}${indent}`);
  const member = `${eol}${indent}${key === undefined ? '' : `${JSON.stringify(key)}: `}${lines}${comma === undefined ? '' : ','}`;
  const head = comma === undefined ? `${text.slice(0, end)},` : text.slice(0, after);
  return `${head}${rest}${member}${text.slice(after + rest.length)}`;
}

/** With one more member on the line of the last one. */
function inline(text: string, { offset, length }: Node, key: string, value: boolean): string {
  const end = offset + length;
  const comma = commaAfter(text, end);
  const member = `${JSON.stringify(key)}: ${value}`;
  if (comma === undefined) return `${text.slice(0, end)}, ${member}${text.slice(end)}`;
  return `${text.slice(0, comma + 1)} ${member},${text.slice(comma + 1)}`;
}

/**
 * The text without the member at the path, and without a comment behind it on its line: no other line changes. jsonc-parser
 * would take comments of the neighbours with it. The text as it is where there is no such member.
 */
export function withoutMember(text: string, path: KeyPath): string {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  const value = tree && findNodeAtLocation(tree, [...path]);
  const member = value?.parent?.type === 'property' ? value.parent : value;
  if (!member?.parent?.children) return text;
  const { offset, length } = member;
  const before = member.parent.children[member.parent.children.indexOf(member) - 1];
  const comma = commaAfter(text, offset + length);
  const without = cut(text, offset, comma === undefined ? offset + length : comma + 1);
  const left = comma === undefined && before ? commaAfter(text, before.offset + before.length) : undefined;
  if (left === undefined) return without;
  const rest = without.slice(left + 1);
  // Of a last member on the line of its object the space before it goes too.
  const isTight = /^[}\]]/.test(text.slice(offset + length));
  return without.slice(0, left) + (isTight ? rest.replace(/^[ \t]+(?=[}\]])/, '') : rest);
}

/** Where the next token is, if that is a comma. */
function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  const at = scanner.getTokenOffset();
  return text[at] === ',' ? at : undefined;
}

/** With the whole line where nothing but a comment is left of it. */
function cut(text: string, from: number, to: number): string {
  const indent = /[ \t]*$/.exec(text.slice(0, from))?.[0].length ?? 0;
  const begins = from - indent === 0 || text[from - indent - 1] === '\n';
  const rest = /^[ \t]*(?:\/\/[^\n]*|\/\*[^\n]*?\*\/[ \t]*)?\r?\n/.exec(text.slice(to))?.[0];
  if (begins && rest !== undefined) return text.slice(0, from - indent) + text.slice(to + rest.length);
  return text.slice(0, from) + text.slice(to).replace(/^[ \t]+(?=\S)/, '');
}

/** As the first indented line is indented. */
function formatOf(source: string): FormattingOptions {
  const indent = /^([ \t]+)\S/m.exec(source)?.[1] ?? '  ';
  const insertSpaces = !indent.startsWith('\t');
  return { insertSpaces, tabSize: insertSpaces ? indent.length : 1, eol: source.includes('\r\n') ? '\r\n' : '\n' };
}
