import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { plainText } from './sound-block.ts';
import { COMPLETION, isString, type Said, say, soundMembers } from './sound-members.ts';

/** More than that are no completion to clients. */
const MAX_VALUES = 100;

/** The completion of a result as clients take it; the same one where they do. */
export function soundCompletion(given: unknown, said: Said): JsonObject {
  if (!isJsonObject(given)) say(said, 'completion', given, '{"values": …}');
  const sound = isJsonObject(given) ? soundMembers(given, COMPLETION, 'completion.', said) : { values: given };
  const { values } = sound;
  if (Array.isArray(values) && values.length <= MAX_VALUES && values.every(isString)) return sound;
  const all = (Array.isArray(values) ? values : [values]).filter((value) => value !== null && value !== undefined);
  say(said, 'completion.values', values, `a list of at most ${MAX_VALUES} texts`);
  const texts = all.slice(0, MAX_VALUES).map(plainText);
  return { ...sound, values: texts, ...(all.length > MAX_VALUES && { hasMore: true }) };
}
