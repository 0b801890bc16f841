import { beyondBounds } from '../core/json-bounds.ts';

const MAX_NUMBER_CHARS = 40;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const BOOLEAN = /^(?:true|false)$/i;
const SEVERAL = /[,;\n]/;

/** The array or object that a string is the JSON text of; undefined when it is none. */
export function parsedContainer(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value) || beyondBounds(value)) return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** What a scalar may have been meant as in another type, itself in an array included. The schema has to choose. */
export function conversions(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return [...fromText(value), ...(isOneItem(value) ? [[value]] : [])];
  if (typeof value === 'boolean') return [String(value), [value]];
  // A fraction may have been a text once: 1.10 arrives as 1.1.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? [String(value), [value]] : [[value]];
  return value === null || Array.isArray(value) ? [] : [[value]];
}

function fromText(value: string): readonly unknown[] {
  if (value.length > MAX_NUMBER_CHARS) return [];
  const text = value.trim();
  if (BOOLEAN.test(text)) return [text.toLowerCase() === 'true'];
  if (text === 'null') return [null];
  return JSON_NUMBER.test(text) && isExact(Number(text)) ? [Number(text)] : [];
}

function isExact(number: number): boolean {
  return Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number);
}

// "a, b" may be two, and a broken "[…" is no item.
function isOneItem(value: string): boolean {
  return !SEVERAL.test(value) && !/^\s*[[{]/.test(value);
}
