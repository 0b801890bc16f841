import { endOfText } from './json-bounds.ts';

/** Receives a number that `JSON.stringify` would write otherwise than it came: its holder, its key and its text. */
export type TakeText = (holder: object, key: string | number, text: string) => void;

/**
 * Characters from which a number's text is looked at more closely: a double holds all numbers of fewer digits, and V8
 * copies a text of fewer characters instead of keeping all of the text that it is cut from.
 */
const SHORT = 13;

const QUOTE = 0x22;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** An object or list that the walk is in; `holder` is undefined if a later member of the same name took its place. */
interface Level {
  readonly holder: object | undefined;
  readonly isList: boolean;
  /** In a list the index; in an object the place in the text where the member's name begins, -1 before the name. */
  at: number;
}

const OUTSIDE: Level = { holder: undefined, isList: true, at: 0 };

/**
 * Walks through a JSON text beside the value that it stands for, and gives `take` each number that would be written
 * otherwise than it came. Lists of a million numbers are usual, so the walk allocates nothing for other numbers, and
 * reads a member's name only if it needs it. Not recursive: JSON may be nested deeper than the stack is.
 */
export function findNumberTexts(json: string, value: unknown, take: TakeText): void {
  const outer: Level[] = [];
  let level = OUTSIDE;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      if (!level.isList && level.at < 0) level.at = at;
      at = endOfText(json, at);
    } else if (isDigit(code) || code === MINUS) {
      const end = endOfNumber(json, at);
      if (level.holder && mayChange(json, at, end)) found(level.holder, keyOf(json, level), json.slice(at, end), take);
      at = end - 1;
    } else if (code === 0x2c) {
      level.at = level.isList ? level.at + 1 : -1;
    } else if (code === 0x5b || code === 0x7b) {
      const isList = code === 0x5b;
      const holder = level === OUTSIDE ? value : memberOf(level.holder, keyOf(json, level));
      outer.push(level);
      level = { holder: asHolder(holder, isList), isList, at: isList ? 0 : -1 };
    } else if (code === 0x5d || code === 0x7d) {
      level = outer.pop() ?? OUTSIDE;
    }
  }
}

function found(holder: object, key: string | number, text: string, take: TakeText): void {
  const number = Number(text);
  if (!Object.is(memberOf(holder, key), number) || String(number) === text) return;
  take(holder, key, text.length < SHORT ? text : (JSON.parse(`"${text}"`) as string));
}

function keyOf(json: string, { isList, at }: Level): string | number {
  if (isList) return at;
  const name = json.slice(at, endOfText(json, at) + 1);
  return name.includes('\\') ? (JSON.parse(name) as string) : name.slice(1, -1);
}

function memberOf(holder: object | undefined, key: string | number): unknown {
  const isOwn = holder && (typeof key === 'number' || Object.hasOwn(holder, key));
  return isOwn ? (holder as Record<string | number, unknown>)[key] : undefined;
}

function asHolder(value: unknown, isList: boolean): object | undefined {
  return typeof value === 'object' && value !== null && Array.isArray(value) === isList ? value : undefined;
}

/**
 * True if a number may be written otherwise than it came. Decides by the characters alone, so it is also true of some
 * numbers that are not.
 */
function mayChange(json: string, start: number, end: number): boolean {
  if (end - start >= SHORT) return true;
  let hasDot = false;
  for (let at = start; at < end; at++) {
    const code = json.charCodeAt(at);
    if (code === DOT) hasDot = true;
    else if (!isDigit(code) && (code !== MINUS || at > start)) return true;
  }
  if (!hasDot) return json.charCodeAt(start) === MINUS && json.charCodeAt(start + 1) === ZERO;
  return json.charCodeAt(end - 1) === ZERO || json.startsWith('0.000000', start) || json.startsWith('-0.000000', start);
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function endOfNumber(json: string, start: number): number {
  let end = start + 1;
  for (; end < json.length; end++) {
    const code = json.charCodeAt(end);
    // A number has, besides digits, the characters + - . E e
    if (!isDigit(code) && code !== MINUS && code !== DOT && code !== 0x2b && (code | 0x20) !== 0x65) break;
  }
  return end;
}
