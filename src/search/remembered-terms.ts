import { BoundedMap } from '../core/bounded-map.ts';
import { tokenize } from './text-analysis.ts';

/** Texts whose terms are remembered: what some hundred tools show of themselves, about 2 MB. */
const MAX_TEXTS = 2000;

const known = new BoundedMap<string, readonly string[]>({ maxEntries: MAX_TEXTS });

/** Returns `tokenize(text)` for a text that is shown, as an id or a signature, since searches show the same tools again. */
export function rememberedTerms(text: string): readonly string[] {
  const found = known.get(text);
  if (found) return found;
  const terms = tokenize(text);
  known.set(text, terms);
  return terms;
}
