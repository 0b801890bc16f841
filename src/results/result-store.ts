import { randomUUID } from 'node:crypto';
import { clip, GatewayError } from '../core/errors.ts';

/** Start of the URIs under which kept results are read. */
const PREFIX = 'gateway://results/';

export interface ResultLimits {
  /** Characters kept in all, oldest dropped first; the latest is kept even if it alone is longer. */
  readonly maxChars: number;
  /** Longest line that a part may be sent in, in bytes. */
  readonly maxLineBytes: number;
}

/** A result too large for one message, as it can be read later. */
export interface KeptResult {
  /** `result_…`: what `job_status` takes. */
  readonly id: string;
  readonly uri: string;
  /** Length of the JSON text, in characters (UTF-16 code units): what offsets count. */
  readonly chars: number;
}

/** A part of a kept result's JSON text. */
export interface ResultPart {
  readonly text: string;
  readonly offset: number;
  readonly chars: number;
  /** Where the next part begins; absent at the end. */
  readonly nextOffset?: number;
}

/** Parts in characters: the longest, where lines may be long, and what is handed out unasked. */
const MAX_PART = 1_000_000;
const DEFAULT_PART = 100_000;
/** A character takes at most six bytes in JSON; the rest of the line needs room too. */
const BYTES_PER_CHAR = 8;

/** Results that no message could carry: nothing is cut, they are kept and read in parts. */
export class ResultStore {
  readonly #limits: ResultLimits;
  readonly #texts = new Map<string, string>();
  #chars = 0;

  constructor(limits: ResultLimits) {
    this.#limits = limits;
  }

  keep(json: string): KeptResult {
    const id = `result_${randomUUID().replaceAll('-', '')}`;
    this.#texts.set(id, json);
    this.#chars += json.length;
    for (const [oldest, text] of this.#texts) {
      if (this.#chars <= this.#limits.maxChars || oldest === id) break;
      this.#texts.delete(oldest);
      this.#chars -= text.length;
    }
    return { id, uri: `${PREFIX}${id}`, chars: json.length };
  }

  has(id: string): boolean {
    return this.#texts.has(id);
  }

  /** A part of the JSON text. Throws `JOB_NOT_FOUND` for an unknown id, `INVALID_ARGUMENTS` for an offset beyond the end. */
  read(id: string, offset = 0, length = DEFAULT_PART): ResultPart {
    const text = this.#texts.get(id);
    if (text === undefined) {
      throw new GatewayError(
        'JOB_NOT_FOUND',
        `no kept result "${clip(id, 60)}": it was dropped for newer ones, or never was`,
      );
    }
    if (!(offset >= 0 && offset <= text.length)) {
      throw new GatewayError('INVALID_ARGUMENTS', `offset: found ${offset}, expected 0 to ${text.length}`);
    }
    const start = Math.floor(offset);
    const longest = Math.min(MAX_PART, Math.floor(this.#limits.maxLineBytes / BYTES_PER_CHAR));
    const end = wholeCharacters(text, start + Math.max(1, Math.min(Math.floor(length), longest)));
    const part = { text: text.slice(start, end), offset: start, chars: text.length };
    return end < text.length ? { ...part, nextOffset: end } : part;
  }

  /** The id and range that a URI names (`…?offset=…&length=…`); undefined when it is none of ours. */
  static locate(uri: unknown): { id: string; offset?: number; length?: number } | undefined {
    if (typeof uri !== 'string' || !uri.startsWith(PREFIX)) return undefined;
    const [id = '', query] = uri.slice(PREFIX.length).split('?');
    const parameters = new URLSearchParams(query);
    const number = (name: string) => (parameters.has(name) ? Number(parameters.get(name)) : undefined);
    return { id, offset: number('offset'), length: number('length') };
  }
}

/** An end that does not cut a surrogate pair in two. */
function wholeCharacters(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code < 0xdc00 ? end + 1 : end;
}
