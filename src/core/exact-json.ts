import { isDeepStrictEqual } from 'node:util';
import { isMark, markNumbers, markOf, numberIn, unmarked } from './number-marks.ts';

/**
 * JSON in which numbers pass as they were written. In JavaScript every number is a double, and `JSON.stringify` writes each
 * in one way: 9007199254740993 leaves as …992, `1.0` as `1`, `1e400` as `null`. So an object or list keeps, beside such
 * numbers, the text that they came as. They stay plain numbers to whoever reads them; copies made by spreading keep the
 * texts, and a member that was changed meanwhile is written as it is now.
 */
const SOURCES = Symbol('number texts');

interface Exact {
  /** Text by key. A plain object: half a million maps would be most of what a text of 9 MB costs. */
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

/** Whether a text may hold a number that would not be written as it came; true of some that hold none. */
export function mayChange(text: string): boolean {
  return MAY_CHANGE.test(text);
}

function exactly(text: string, value: unknown): unknown {
  // A tree is quicker to go through than a text of megabytes, and most results have no number at all.
  if (!holdsNumber(value) || !mayChange(text)) return value;
  const marked = markNumbers(text);
  return marked === text ? value : withSources(JSON.parse(marked));
}

/** The JSON text of a value, its numbers as they came. Throws what `JSON.stringify` throws. */
export function writeJson(value: unknown, space?: number): string {
  return holdsExact(value) ? unmarked(markedJson(value, space)) : JSON.stringify(value, undefined, space);
}

/** Whether anything in a value would not be written by `JSON.stringify` as it came. */
export function holdsExact(value: unknown): boolean {
  return isNeeded && some(value, (each) => typeof each === 'object' && each !== null && SOURCES in each);
}

/**
 * A message, or a batch of them, with those numbers as marked strings, for whoever hands it through a parser of its own;
 * the same one where there are none. What a parser of messages looks at itself stays a number.
 */
export function withMarks<T>(message: T): T {
  if (!holdsExact(message)) return message;
  const marked: unknown = JSON.parse(markedJson(message));
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

function markedJson(value: unknown, space?: number): string {
  return JSON.stringify(
    value,
    function (this: object, key, member: unknown) {
      const source = typeof member === 'number' ? sourceOf(this, key) : undefined;
      return source === undefined ? member : markOf(source);
    },
    space,
  );
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

/** The value with each marked string as the number that it stands for; the same objects. */
function withSources(value: unknown): unknown {
  if (isMark(value)) return Number(numberIn(value));
  some(value, (holder) => {
    if (typeof holder !== 'object' || holder === null) return false;
    for (const [key, member] of Object.entries(holder)) if (isMark(member)) setExact(holder, key, numberIn(member));
    return false;
  });
  return value;
}

/** Sets a member to the number that a text stands for, and keeps the text. */
function setExact(holder: object, key: string, source: string): void {
  set(holder as Members, key, Number(source));
  const exact = holder as Exact;
  exact[SOURCES] ??= {};
  set(exact[SOURCES], key, source);
  isNeeded = true;
}

function set(holder: Members, key: string, value: unknown): void {
  // Defined where need be, so that the key stays a key.
  if (key !== '__proto__') holder[key] = value;
  else Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

/** A copy of an object with a member that is the number that a text stands for. */
export function withNumber<T extends object>(object: T, key: string, source: string): T {
  const copy = (Array.isArray(object) ? [...object] : { ...object }) as T;
  set(copy as Members, key, Number(source));
  if (String(Number(source)) === source) return copy;
  (copy as Exact)[SOURCES] = { ...(object as Exact)[SOURCES] };
  setExact(copy, key, source);
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
      if (typeof child === 'object' || typeof child === 'number') waiting.push(child);
    }
  }
  return false;
}
