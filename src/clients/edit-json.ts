import { applyEdits, type FormattingOptions, modify } from 'jsonc-parser';
import type { KeyPath } from '../config/finding.ts';

/** The text with the value at the path, or without it when it is undefined; comments and format stay. */
export function editJson(text: string, path: KeyPath, value: unknown, isArrayInsertion = false): string {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const source = text.slice(mark.length).trim() === '' ? '{}\n' : text.slice(mark.length);
  const edits = modify(source, [...path], value, { formattingOptions: formatOf(source), isArrayInsertion });
  return mark + applyEdits(source, edits);
}

/** As the first indented line is indented. */
function formatOf(source: string): FormattingOptions {
  const indent = /^([ \t]+)\S/m.exec(source)?.[1] ?? '  ';
  const insertSpaces = !indent.startsWith('\t');
  return { insertSpaces, tabSize: insertSpaces ? indent.length : 1, eol: source.includes('\r\n') ? '\r\n' : '\n' };
}
