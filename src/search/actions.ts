import { actionOf } from './synonyms.ts';

/** Actions that change nothing. */
const READING = new Set(
  'get list search download calculate check monitor analyze compare summarize recommend predict'.split(' '),
);

/** Words of a query among which its verb is looked for. */
const MAX_VERB_PLACE = 6;

/** What a query wants done: the action of its first verb. */
export function wantedAction(words: readonly string[]): string | undefined {
  const actions = words.slice(0, MAX_VERB_PLACE).map(actionOf);
  return actions.find((action) => action !== undefined);
}

/** Which words say what a tool does: verbs stand first or last in a name (`list_users`, `user_list`), and first in a description. */
export function toolVerbs<Word>(name: readonly Word[], summary: readonly Word[]): Word[] {
  return [name[0], name.at(-1), summary[0]].filter((word) => word !== undefined);
}

export function isReading(action: string): boolean {
  return READING.has(action);
}
