import { parseJson, withNumber } from '../../core/exact-json.ts';
import { isFiller } from '../../core/filler.ts';
import { beyondBounds, membersIn } from '../../core/json-bounds.ts';
import { numberIn } from './number-text.ts';

const MAX_NUMBER_CHARS = 40;
const BOOLEAN = /^(?:true|false)$/i;
const SEVERAL = /[,;\n]/;

/**
 * The array or object that a string is the JSON text of; undefined when it is none, or has more members than `room` has
 * left, which it takes its own of.
 */
export function parsedContainer(value: unknown, room: { membersLeft: number }): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value) || beyondBounds(value)) return undefined;
  room.membersLeft -= membersIn(value);
  if (room.membersLeft < 0) return undefined;
  try {
    return parseJson(value);
  } catch {
    return undefined;
  }
}

/**
 * What a scalar may have been meant as in another type, itself in an array included. The schema has to choose. `source` is
 * how a number was written, where no double holds it.
 */
export function conversions(value: unknown, source?: string): readonly unknown[] {
  if (typeof value === 'string') return [...fromText(value), ...(isOneItem(value) ? [[value]] : [])];
  if (typeof value === 'boolean') return [String(value), [value]];
  if (typeof value === 'number' && source !== undefined) return ofExact(value, source);
  // A fraction may have been a text once: 1.10 arrives as 1.1.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? [String(value), [value]] : [[value]];
  return value === null || Array.isArray(value) ? [] : [[value]];
}

function ofExact(value: number, source: string): readonly unknown[] {
  const list = withNumber([value], '0', source);
  return /^-?\d+$/.test(source) ? [source, list] : [list];
}

function fromText(value: string): readonly unknown[] {
  if (value.length > MAX_NUMBER_CHARS) return [];
  const text = value.trim();
  if (BOOLEAN.test(text)) return [text.toLowerCase() === 'true'];
  if (isFiller(text)) return [null];
  const number = numberIn(text);
  return number === undefined ? [] : [number];
}

// "a, b" may be two, and a broken "[…" is no item.
function isOneItem(value: string): boolean {
  return !SEVERAL.test(value) && !/^\s*[[{]/.test(value);
}
