import { wantedAction } from './actions.ts';
import type { Concept } from './concepts.ts';
import { actionOf } from './synonyms.ts';
import type { ToolIndex } from './tool-index.ts';

/** A concept that a word stands for, by its place in the query, and how well. */
export interface Meeting {
  readonly concept: number;
  readonly weight: number;
}

const NONE: readonly Meeting[] = [];

/** What a word of a tool has to do with the query. */
export interface WordView {
  readonly text: string;
  readonly rarity: number;
  /** Its best weight for any concept, 0 if it stands for none. */
  readonly strongest: number;
  /** Number of its four-letter pieces, and which of them the query has too. */
  readonly grams: number;
  readonly sharedGrams: readonly number[];
}

/** A query beside the words of the index, each looked at once. */
export class QueryView {
  readonly concepts: readonly Concept[];
  readonly importance: number;
  readonly action: string | undefined;
  /** Whether it speaks of several things. */
  readonly plural: boolean;
  readonly grams: ReadonlySet<number>;
  /** By concept: room to note what a candidate has of it, made once for all of them. */
  readonly room: { readonly anywhere: Float64Array; readonly best: Float64Array; readonly places: Float64Array };
  readonly #index: ToolIndex;
  readonly #meets = new Map<number, Meeting[]>();
  readonly #words = new Map<number, WordView>();
  readonly #actions = new Map<string, string | undefined>();

  constructor(concepts: readonly Concept[], index: ToolIndex) {
    const plain = concepts.filter(({ literal }) => !literal).map(({ word }) => word);
    this.concepts = concepts;
    this.importance = concepts.reduce((sum, { importance }) => sum + importance, 0) || 1;
    this.action = wantedAction(plain);
    this.plural = plain.some((word) => /[^su]s$/.test(word) && word.length > 3);
    this.grams = new Set(plain.flatMap((word) => gramsOf(word)));
    const room = () => new Float64Array(concepts.length);
    this.room = { anywhere: room(), best: room(), places: room() };
    this.#index = index;
    for (const [concept, { matches }] of concepts.entries()) {
      for (const [word, weight] of matches) this.#meet(word, { concept, weight });
    }
  }

  /** The concepts that a word stands for. */
  meetings(word: number): readonly Meeting[] {
    return this.#meets.get(word) ?? NONE;
  }

  word(id: number): WordView {
    const known = this.#words.get(id);
    if (known) return known;
    const word = this.#look(id);
    this.#words.set(id, word);
    return word;
  }

  /** The action that a verb stands for, if it is one; kept, since candidates have the same few verbs. */
  actionOf({ text }: WordView): string | undefined {
    if (!this.#actions.has(text)) this.#actions.set(text, actionOf(text));
    return this.#actions.get(text);
  }

  #look(id: number): WordView {
    const { vocabulary } = this.#index;
    const text = vocabulary.word(id);
    return {
      text,
      rarity: this.#index.rarity(vocabulary.tools(id)),
      strongest: this.meetings(id).reduce((most, { weight }) => Math.max(most, weight), 0),
      grams: Math.max(0, text.length + 3 - GRAM_CHARS),
      sharedGrams: gramsOf(text, this.grams),
    };
  }

  #meet(word: number, meeting: Meeting): void {
    const known = this.#meets.get(word);
    if (known) known.push(meeting);
    else this.#meets.set(word, [meeting]);
  }
}

const GRAM_CHARS = 4;

// Pieces of a word as numbers, with a mark where it begins and ends; a clash costs a little precision in one query.
// Given those that are `wanted`, the others are left out: hundreds of words are looked at for one query.
function gramsOf(word: string, wanted?: ReadonlySet<number>): number[] {
  const text = ` ${word} `;
  const grams: number[] = [];
  for (let at = 0; at + GRAM_CHARS <= text.length; at++) {
    let code = 0;
    for (let next = at; next < at + GRAM_CHARS; next++) code = (Math.imul(code, 131) + text.charCodeAt(next)) | 0;
    if (!wanted || wanted.has(code)) grams.push(code);
  }
  return grams;
}
