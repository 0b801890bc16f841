import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { MENDED_RESULT } from '../core/call.ts';
import { parseMessage } from '../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { beyondBounds, idIn, type JsonBounds } from '../core/json-bounds.ts';
import { INTERNAL_ERROR } from '../core/rpc.ts';
import type { ClippedLine } from '../platform/line-framing.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';

/**
 * Bounds of a server's JSON. Depth: far more than can be passed on, so that a deep tool loses only itself and not its
 * list, and far less than takes long. Names: results may have any number of members, but each new name slows the whole
 * process; 200,000 take half a second.
 */
const SERVERS_JSON: JsonBounds = { depth: 100_000, names: 200_000 };

/** A message of a server cannot be read. It does not mean that the connection is lost. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

/** Parses a message of a server. Throws `UnreadableMessage`, whose message completes "the server answered …". */
export function parseServerMessage(text: string): unknown {
  const beyond = beyondBounds(text, SERVERS_JSON);
  if (beyond) throw new UnreadableMessage(`JSON ${beyond}`);
  try {
    return parseMessage(text);
  } catch (error) {
    const parsed = parseNotNumbers(text);
    if (parsed === undefined) throw new UnreadableMessage('what is not JSON', { cause: error });
    return parsed;
  }
}

/**
 * Makes an error in place of an unreadable answer, so that its call ends. Undefined if the text names no request of
 * ours.
 */
export function unreadableAnswer(text: string, error: unknown): (JSONRPCMessage & { readonly id: number }) | undefined {
  const id = requestId(idIn(text));
  if (id === undefined) return undefined;
  const why = error instanceof Error ? error.message : String(error);
  return { jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message: `the server answered ${why}` } };
}

/**
 * First id of our requests. A number, because some servers accept no text; high, so that no other id is taken for one
 * of ours.
 */
export const FIRST_ID = 1_000_000;

/** Returns one of our ids as a server sent it: some write numbers as text. Undefined if it is none of ours. */
export function requestId(id: unknown): number | undefined {
  const number = typeof id === 'string' && /^\d{7,15}$/.test(id) ? Number(id) : id;
  return typeof number === 'number' && number >= FIRST_ID ? number : undefined;
}

/** Words that some languages write for numbers which JSON lacks. Python's `json.dumps` does so by default. */
const NOT_NUMBER = /(?<![\w.+-])(?:-?Infinity|NaN)(?![\w.])/g;
/**
 * Prefix of such a word while it is a string. Random, so that a string of a server begins with it by a chance of one in
 * billions.
 */
const MARK = Math.random().toString(36).slice(2, 10);
/** Longest text that is read again, in characters: the marked text takes several times its memory. */
const MAX_CHARS = 16 * 1024 * 1024;
const MAX_LINES = 20;
const MAX_PATH = 200;

/**
 * Parses a message or batch that is JSON except for NaN, Infinity or -Infinity. Each becomes null, as JavaScript writes
 * it, and `_meta` of a result lists their places. Undefined if it is no JSON for another reason.
 */
function parseNotNumbers(text: string): unknown {
  if (text.length > MAX_CHARS || text.search(NOT_NUMBER) < 0) return undefined;
  try {
    const parsed = parseMessage(markWords(text));
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) if (isJsonObject(message)) clean(message);
    return parsed;
  } catch {
    return undefined;
  }
}

/** Replaces each such word outside of strings by a marked string. */
function markWords(text: string): string {
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
  replaceWordsByNull(rest);
  for (const key of Object.keys(rest)) if (wordIn(message[key]) !== undefined) message[key] = null;
  const word = wordIn(result);
  if (word !== undefined) message.result = word; // the whole result is this word
  if (typeof result !== 'object' || result === null) return;
  const said = replaceWordsByNull(result);
  if (said.length === 0 || !isJsonObject(result)) return;
  message.result = { ...result, _meta: { ...(isJsonObject(result._meta) && result._meta), [MENDED_RESULT]: said } };
}

interface Place {
  readonly holder: JsonObject;
  readonly path: string;
}

/**
 * Sets each such word within a value to null, and returns a line for each. Iterative, because JSON may be nested deeper
 * than the stack.
 */
function replaceWordsByNull(value: object): string[] {
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

/** Patterns of an id at either end of an answer. They do not match inside a string, where quotes are escaped. */
const ID_FIRST = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)\s*,\s*"(?:result|error)"/;
const ID_LAST = /[^\\]"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;

/**
 * Makes an error in place of an answer that was too long, so that its call ends. Undefined if its id cannot be found.
 */
export function skippedAnswer({ head, tail }: ClippedLine): JSONRPCMessage | undefined {
  const id = (ID_FIRST.exec(head) ?? ID_LAST.exec(tail))?.[1];
  if (id === undefined) return undefined;
  const message = `the gateway skipped the answer, which is longer than ${MAX_MESSAGE_BYTES} bytes`;
  return { jsonrpc: '2.0', id: Number(id), error: { code: INTERNAL_ERROR, message } };
}
