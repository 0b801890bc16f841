import { clip } from '../../core/errors.ts';
import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** What was changed in a result so that clients take it, a line each. */
export type Said = string[];

const MAX_CHARS = 120;
const MAX_LINES = 20;

/** Takes note of a change: `content[0].text: null → ""`. */
export function say(said: Said, path: string, before: unknown, after: string): void {
  if (said.length < MAX_LINES) said.push(`${path}: ${clip(writeJson(before) ?? 'nothing', MAX_CHARS)} → ${after}`);
}

type Check = (value: unknown) => boolean;

export const isString: Check = (value) => typeof value === 'string';
const isStrings: Check = (value) => Array.isArray(value) && value.every(isString);
const isOneOf =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value);
const isDate: Check = (value) =>
  isString(value) &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(String(value)) &&
  !Number.isNaN(Date.parse(String(value)));

/** Optional members of a thing, and what clients take in them. */
type Members = Readonly<Record<string, Check>>;

const ICON: Members = { mimeType: isString, sizes: isStrings, theme: isOneOf('light', 'dark') };
const isIcon: Check = (icon) =>
  isJsonObject(icon) && isString(icon.src) && Object.keys(ICON).every((key) => isSound(icon, key, ICON));
const isArgument: Check = (argument) => isJsonObject(argument) && isString(argument.name);

const WORDS: Members = { title: isString, description: isString, icons: (value) => isListOf(value, isIcon) };
export const RESULT: Members = { _meta: isJsonObject };
export const PROMPT_RESULT: Members = { ...RESULT, description: isString };
export const BLOCK: Members = { ...RESULT, annotations: isJsonObject };
export const CONTENTS: Members = { ...RESULT, mimeType: isString };
export const COMPLETION: Members = {
  total: (value) => Number.isSafeInteger(value),
  hasMore: isOneOf(true, false),
};
export const RESOURCE: Members = { ...BLOCK, ...CONTENTS, ...WORDS, size: (value) => typeof value === 'number' };
export const PROMPT: Members = { ...RESULT, ...WORDS, arguments: (value) => isListOf(value, isArgument) };
export const ARGUMENT: Members = { title: isString, description: isString, required: isOneOf(true, false) };
const META: Members = {
  progressToken: (value) => isString(value) || Number.isSafeInteger(value),
  'io.modelcontextprotocol/related-task': (value) => isJsonObject(value) && isString(value.taskId),
};
const ANNOTATIONS: Members = {
  audience: (value) => isListOf(value, isOneOf('user', 'assistant')),
  priority: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  lastModified: isDate,
};

function isListOf(value: unknown, check: Check): boolean {
  return Array.isArray(value) && value.every(check);
}

function isSound(object: JsonObject, key: string, members: Members): boolean {
  return object[key] === undefined || members[key]?.(object[key]) !== false;
}

/** An object without those optional members that clients would refuse it for; the same object where there are none. */
export function soundMembers(object: JsonObject, members: Members, path: string, said: Said): JsonObject {
  let sound = object;
  for (const key in members) {
    if (isSound(object, key, members)) continue;
    say(said, `${path}${key}`, object[key], 'left out');
    const { [key]: _, ...rest } = sound;
    sound = rest;
  }
  if (!('annotations' in members) || !isJsonObject(sound.annotations)) return sound;
  const annotations = soundMembers(sound.annotations, ANNOTATIONS, `${path}annotations.`, said);
  return annotations === sound.annotations ? sound : { ...sound, annotations };
}

/** The same for a whole result, of whose `_meta` clients read more than of others. */
export function soundResultMembers(result: JsonObject, members: Members, said: Said): JsonObject {
  const sound = soundMembers(result, members, '', said);
  if (!isJsonObject(sound._meta)) return sound;
  const meta = soundMembers(sound._meta, META, '_meta.', said);
  return meta === sound._meta ? sound : { ...sound, _meta: meta };
}
