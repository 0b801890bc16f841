import { isDeepStrictEqual } from 'node:util';
import { markOf } from './number-marks.ts';
import { findNumberTexts } from './number-texts.ts';
import { writeExact } from './write-exact.ts';

/**
 * JSON in which numbers pass as they were written. In JavaScript every number is a double, and `JSON.stringify` writes each
 * in one way: 9007199254740993 leaves as …992, `1.0` as `1`, `1e400` as `null`. So an object or list keeps, beside such
 * numbers, the text that they came as. They stay plain numbers to whoever reads them; copies made by spreading keep the
 * texts, and a member that was changed meanwhile is written as it is now.
 */
const SOURCES = Symbol('number texts');

interface Exact {
  /** Text by key. No map: half a million of them would be most of what a text of 9 MB costs. */
  [SOURCES]?: Members;
}

interface Members {
  [key: string]: unknown;
}

/** A number of JSON that may be written otherwise than it came; seldom any other. */
const MAY_CHANGE =
  /(?:^|[:,[\s])(?:-0(?:[,\]}\s]|$)|-?(?:\d[\d.]{15}|\d+\.\d*0(?:[,\]}\s]|$)|\d+(?:\.\d+)?[eE]|0\.000000))/;

/** Nothing was read yet that `JSON.stringify` would change: nothing has to be looked for. */
let isNeeded = false;

/** The value that a JSON text stands for. Throws what `JSON.parse` throws. */
export function parseJson(text: string): unknown {
  return exactly(text, JSON.parse(text));
}

/** As `parseJson`, for a JSON-RPC message: of its id, which is ours to read, no text is kept where it is the only number. */
export function parseMessage(text: string): unknown {
  const message: unknown = JSON.parse(text);
  if (message === null || typeof message !== 'object' || Array.isArray(message)) return exactly(text, message);
  const { id: _, ...rest } = message as { id?: unknown };
  return holdsNumber(rest) ? exactly(text, message) : message;
}

function exactly(text: string, value: unknown): unknown {
  // A tree is quicker to go through than a text of megabytes, and most results have no number at all.
  if (holdsNumber(value) && MAY_CHANGE.test(text)) findNumberTexts(text, value, keepText);
  return value;
}

/** The JSON text of a value, its numbers as they came. Throws what `JSON.stringify` throws. */
export function writeJson(value: unknown, space?: number): string {
  return holdsExact(value) ? writeExact(value, sourceOf, space) : JSON.stringify(value, undefined, space);
}

/** Whether anything in a value would not be written by `JSON.stringify` as it came. */
export function holdsExact(value: unknown): value is object {
  return isNeeded && some(value, (each) => typeof each === 'object' && each !== null && SOURCES in each);
}

/**
 * A message, or a batch of them, with those numbers as marked strings, for whoever hands it through a parser of its own;
 * the same one where there are none. What a parser of messages looks at itself stays a number.
 */
export function withMarks<T>(message: T): T {
  if (!holdsExact(message)) return message;
  const marked: unknown = markedCopy(message);
  const [messages, copies] = [message, marked].map((each) => (Array.isArray(each) ? each : [each]) as Envelope[]);
  for (const [at, copy] of (copies ?? []).entries()) {
    const { id, error } = messages?.[at] ?? {};
    if (id !== undefined) copy.id = id;
    if (copy.error?.code !== undefined) copy.error.code = error?.code;
  }
  return marked as T;
}

interface Envelope {
  id?: unknown;
  error?: { code?: unknown } | null;
}

function markedCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const marked = (member: unknown, key: string | number) => {
    const source = typeof member === 'number' ? sourceOf(value, key) : undefined;
    return source === undefined ? markedCopy(member) : markOf(source);
  };
  if (Array.isArray(value)) return value.map(marked);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, marked(member, key)]));
}

/** The text of a number that would be written otherwise than it came. */
export function sourceOf(holder: object, key: string | number): string | undefined {
  const sources = (holder as Exact)[SOURCES];
  const source = sources && Object.hasOwn(sources, key) ? (sources[key] as string) : undefined;
  const isAsItCame = source !== undefined && Object.is(Number(source), (holder as Members)[key]);
  return isAsItCame ? source : undefined;
}

/** A copy of an object or list, made member by member, keeps the texts that the original has. */
export function keepSources<T extends object>(copy: T, original: object): T {
  const sources = (original as Exact)[SOURCES];
  if (sources) (copy as Exact)[SOURCES] = sources;
  return copy;
}

/** Keeps the text of a member that is a number. */
function keepText(holder: object, key: string | number, source: string): void {
  const exact = holder as Exact;
  // Of a list a list: an object would take room for sixteen texts, and lists of one number come by the hundred thousand.
  if (!exact[SOURCES] && key === 0)
    exact[SOURCES] = [source] as unknown as Members; // which has its members by index
  else {
    exact[SOURCES] ??= {};
    set(exact[SOURCES], key, source);
  }
  isNeeded = true;
}

function set(holder: Members, key: string | number, value: unknown): void {
  // Defined where need be, so that the key stays a key.
  if (key !== '__proto__') holder[key] = value;
  else Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Sets a member to a number that is written like that, maybe in another notation than that of JSON. */
export function setNumber(holder: object, key: string, value: number, source: string): void {
  set(holder as Members, key, value); // any object or list has members by key
  if (String(value) !== source) keepText(holder, key, source);
}

/** A copy of an object with a member that is the number that a text stands for. */
export function withNumber<T extends object>(object: T, key: string, source: string): T {
  const copy = (Array.isArray(object) ? [...object] : { ...object }) as T;
  set(copy as Members, key, Number(source));
  if (String(Number(source)) === source) return copy;
  (copy as Exact)[SOURCES] = { ...(object as Exact)[SOURCES] };
  keepText(copy, key, source);
  return copy;
}

/** Whether two JSON values mean the same, however their numbers are written. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return one === other || isDeepStrictEqual(plain(one), plain(other));
}

function plain(value: unknown): unknown {
  return holdsExact(value) ? JSON.parse(JSON.stringify(value)) : value;
}

const holdsNumber = (value: unknown) => some(value, (each) => typeof each === 'number');

/** Whether any value within a value, or itself, is of that kind. Not recursive: JSON may be nested deeper than the stack is. */
function some(value: unknown, isOfKind: (value: unknown) => boolean): boolean {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const each = waiting.pop();
    if (isOfKind(each)) return true;
    if (each === null || typeof each !== 'object') continue;
    for (const child of Array.isArray(each) ? each : Object.values(each)) {
      if (typeof child === 'object') waiting.push(child);
      else if (typeof child === 'number' && isOfKind(child)) return true;
    }
  }
  return false;
}
