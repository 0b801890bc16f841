import { isJsonObject } from '../core/json.ts';
import { type ToolDefinition, type ToolEntry, toolId } from '../core/tool.ts';
import { textOf, titleOf } from './fields.ts';

/** How an answer marks a deprecated tool: by the id of the tool to use instead, or true if none is known. */
export type DeprecationMark = string | true;

const MAX_READ_CHARS = 1_000;
/** Most names of other tools that are read from a description. */
const MAX_NAMES = 5;

/** Words without which no text says that its tool is deprecated: most texts need no closer look. */
const HINT = /deprecat|obsolete|legacy|superseded|no longer/i;

// Functions, so that a start does not compile the patterns.
const marks = () => [
  // A sentence that begins with the word alone: `[DEPRECATED] …`, `Legacy: …`, `Gets it. Deprecated, use …`.
  /(?:^|[.!?])(?:[\s"'*_~[({<]|\p{So}|\ufe0f)*(?:deprecated|obsolete|legacy|superseded)(?=[*_~"']*(?:[\])}>:.!;,]|\s*[—–]|\s-\s|$))/iu,
  // … or goes on with what the tool is, since when, or what to use.
  /(?:^|[.!?])[\s"'*_~]*(?:deprecated|obsolete|superseded|legacy)\s(?:(?:alias|version|variant|form|tool|function|method|endpoint) (?:for|of)\b|(?:since|as of|by|in favou?r of|please|use)\b)/iu,
  /(?:^|[.!?])[\s"'*_~]*(?:it is |has been |is )?(?:now )?(?:no longer (?:maintained|supported|recommended)|(?:superseded|replaced) by)\b/iu,
  // A sentence about the tool, which does not ask whether.
  /(?<!\b(?:if|whether|when|that) )\bthis (?:[\w-]+ )?(?:tool|function|method|endpoint|command|action|operation|api|call) (?:is|has been|was|will be)(?: now| being| soon)? (?:deprecated|obsolete|superseded|retired|replaced by|no longer (?:maintained|supported|recommended))/iu,
  // The last word in brackets: `Gets the page (deprecated)`.
  /[[(]\s*(?:deprecated|obsolete|legacy)\s*[\])]\s*[.!]?$/iu,
];
const successors = () =>
  /\b(?:use|using|call|try|prefer|see|(?:switch|migrate|moved?) to|favou?r of|(?:superseded|replaced) by)\s+(?:the\s+)?(?:new(?:er)?\s+)?(?:tool\s+)?["'`*]*([\p{L}\p{N}_][\p{L}\p{N}_.:/-]+)/giu;

const known = new WeakMap<ToolDefinition, boolean>();

/** True if a tool's definition says that the tool is deprecated: by a member, or in its name, title or description. */
export function isDeprecated(definition: ToolDefinition): boolean {
  const before = known.get(definition);
  if (before !== undefined) return before;
  const found = saysSo(definition);
  known.set(definition, found);
  return found;
}

/** Returns the mark of a deprecated tool, with a visible tool of the same server as its successor; undefined for others. */
export function deprecationOf(
  { server, definition, id }: ToolEntry,
  find: (id: string) => ToolEntry | undefined,
): DeprecationMark | undefined {
  if (!isDeprecated(definition)) return undefined;
  const named = successorNames(definition).map((name) => find(toolId(server, name)) ?? find(name));
  return named.find((entry) => entry && entry.server === server && entry.id !== id)?.id ?? true;
}

/** Returns the marks of those hits that are deprecated, by id; see `deprecationOf`. */
export function deprecationsOf(
  hits: readonly { readonly entry: ToolEntry }[],
  find: (id: string) => ToolEntry | undefined,
): ReadonlyMap<string, DeprecationMark> {
  const marks = new Map<string, DeprecationMark>();
  for (const { entry } of hits) {
    const mark = deprecationOf(entry, find);
    if (mark !== undefined) marks.set(entry.id, mark);
  }
  return marks;
}

/** Returns the words in the place of a successor's name in a tool's description; other words may stand there. */
export function successorNames({ description }: ToolDefinition): string[] {
  const found = [...start(description).matchAll(successors())].slice(0, MAX_NAMES);
  return found.map(([, name = '']) => name.replace(/[.:/-]+$/, ''));
}

function saysSo(definition: ToolDefinition): boolean {
  const { name, annotations, _meta } = definition;
  if ([definition, annotations, _meta].some((one) => isJsonObject(one) && one.deprecated === true)) return true;
  const texts = [start(definition.description), start(titleOf(definition))];
  // A name alone may tell what the tool is about, as in `list_deprecated`; its description then has the word too.
  const isNamed = /^deprecated[_\-.]|[^_\-.][_\-.]deprecated$/i.test(name);
  if (isNamed && !texts.some((text) => /deprecat/i.test(text))) return true;
  const patterns = marks();
  return texts.some((text) => HINT.test(text) && patterns.some((pattern) => pattern.test(text)));
}

const start = (text: unknown) => textOf(text).slice(0, MAX_READ_CHARS).replace(/\s+/g, ' ').trim();
