import type { Meeting } from './features.ts';
import { note, type QueryReader } from './query-reader.ts';
import { tokenize } from './text-analysis.ts';

const ELLIPSIS = '…';
const MAX_READ_CHARS = 4000;
/** Longest part of a text in which the words of a query are looked for. */
const MAX_SEARCHED_CHARS = 1200;
const MIN_KEPT_SHARE = 0.4;
/** With less room than this, the beginning alone is shown: halves of it would say nothing. */
const MIN_CHARS_OF_TWO = 60;
/** Share of the room for the beginning if a later part is shown too. */
const HEAD_SHARE = 0.45;
const MIN_HEAD_SENTENCE_SHARE = 0.2;
/** Least gain, as a share of the query, for which a later part is shown: one word of five. */
const MIN_GAIN = 0.2;
/** Share of the room before a word that is far from the beginning of its sentence. */
const CONTEXT_SHARE = 0.3;
/** Most words at which a later part is tried to begin. */
const MAX_STARTS = 30;
/** Selectors and blank letters, which hide a text as well as format characters do, and rows of joiners. */
const FILLERS = /(?:(?![\u200c\u200d])\p{Default_Ignorable_Code_Point})+|[\u200c\u200d]{2,}/gu;
const SENTENCE_ENDS: readonly string[] = ['. ', '! ', '? ', '; '];

/** Returns the beginning of a server's text, on one line and without invisible characters; `…` marks a cut. */
export function firstSentences(text: string, maxChars: number): string {
  if (maxChars === 0) return '';
  const line = lineLongerThan(maxChars, text);
  return line.length <= maxChars && text.length <= MAX_READ_CHARS ? line : beginning(line, maxChars, MIN_KEPT_SHARE);
}

/**
 * Returns at most `maxChars` of a tool's description that show why it was found: its beginning, or, if a later part meets
 * more of the query than that, the first words and this part. What the id shows counts as shown. `start` is
 * `firstSentences(text, maxChars)`.
 */
export function excerpt(text: string, maxChars: number, id: string, reader: QueryReader, start: string): string {
  if (!start.endsWith(ELLIPSIS) || maxChars < MIN_CHARS_OF_TWO) return start;
  // Most descriptions meet no more of the query than the id does: texts are read only for the others.
  const shown = reader.met(id);
  const whole = reader.worth(greater(shown, reader.metByDescription(id)));
  const gain = MIN_GAIN * reader.importance;
  if (whole < reader.worth(shown) + gain) return start;
  const least = reader.worth(reader.met(id, start)) + gain;
  if (whole < least) return start;
  const line = oneLine(text.slice(0, MAX_SEARCHED_CHARS));
  const head = beginning(line, Math.floor(maxChars * HEAD_SHARE), MIN_HEAD_SENTENCE_SHARE);
  const room = maxChars - head.length - ' '.length - ELLIPSIS.length;
  const mentions = mentionsIn(line, reader).filter(({ at }) => at >= head.length);
  const before = reader.met(id, head);
  let best = { from: 0, worth: least };
  for (const mention of mentions.slice(0, MAX_STARTS)) {
    const from = startFor(line, mention, head.length, room);
    const met = before.slice();
    for (const each of mentions) if (each.at >= from && each.end <= from + room) note(met, each.meetings);
    const worth = reader.worth(met);
    if (worth > best.worth) best = { from, worth };
  }
  return best.from === 0 ? start : `${head} ${windowOf(line, best.from, room)}`;
}

function greater(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, at) => Math.max(value, b[at] ?? 0));
}

/** A word of a text that stands for concepts of the query. */
interface Mention {
  readonly at: number;
  readonly end: number;
  readonly meetings: readonly Meeting[];
}

function mentionsIn(line: string, reader: QueryReader): Mention[] {
  const found: Mention[] = [];
  for (let at = 0; at < line.length; ) {
    const space = line.indexOf(' ', at);
    const end = space < 0 ? line.length : space;
    const meetings = tokenize(line.slice(at, end)).flatMap((term) => reader.meetingsOf(term));
    if (meetings.length > 0) found.push({ at, end, meetings });
    at = end + 1;
  }
  return found;
}

/**
 * Returns where a part of `room` characters with a word begins, not before `least`: with its sentence, or, if that begins
 * too far away, a little before the word.
 */
function startFor(line: string, { at, end }: Mention, least: number, room: number): number {
  const before = line.slice(0, at);
  const sentence = Math.max(...SENTENCE_ENDS.map((mark) => before.lastIndexOf(mark) + mark.length));
  if (sentence >= least && end - sentence <= room) return sentence;
  const near = line.indexOf(' ', Math.max(least, at - Math.floor(room * CONTEXT_SHARE))) + 1;
  return near > 0 && near <= at ? near : at;
}

function windowOf(line: string, from: number, room: number): string {
  const rest = line.slice(from);
  return rest.length <= room + ELLIPSIS.length
    ? rest
    : beginning(rest, room + ELLIPSIS.length, Number.POSITIVE_INFINITY);
}

/** Returns the text on one line, or enough of it to be longer than `chars`: most of a long text need not be looked at. */
function lineLongerThan(chars: number, text: string): string {
  const start = oneLine(text.slice(0, 2 * chars));
  return start.length > chars ? start : oneLine(text);
}

function oneLine(text: string): string {
  // Most texts are on one line already, and looking up classes of characters costs more than this look.
  if (text.length <= MAX_READ_CHARS && /^[ -~]*$/.test(text) && !text.includes('  ')) return text.trim();
  // Joiners between letters of some scripts are invisible and part of the word, so they stay, but one at a place.
  const line = text.slice(0, MAX_READ_CHARS).replace(/(?:(?![\u200c\u200d])[\p{C}\s])+/gu, ' ');
  const shown = /^[ -~]*$/.test(line) ? line : line.replace(FILLERS, '');
  return shown.trim();
}

/** Returns whole sentences if they are at least `minShare` of the room, else whole words, else what has room. */
function beginning(line: string, maxChars: number, minShare: number): string {
  const start = line.slice(0, maxChars - ELLIPSIS.length);
  const sentences = /^.*(?:[.!?](?= )|[。!?])/u.exec(start)?.[0] ?? '';
  if (sentences.length >= maxChars * minShare) return `${sentences}${ELLIPSIS}`;
  const words = start.slice(0, Math.max(0, start.lastIndexOf(' ')));
  const kept = words.length >= maxChars * MIN_KEPT_SHARE ? words : start.replace(/[\ud800-\udbff]$/, '');
  return `${kept}${ELLIPSIS}`;
}
