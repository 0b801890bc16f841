import { isJsonObject, type JsonObject } from '../core/json.ts';

/** Bytes of a value as JSON in UTF-8; `estimated` where it was too large to count. */
export interface JsonSize {
  readonly bytes: number;
  readonly estimated: boolean;
}

/** Values and characters that are counted one by one: together under half a millisecond. */
const MAX_VALUES = 2_000;
const MAX_CHARS = 65_536;
/** Characters of a long text that tell how much its escapes add. */
const SAMPLE_CHARS = 256;
/** One byte a character, and no escape. */
const PLAIN = /^[ !#-[\]-~]*$/;

interface Budget {
  values: number;
  chars: number;
}

/** The size of a JSON value, without writing it out: small ones are counted, of large ones a sample is. */
export function jsonSize(value: unknown): JsonSize {
  const budget: Budget = { values: MAX_VALUES, chars: MAX_CHARS };
  const counted = count(value, budget);
  const bytes = budget.values < 0 ? estimate(value, MAX_VALUES, budget) : counted;
  return { bytes: Math.round(bytes), estimated: budget.values < 0 || budget.chars < 0 };
}

/** Every value below; of no use once the budget of values is spent. */
function count(value: unknown, budget: Budget): number {
  budget.values -= 1;
  if (budget.values < 0) return 0;
  if (Array.isArray(value)) return countArray(value, budget);
  return isJsonObject(value) ? countObject(value, budget) : scalarBytes(value, budget);
}

function countArray(items: readonly unknown[], budget: Budget): number {
  if (items.length > budget.values) budget.values = -1;
  let bytes = 1 + Math.max(1, items.length);
  for (let index = 0; index < items.length && budget.values >= 0; index++) bytes += count(items[index], budget);
  return bytes;
}

function countObject(object: JsonObject, budget: Budget): number {
  const keys = Object.keys(object);
  if (keys.length > budget.values) budget.values = -1;
  let bytes = 1 + Math.max(1, keys.length);
  for (const key of keys) {
    if (budget.values < 0) return bytes;
    bytes += textBytes(key, budget) + 1 + count(object[key], budget);
  }
  return bytes;
}

/** At most about `share` values below, those of a container evenly spread over it. */
function estimate(value: unknown, share: number, budget: Budget): number {
  if (Array.isArray(value)) {
    return estimateMembers(value.length, share, (index, rest) => estimate(value[index], rest, budget));
  }
  if (!isJsonObject(value)) return scalarBytes(value, budget);
  const keys = Object.keys(value);
  return estimateMembers(keys.length, share, (index, rest) => {
    const key = keys[index] ?? '';
    return textBytes(key, budget) + 1 + estimate(value[key], rest, budget);
  });
}

function estimateMembers(length: number, share: number, bytesAt: (index: number, share: number) => number): number {
  // So many that for each of them as many values below it are seen as there are members seen here.
  const picks = share < 1 ? 0 : Math.min(length, Math.ceil(Math.sqrt(share)));
  if (picks === 0) return 2;
  const rest = Math.floor((share - 1) / picks);
  let bytes = 0;
  for (let pick = 0; pick < picks; pick++) bytes += 1 + bytesAt(Math.floor((pick * length) / picks), rest);
  return 1 + (bytes * length) / picks;
}

function scalarBytes(value: unknown, budget: Budget): number {
  return typeof value === 'string' ? textBytes(value, budget) : String(value).length;
}

function textBytes(text: string, budget: Budget): number {
  if (text.length <= SAMPLE_CHARS) return writtenBytes(text);
  budget.chars -= text.length;
  if (budget.chars >= 0) return writtenBytes(text);
  const sample = text.slice(0, SAMPLE_CHARS);
  const growth = (writtenBytes(sample) - 2) / Buffer.byteLength(sample);
  return 2 + Buffer.byteLength(text) * growth;
}

function writtenBytes(text: string): number {
  // Most keys and short values: it takes a third of the time.
  if (text.length <= SAMPLE_CHARS && PLAIN.test(text)) return text.length + 2;
  return Buffer.byteLength(JSON.stringify(text));
}
