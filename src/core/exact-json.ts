import { isDeepStrictEqual } from 'node:util';
import { findNumberTexts } from './number-texts.ts';

/**
 * JSON in which numbers pass as they were written. In JavaScript every number is a double, and `JSON.stringify` writes
 * each in one way: 9007199254740993 leaves as …992, `1.0` as `1`, `1e400` as `null`. So an object or list keeps the
 * texts of such numbers under this symbol. Code that reads the members still sees plain numbers. Copies made by
 * spreading keep the texts. A member that was changed after parsing is written with its new value.
 */
const SOURCES = Symbol('number texts');

interface Exact {
  /** Text by key. Not a `Map`: half a million of them would be most of what a text of 9 MB costs. */
  [SOURCES]?: Members;
}

interface Members {
  [key: string]: unknown;
}

/** Matches each JSON text with a number that may be written otherwise than it came, and seldom any other text. */
const MAY_CHANGE =
  /(?:^|[:,[\s])(?:-0(?:[,\]}\s]|$)|-?(?:\d[\d.]{15}|\d+\.\d*0(?:[,\]}\s]|$)|\d+(?:\.\d+)?[eE]|0\.000000))/;

/** False until a number was read that `JSON.stringify` would change: until then no value has to be searched. */
let isNeeded = false;

/** Returns the value that a JSON text stands for. Throws what `JSON.parse` throws. */
export function parseJson(text: string): unknown {
  return exactly(text, JSON.parse(text));
}

/**
 * Parses a JSON-RPC message as `parseJson` does, but keeps no text of an `id` that is the only number: the gateway
 * itself reads ids.
 */
export function parseMessage(text: string): unknown {
  const message: unknown = JSON.parse(text);
  if (message === null || typeof message !== 'object' || Array.isArray(message)) return exactly(text, message);
  for (const [name, member] of Object.entries(message)) {
    if (name !== 'id' && holdsNumber(member)) return exactly(text, message);
  }
  return message;
}

function exactly(text: string, value: unknown): unknown {
  // Looks for a number in the tree first: that is quicker than in a text of megabytes, and most results have no number.
  if (holdsNumber(value) && MAY_CHANGE.test(text)) findNumberTexts(text, value, keepText);
  return value;
}

/** Returns the JSON text of a value, its numbers as they came. Throws what `JSON.stringify` throws. */
export function writeJson(value: unknown, space?: number): string {
  return holdsExact(value) ? writeExact(value, sourceOf, space) : JSON.stringify(value, undefined, space);
}

/** True if `JSON.stringify` would write a number in a value otherwise than it came. */
export function holdsExact(value: unknown): value is object {
  return isNeeded && some(value, (each) => typeof each === 'object' && each !== null && SOURCES in each);
}

/**
 * Returns a copy of a message or batch in which those numbers are marked strings, for transports that parse and write
 * messages themselves; without such numbers, the message itself. `id` and `error.code` stay numbers because those
 * transports read them.
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

/** Returns the text of a member that is a number, if `JSON.stringify` would write the number otherwise than it came. */
export function sourceOf(holder: object, key: string | number): string | undefined {
  const sources = (holder as Exact)[SOURCES];
  const source = sources && Object.hasOwn(sources, key) ? (sources[key] as string) : undefined;
  const isAsItCame = source !== undefined && Object.is(Number(source), (holder as Members)[key]);
  return isAsItCame ? source : undefined;
}

/** Gives the number texts of an object or list to a copy that was made member by member. */
export function keepSources<T extends object>(copy: T, original: object): T {
  const sources = (original as Exact)[SOURCES];
  if (sources) (copy as Exact)[SOURCES] = sources;
  return copy;
}

function keepText(holder: object, key: string | number, source: string): void {
  const exact = holder as Exact;
  // If the first text is that of index 0, the texts go into a list: an object would allocate room for sixteen texts,
  // and lists of one number come by the hundred thousand.
  if (!exact[SOURCES] && key === 0)
    exact[SOURCES] = [source] as unknown as Members; // which has its members by index
  else {
    exact[SOURCES] ??= {};
    set(exact[SOURCES], key, source);
  }
  isNeeded = true;
}

function set(holder: Members, key: string | number, value: unknown): void {
  // An assignment to `__proto__` would set the prototype instead of a member.
  if (key !== '__proto__') holder[key] = value;
  else Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * Sets a member to a number and keeps `source`, the text it was written as, which may be in another notation than that
 * of JSON.
 */
export function setNumber(holder: object, key: string, value: number, source: string): void {
  set(holder as Members, key, value); // any object or list has members by key
  if (String(value) !== source) keepText(holder, key, source);
}

/** Returns a copy of an object with one more member: the number that a text stands for. */
export function withNumber<T extends object>(object: T, key: string, source: string): T {
  const copy = (Array.isArray(object) ? [...object] : { ...object }) as T;
  set(copy as Members, key, Number(source));
  if (String(Number(source)) === source) return copy;
  (copy as Exact)[SOURCES] = { ...(object as Exact)[SOURCES] };
  keepText(copy, key, source);
  return copy;
}

/** True if two JSON values are equal, even if their numbers are written differently. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return one === other || isDeepStrictEqual(plain(one), plain(other));
}

function plain(value: unknown): unknown {
  return holdsExact(value) ? JSON.parse(JSON.stringify(value)) : value;
}

const holdsNumber = (value: unknown) => some(value, (each) => typeof each === 'number');

/**
 * True if `isOfKind` is true of a value or of any number, object or list within it. Not recursive: JSON may be nested
 * deeper than the stack is.
 */
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
 * Marks strings that stand for numbers of JSON texts, on the way through the `JSON.parse` and `JSON.stringify` of the
 * SDK. Each process has another mark, so that no text holds it by chance.
 */
const MARK = `${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}:`;
const MARKED = new RegExp(`"${MARK}([-+.\\deE]+)"`, 'g');

/** Returns the marked string for the text of a number. */
function markOf(number: string): string {
  return MARK + number;
}

/** Returns a JSON text with each marked string replaced by the number that it stands for. */
export function unmarked(json: string): string {
  return json.includes(MARK) ? json.replaceAll(MARKED, '$1') : json;
}

/** Returns the text of a member that is a number, if it differs from that which `JSON.stringify` writes. */
type TextOf = (holder: object, key: string | number) => string | undefined;

/**
 * Writes a value as `JSON.stringify` does, but for the texts of numbers. `JSON.stringify` with a replacer would call
 * that for each member, which takes some three times as long. Throws what `JSON.stringify` throws.
 */
function writeExact(value: object, textOf: TextOf, space = 0): string {
  return writeValue(value, textOf, { step: ' '.repeat(space), line: '\n' }) as string; // objects and lists have a text
}

interface Layout {
  /** Indentation of one level; if empty, all is on one line. */
  readonly step: string;
  /** Line feed and indentation with which a line of the current level begins. */
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
  // A loop, because `map` passes over the holes of a list.
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

/** Returns the result of a value's `toJSON`, which dates for example have, or the value itself. */
function asJson(value: unknown): unknown {
  const hasOwnForm = typeof value === 'object' && value !== null && 'toJSON' in value;
  return hasOwnForm && typeof value.toJSON === 'function' ? (value.toJSON() as unknown) : value;
}
