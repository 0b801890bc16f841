import { isDeepStrictEqual } from 'node:util';
import { findNumberTexts } from './number-texts.ts';

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

/** True if anything in a value would not be written by `JSON.stringify` as it came. */
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

/** True if two JSON values mean the same, however their numbers are written. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return one === other || isDeepStrictEqual(plain(one), plain(other));
}

function plain(value: unknown): unknown {
  return holdsExact(value) ? JSON.parse(JSON.stringify(value)) : value;
}

const holdsNumber = (value: unknown) => some(value, (each) => typeof each === 'number');

/** True if any value within a value, or itself, is of that kind. Not recursive: JSON may be nested deeper than the stack is. */
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

/**
 * Numbers of JSON texts as strings that say so, for the way through the `JSON.parse` and `JSON.stringify` of the SDK. The mark
 * is another one in each process, so that no text holds it by chance.
 */
const MARK = `${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}:`;
const MARKED = new RegExp(`"${MARK}([-+.\\deE]+)"`, 'g');

/** The text of a number as written, as a marked string. */
function markOf(number: string): string {
  return MARK + number;
}

/** A JSON text with each marked string as the number that it stands for. */
export function unmarked(json: string): string {
  return json.includes(MARK) ? json.replaceAll(MARKED, '$1') : json;
}

/** The text of a member that is a number, where it is to be another than `JSON.stringify` writes. */
type TextOf = (holder: object, key: string | number) => string | undefined;

/**
 * `JSON.stringify`, but for the texts of numbers: a replacer of its own would be called for each member, which takes some
 * three times as long. Throws what `JSON.stringify` throws.
 */
function writeExact(value: object, textOf: TextOf, space = 0): string {
  return writeValue(value, textOf, { step: ' '.repeat(space), line: '\n' }) as string; // objects and lists have a text
}

interface Layout {
  /** What each level is indented by; nothing: all is on one line. */
  readonly step: string;
  /** How a line begins here. */
  readonly line: string;
}

function writeValue(given: unknown, textOf: TextOf, layout: Layout): string | undefined {
  const value = asJson(given);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const { step, line } = layout;
  const inner = step === '' ? layout : { step, line: line + step };
  const parts = isList ? items(value, textOf, inner) : members(value, textOf, inner);
  const [open, close] = isList ? '[]' : '{}';
  if (step === '' || parts.length === 0) return `${open}${parts.join(',')}${close}`;
  return `${open}${inner.line}${parts.join(`,${inner.line}`)}${line}${close}`;
}

function items(list: readonly unknown[], textOf: TextOf, layout: Layout): string[] {
  // Not by `map`, which passes over holes.
  const parts: string[] = [];
  for (let at = 0; at < list.length; at++) {
    const text = typeof list[at] === 'number' ? textOf(list, at) : undefined;
    parts.push(text ?? writeValue(list[at], textOf, layout) ?? 'null');
  }
  return parts;
}

function members(object: object, textOf: TextOf, layout: Layout): string[] {
  const parts: string[] = [];
  const colon = layout.step === '' ? ':' : ': ';
  for (const key of Object.keys(object)) {
    const member = (object as Record<string, unknown>)[key];
    const text = typeof member === 'number' ? textOf(object, key) : undefined;
    const written = text ?? writeValue(member, textOf, layout);
    if (written !== undefined) parts.push(JSON.stringify(key) + colon + written);
  }
  return parts;
}

/** Dates and their like say what they are. */
function asJson(value: unknown): unknown {
  const hasOwnForm = typeof value === 'object' && value !== null && 'toJSON' in value;
  return hasOwnForm && typeof value.toJSON === 'function' ? (value.toJSON() as unknown) : value;
}
