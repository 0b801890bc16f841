import type { ServerConfig } from '../config/schema.ts';
import { clip } from '../core/errors.ts';
import type { ServerCatalog } from '../core/server-catalog.ts';

/** Facts about a server beside its entry: its description of itself, and the topics of its tools. */
export interface ServerAbout {
  readonly about?: ServerCatalog['about'] | undefined;
  /** The most telling first. */
  readonly topics: readonly string[];
}

/** Words of titles that tell nobody what a server is for. */
const EMPTY_WORDS =
  /^(?:mcp|servers?|services?|tools?|apis?|client|gateway|official|reference|plugin|the|for|of|and|a|an|by)$/;
/** Most servers, by number and by share, that have a topic in common while it still tells them apart. */
const MAX_SHARING = 2;
const MAX_SHARE = 0.2;
/** Least number of other words of a title that says what a server is for. */
const MIN_TELLING_WORDS = 2;

/**
 * Returns what a server is good for, on one line of at most `maxChars`: as its entry says, else the first sentence of
 * its instructions, else a title that tells more than a name, else what its tools are about, else its name. Empty: not
 * known.
 */
export function serverPhrase(
  { key, description }: Pick<ServerConfig, 'key' | 'description'>,
  { about = {}, topics }: ServerAbout,
  maxChars: number,
): string {
  const { title = '' } = about;
  const said = description || firstSentence(about.instructions ?? '') || (isTelling(title, key) ? title : '');
  return clip(
    oneLine(said) || joined(topics, maxChars) || topics[0] || (title === key ? '' : oneLine(title)),
    maxChars,
  );
}

/** Joins as many items as fit, by commas. */
export function joined(items: readonly string[], maxChars: number): string {
  let text = '';
  for (const item of items) {
    const more = text === '' ? item : `, ${item}`;
    if (text.length + more.length > maxChars) break;
    text += more;
  }
  return text;
}

/**
 * Returns the topics of servers, each server's rare ones first: what many of them have in common tells them not apart.
 */
export function rareFirst(all: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const counts = new Map<string, number>();
  for (const topics of all) for (const topic of topics) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  const most = Math.max(MAX_SHARING, all.length * MAX_SHARE);
  const isCommon = (topic: string) => (counts.get(topic) ?? 0) > most;
  const rare = (topics: readonly string[]) => topics.filter((topic) => !isCommon(topic));
  return all.map((topics) => (topics.some(isCommon) ? [...rare(topics), ...topics.filter(isCommon)] : topics));
}

function firstSentence(instructions: string): string {
  const [first = ''] = instructions.trim().split(/(?<=[.!?])\s|\n/, 1);
  return first.replace(/^#+\s*/, '');
}

function isTelling(title: string, key: string): boolean {
  const name = key.toLowerCase();
  const words = title.toLowerCase().split(/[^a-z0-9\u0080-\uffff]+/);
  return words.filter((word) => !EMPTY_WORDS.test(word) && !name.includes(word)).length >= MIN_TELLING_WORDS;
}

/** Returns a text of unknown origin on one line, without invisible characters. */
export function oneLine(text: string): string {
  // Looking up classes of characters takes milliseconds, which a start does not have.
  const plain = /^[\t\n\r -~]*$/.test(text) ? text : text.replace(/[\p{C}\p{Default_Ignorable_Code_Point}]+/gu, ' ');
  return plain.replace(/\s+/g, ' ').trim();
}
