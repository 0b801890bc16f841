import { isSameJson, parseJson } from '../../../core/exact-json.ts';
import { isJsonObject } from '../../../core/json.ts';

/** Values of structured content that are looked for in the texts, and characters that may be read for it. */
const MAX_VALUES = 10_000;
const MAX_CHARS_READ = 50_000_000;

/**
 * Whether structured content only repeats the texts: one of them is its JSON, or each of its values stands in one. Servers
 * are told to repeat it as a text for older clients, and some wrap what they say as `{"content": text}` or `{"result": …}`.
 */
export function saysTheSame(texts: readonly string[], structured: unknown): boolean {
  if (texts.length === 0) return false;
  if (texts.some((text) => isJsonOf(text, structured))) return true;
  const values = [...valuesIn(structured, MAX_VALUES)];
  const said = texts.join('\n');
  if (values.length === MAX_VALUES || values.length * said.length > MAX_CHARS_READ) return false;
  const numbers = new Set(said.match(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi)?.map(Number));
  const words = said.toLowerCase();
  return values.every((value) => isSaid(value, { said, words, numbers }));
}

function isJsonOf(text: string, structured: unknown): boolean {
  try {
    return isSameJson(parseJson(text), structured);
  } catch {
    return false;
  }
}

/** The texts, numbers and truths in a value, as many as `most`. */
function* valuesIn(value: unknown, most: number): Generator<string | number | boolean> {
  const open: unknown[] = [value];
  for (let count = 0; open.length > 0 && count < most; ) {
    const next = open.pop();
    if (Array.isArray(next)) open.push(...next.slice(0, most));
    else if (isJsonObject(next)) open.push(...Object.values(next).slice(0, most));
    else if (typeof next === 'string' || typeof next === 'number' || typeof next === 'boolean') {
      count++;
      yield next;
    }
  }
}

interface Said {
  readonly said: string;
  /** The same in lower case. */
  readonly words: string;
  readonly numbers: ReadonlySet<number>;
}

/** A text may stand there as it is, or within JSON. */
function isSaid(value: string | number | boolean, { said, words, numbers }: Said): boolean {
  if (typeof value === 'number') return numbers.has(value);
  if (typeof value === 'boolean') return words.includes(String(value));
  return said.includes(value) || said.includes(JSON.stringify(value).slice(1, -1));
}
