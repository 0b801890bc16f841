import type { ToolEntry } from '../core/tool.ts';
import { firstSentences } from './excerpt.ts';
import { parametersOf } from './fields.ts';
import type { Concept } from './query-expansion.ts';
import type { QueryReader } from './query-reader.ts';
import { rememberedTerms } from './remembered-terms.ts';
import { stem, tokenize } from './text-analysis.ts';

/** Longest name of a parameter or tag in a reason, in characters. */
const MAX_NAME_CHARS = 40;
const MIN_PART_CHARS = 3;
/** Least share of the query that a parameter must meet to be the reason, and what its name counts beside its description. */
const MIN_SHARE = 0.1;
const NAME_WEIGHT = 2;

/**
 * Says in a few words why a search found a tool if what is shown of it does not: `parameter ttl` or `tag ops`, whose
 * words were met, or, if only another word for it is shown, `move for rename`. Undefined if a word of the query is shown,
 * and if no reason is known.
 */
export function matchReason(entry: ToolEntry, shown: Iterable<string>, reader: QueryReader): string | undefined {
  let other: string | undefined;
  for (const text of shown) {
    for (const term of rememberedTerms(text)) {
      const concept = conceptOf(term, reader);
      if (!concept) continue;
      if (isLike(term, concept.word)) return undefined;
      other ??= `${term} for ${concept.word}`;
    }
  }
  return hiddenReason(entry, reader) ?? other;
}

function hiddenReason({ definition, tags }: ToolEntry, reader: QueryReader): string | undefined {
  const tag = tags.find((each) => worthOf(each, reader) > 0);
  if (tag !== undefined) return `tag ${firstSentences(tag, MAX_NAME_CHARS)}`;
  let best = { name: '', worth: MIN_SHARE * reader.importance };
  for (const { name, text } of parametersOf(definition.inputSchema)) {
    const worth = Math.max(worthOf(name, reader) * NAME_WEIGHT, worthOf(text, reader));
    if (worth > best.worth) best = { name, worth };
  }
  return best.name === '' ? undefined : `parameter ${firstSentences(best.name, MAX_NAME_CHARS)}`;
}

/** Returns the importance of the words of the query that a text has, in any form. */
function worthOf(text: string, reader: QueryReader): number {
  const met = new Set<Concept>();
  for (const term of tokenize(text)) {
    const concept = conceptOf(term, reader);
    if (concept && isLike(term, concept.word)) met.add(concept);
  }
  return [...met].reduce((sum, { importance }) => sum + importance, 0);
}

/** Returns the concept of the query that a term stands for best; undefined if it stands for none. */
function conceptOf(term: string, reader: QueryReader): Concept | undefined {
  const [first, ...others] = reader.meetingsOf(term);
  const best = others.reduce((one, other) => (other.weight > (one?.weight ?? 0) ? other : one), first);
  return best && reader.concepts[best.concept];
}

/** True if two words are forms of one, or one is a part of the other: a reader sees that by himself. */
function isLike(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return (short.length >= MIN_PART_CHARS && long.includes(short)) || stem(a) === stem(b);
}
