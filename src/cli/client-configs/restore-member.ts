import type { Node } from 'jsonc-parser';
import type { KeyPath } from '../../config/finding.ts';
import { commaAfter, markOf, nodeAt, restOfLine } from './edit-json.ts';

/** A member as it is written: the lines above it, its indent, itself, and what stands behind it on its line. */
interface Written {
  readonly above: string;
  readonly indent: string;
  readonly member: string;
  readonly behind: string;
}

/**
 * The text with the member at the path as `source` has it, comments included: in the place of the one that is there, else
 * behind the comments above it that are still there, or the member that stands before it in `source`. Undefined where
 * one of the two has no such object.
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
  // Only the last of all may lack one.
  const end = Math.min(endOf(last), at);
  return `${text.slice(0, end)},${text.slice(end, at)}${piece}${text.slice(at)}`;
}

/** The next line, where nothing but a comment ends this one; else behind the comma. */
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
    // A comment to the end of the line would take the comma with it.
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
