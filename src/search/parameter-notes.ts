import { isJsonObject } from '../core/json.ts';
import type { ToolDefinition } from '../core/tool.ts';
import { firstSentences } from './excerpt.ts';
import { textOf } from './fields.ts';
import { isPlainName, type Property, rootProperties } from './schema-types.ts';

const MAX_NOTES = 3;
const MAX_NOTE_CHARS = 80;
/** Most characters of all notes with their names: about 45 tokens. */
const MAX_CHARS = 160;
const MAX_READ_CHARS = 400;

/**
 * Returns what a caller has to know about parameters and their names and types do not say, in the schema's own words, by
 * name: a form (a glob, `YYYY-MM-DD`), a condition (`only with …`), or of a required one an example. At most three,
 * required ones first; undefined if there is none.
 */
export function parameterNotes(
  { inputSchema }: ToolDefinition,
  shared: ReadonlySet<string>,
): Readonly<Record<string, string>> | undefined {
  const notes = new Map<string, string>();
  let left = MAX_CHARS;
  for (const property of rootProperties(inputSchema)) {
    const note = shared.has(property.name) || !isPlainName(property.name) ? '' : noteOf(property);
    const size = property.name.length + note.length;
    if (note === '' || size > left || [...notes.values()].includes(note)) continue;
    left -= size;
    notes.set(property.name, note);
    if (notes.size === MAX_NOTES) break;
  }
  return notes.size > 0 ? Object.fromEntries(notes) : undefined;
}

// Words of forms and conditions, and marks of examples, of English. A function, so that a start does not compile them.
const patterns = () => ({
  telling:
    /\b(?:must|only|either|cannot|can't|unless|instead|exclusive(?:ly)?|required (?:if|when|for|with)|format(?:ted)?|patterns?|globs?|regex\w*|regular expressions?|wildcards?|syntax|prefix(?:ed)?|relative|absolute|separated|delimited|encoded|ISO|RFC|UTC|epoch|unix)\b|\bYYYY/i,
  example: /\b(?:e\.g|i\.e|for example|example|such as|between|from \d)\b|[*`"{}<>|\\]|(?<=\s)'/i,
});

/** Returns the sentence of a parameter's description that tells most; empty if none does, or if its type says it all. */
function noteOf({ schema, required }: Property): string {
  if (!isJsonObject(schema) || Array.isArray(schema.enum)) return '';
  const sentences = textOf(schema.description)
    .slice(0, MAX_READ_CHARS)
    .split(/(?<=[^.][^.][.!?;])\s+|\n+/);
  const { telling, example } = patterns();
  const said = sentences.find((one) => telling.test(one)) ?? sentences.find((one) => required && example.test(one));
  return firstSentences(said || textOf(schema.format), MAX_NOTE_CHARS);
}
