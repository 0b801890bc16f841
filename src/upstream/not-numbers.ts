import { parseMessage } from '../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { MENDED_RESULT } from '../core/mended-result.ts';

/** What languages write for numbers that JSON has not; Python's `json.dumps` does so by default. */
const NOT_NUMBER = /(?<![\w.+-])(?:-?Infinity|NaN)(?![\w.])/g;
/** Stands before such a word while it is a string; no string of a server begins with it but by a chance of one in billions. */
const MARK = Math.random().toString(36).slice(2, 10);
/** Longest text that is read once more, in characters: what is put in takes several times its room. */
const MAX_CHARS = 16 * 1024 * 1024;
const MAX_LINES = 20;
const MAX_PATH = 200;

/**
 * A message, or a batch, that is JSON but for NaN, Infinity or -Infinity: each is null, as JavaScript writes it, and the
 * `_meta` of a result says where each was. Undefined where it is no JSON for another reason.
 */
export function parseNotNumbers(text: string): unknown {
  if (text.length > MAX_CHARS || text.search(NOT_NUMBER) < 0) return undefined;
  try {
    const parsed = parseMessage(withStrings(text));
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) if (isJsonObject(message)) clean(message);
    return parsed;
  } catch {
    return undefined;
  }
}

/** The text with each such word outside of strings as a marked string. */
function withStrings(text: string): string {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const start = quote < 0 ? text.length : quote;
    parts.push(text.slice(at, start).replace(NOT_NUMBER, `"${MARK}$&"`));
    at = endOfString(text, start);
    parts.push(text.slice(start, at));
  }
  return parts.join('');
}

function endOfString(text: string, quote: number): number {
  for (let at = quote + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function clean(message: JsonObject): void {
  const { result, ...rest } = message;
  nulled(rest);
  for (const key of Object.keys(rest)) if (wordIn(message[key]) !== undefined) message[key] = null;
  const word = wordIn(result);
  if (word !== undefined) message.result = word; // all that was answered
  if (typeof result !== 'object' || result === null) return;
  const said = nulled(result);
  if (said.length === 0 || !isJsonObject(result)) return;
  message.result = { ...result, _meta: { ...(isJsonObject(result._meta) && result._meta), [MENDED_RESULT]: said } };
}

interface Place {
  readonly holder: JsonObject;
  readonly path: string;
}

/** Sets each such word within a value to null, and says so, a line each. Not recursive: JSON may be nested deeper than the stack is. */
function nulled(value: object): string[] {
  const said: string[] = [];
  const waiting: Place[] = [{ holder: value as JsonObject, path: '' }]; // a list has members by key too
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const { holder } = place;
    for (const key of Object.keys(holder)) {
      const child = holder[key];
      const word = wordIn(child);
      if (word !== undefined) {
        holder[key] = null;
        if (said.length < MAX_LINES) said.push(`${pathOf(place, key).slice(0, MAX_PATH)}: ${word} → null`);
      } else if (typeof child === 'object' && child !== null) {
        waiting.push({ holder: child as JsonObject, path: pathOf(place, key) });
      }
    }
  }
  return said;
}

function pathOf({ holder, path }: Place, key: string): string {
  if (Array.isArray(holder)) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}

function wordIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith(MARK) ? value.slice(MARK.length) : undefined;
}
