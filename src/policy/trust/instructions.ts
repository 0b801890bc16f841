import { excerptOf, type Suspicion } from './hidden-text.ts';
import { MARKUP, MARKUP_CUE, RULES, type Rule } from './instruction-rules.ts';

/** What may be found in texts that have these words. */
export interface Cued {
  readonly rules: readonly Rule[];
  readonly hasMarkup: boolean;
}

/** What `instructionsIn` may find in a text or in parts of it; mostly nothing, and much cheaper to know. */
export function cuedBy(text: string): Cued | undefined {
  const plain = readable(text);
  const line = plain.toLowerCase();
  const rules = RULES.filter(({ cues }) => cues.every((group) => group.some((cue) => line.includes(cue))));
  const hasMarkup = MARKUP_CUE.test(plain);
  return rules.length > 0 || hasMarkup ? { rules, hasMarkup } : undefined;
}

/** What a text tells a model to do that is no description of a tool, one of each kind. English only. */
export function instructionsIn(text: string, { rules, hasMarkup }: Cued): readonly Suspicion[] {
  const plain = readable(text);
  const line = plain.replace(/\s+/g, ' ').toLowerCase();
  const found = new Map<string, string>();
  for (const { what, patterns } of rules) {
    const piece = found.has(what) ? undefined : first(patterns(), line);
    if (piece !== undefined) found.set(what, piece);
  }
  const markup = hasMarkup ? first(MARKUP, plain) : undefined;
  if (markup !== undefined) found.set('speaks to the model in markup of prompts', markup);
  return [...found].map(([what, piece]) => ({ what, excerpt: excerptOf(piece) }));
}

function first(patterns: readonly RegExp[], text: string): string | undefined {
  for (const each of patterns) {
    const found = each.exec(text);
    if (found) return found[0];
  }
  return undefined;
}

const NON_ASCII = /[\u0080-\uffff]/;

/** As a model reads it: wide letters as plain ones, nothing between the letters of a word. */
function readable(text: string): string {
  if (!NON_ASCII.test(text)) return text;
  return text.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
}
