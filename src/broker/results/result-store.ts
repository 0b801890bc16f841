import { randomUUID } from 'node:crypto';
import { clip, GatewayError } from '../../core/errors.ts';
import { type Kept, Shares } from '../../core/fair-shares.ts';

/** Beginning of the URIs under which clients read kept results. */
const PREFIX = 'gateway://results/';

interface ResultLimits {
  /** Room that the results of all clients share; the latest result stays even if it alone is too long for it. */
  readonly room: ResultRoom;
  /** Id of the caller, to whose share of the room the results count. */
  readonly caller: string;
  /** Longest line that a part may be sent in, in bytes. */
  readonly maxLineBytes: number;
}

/** A result too large for one message, kept for reading later. */
export interface KeptResult {
  /** `result_…`, which `job_status` accepts. */
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
  /** Offset at which the next part begins; absent at the end. */
  readonly nextOffset?: number;
}

/** Most characters of a part if lines may be long, and characters of a part if the caller names no length. */
const MAX_PART = 1_000_000;
const DEFAULT_PART = 100_000;
/**
 * Bytes of a line per character of a part: a character takes at most six bytes in JSON, and the rest of the line needs
 * room too.
 */
const BYTES_PER_CHAR = 8;

interface KeptText {
  readonly text: string;
  readonly giveBack: () => void;
}

/** Results that are too large for one message: kept whole, and read in parts by one client. */
export class ResultStore {
  readonly #limits: ResultLimits;
  readonly #texts = new Map<string, KeptText>();

  constructor(limits: ResultLimits) {
    this.#limits = limits;
  }

  keep(json: string): KeptResult {
    const id = `result_${randomUUID().replaceAll('-', '')}`;
    const { room, caller } = this.#limits;
    const giveBack = room.take(caller, json.length, () => this.#texts.delete(id));
    this.#texts.set(id, { text: json, giveBack });
    return { id, uri: `${PREFIX}${id}`, chars: json.length };
  }

  /** Gives up all results, when the client has gone. */
  close(): void {
    for (const { giveBack } of this.#texts.values()) giveBack();
    this.#texts.clear();
  }

  has(id: string): boolean {
    return this.#texts.has(id);
  }

  /**
   * Returns a part of the JSON text. Throws `JOB_NOT_FOUND` for an unknown id, `INVALID_ARGUMENTS` for an offset beyond
   * the end.
   */
  read(id: string, offset = 0, length = DEFAULT_PART): ResultPart {
    const text = this.#texts.get(id)?.text;
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

  /** Returns the id and range in a URI (`…?offset=…&length=…`); undefined if it is not the URI of a kept result. */
  static locate(uri: unknown): { id: string; offset?: number; length?: number } | undefined {
    if (typeof uri !== 'string' || !uri.startsWith(PREFIX)) return undefined;
    const [id = '', query] = uri.slice(PREFIX.length).split('?');
    const parameters = new URLSearchParams(query);
    const number = (name: string) => (parameters.has(name) ? Number(parameters.get(name)) : undefined);
    return { id, offset: number('offset'), length: number('length') };
  }
}

/** Returns the end, or the place after it if the end would cut a surrogate pair in two. */
function wholeCharacters(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code < 0xdc00 ? end + 1 : end;
}

/** Deletes the text that had taken the room. */
type Forget = () => void;

/**
 * Room for the kept results of all clients: if it is exceeded, the oldest result of the caller with the most is
 * dropped.
 */
export class ResultRoom {
  readonly #maxChars: () => number;
  readonly #shares = new Shares<Forget>();

  constructor(maxChars: () => number) {
    this.#maxChars = maxChars;
  }

  /**
   * Takes room for a text of so many characters; returns a function that gives it back. Calls `forget` if the text is
   * dropped.
   */
  take(caller: string, chars: number, forget: Forget): () => void {
    const kept: Kept<Forget> = this.#shares.add(caller, forget, chars);
    while (this.#shares.size > this.#maxChars()) {
      const dropped = this.#shares.drop();
      if (!dropped) break;
      dropped.item();
    }
    return () => this.#shares.remove(kept);
  }
}
