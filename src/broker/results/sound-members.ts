import { clip } from '../../core/errors.ts';
import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** Changes of a result for clients to accept it, a line each. */
export type Said = string[];

const MAX_CHARS = 120;
const MAX_LINES = 20;

/** Notes a change: `content[0].text: null → ""`. */
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

/** Optional members of an object, each with a check for the values that clients accept. */
type Members = Readonly<Record<string, Check>>;

const ICON: Members = { mimeType: isString, sizes: isStrings, theme: isOneOf('light', 'dark') };
const isIcon: Check = (icon) =>
  isJsonObject(icon) && isString(icon.src) && Object.keys(ICON).every((key) => isSound(icon, key, ICON));
const isArgument: Check = (argument) => isJsonObject(argument) && isString(argument.name);

const WORDS: Members = { title: isString, description: isString, icons: (value) => isListOf(value, isIcon) };
export const RESULT: Members = { _meta: isJsonObject };
export const PROMPT_RESULT: Members = { ...RESULT, description: isString };
const BLOCK: Members = { ...RESULT, annotations: isJsonObject };
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

/**
 * Returns an object without those optional members for which clients would refuse it; the same object if it has none.
 */
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

/** Does the same for a whole result, in whose `_meta` clients read more members than in that of others. */
export function soundResultMembers(result: JsonObject, members: Members, said: Said): JsonObject {
  const sound = soundMembers(result, members, '', said);
  if (!isJsonObject(sound._meta)) return sound;
  const meta = soundMembers(sound._meta, META, '_meta.', said);
  return meta === sound._meta ? sound : { ...sound, _meta: meta };
}

/** Address of a resource that names none. */
export const UNNAMED = 'urn:mcp-gateway:unnamed';
/** First characters of common types of data in base64. */
const BEGINNINGS: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['SUQz', 'audio/mpeg'],
  ['T2dnUw', 'audio/ogg'],
];

/**
 * Returns a content block in a form that clients accept; the same object if it has that form. A value that is not a
 * block, a block of an unknown type, or one that lacks a needed member becomes a text with its JSON.
 */
export function soundBlock(block: unknown, path: string, said: Said): JsonObject {
  if (!isJsonObject(block)) return textOf(block, path, said);
  const sound = typeof block.type === 'string' && Object.hasOwn(KINDS, block.type) ? KINDS[block.type] : undefined;
  // A type newer than this gateway is not a fault, so no change is noted.
  if (!sound && isString(block.type)) return { type: 'text', text: writeJson(block) };
  if (!sound) return textOf(block, path, said);
  const members = soundMembers(block, block.type === 'resource_link' ? RESOURCE : BLOCK, `${path}.`, said);
  return sound(members, path, said) ?? textOf(block, path, said);
}

type SoundKind = (block: JsonObject, path: string, said: Said) => JsonObject | undefined;

const KINDS: Readonly<Record<string, SoundKind>> = {
  text: (block, path, said) => {
    if (isString(block.text)) return block;
    if (block.text === undefined) return undefined;
    const text = block.text === null ? '' : plainText(block.text);
    say(said, `${path}.text`, block.text, writeJson(text).slice(0, 40));
    return { ...block, text };
  },
  image: soundData,
  audio: soundData,
  resource_link: (block, path, said) => {
    const { uri, name, title } = block;
    if (typeof uri !== 'string' || typeof name === 'string') return typeof uri === 'string' ? block : undefined;
    const found = typeof title === 'string' ? title : uri;
    say(said, `${path}.name`, name, writeJson(found));
    return { ...block, name: found };
  },
  resource: (block, path, said) => {
    if (!isJsonObject(block.resource)) return undefined;
    const resource = soundContents(block.resource, `${path}.resource`, said);
    return resource === block.resource ? block : resource && { ...block, resource };
  },
};

/**
 * Returns the contents of a resource in a form that clients accept; undefined if it has neither text nor valid base64.
 */
export function soundContents(contents: JsonObject, path: string, said: Said): JsonObject | undefined {
  const sound = { ...soundMembers(contents, CONTENTS, `${path}.`, said) };
  if (!isString(sound.uri)) {
    say(said, `${path}.uri`, sound.uri, UNNAMED);
    sound.uri = UNNAMED;
  }
  for (const key of ['text', 'blob'] as const) {
    if (sound[key] !== null) continue;
    say(said, `${path}.${key}`, null, 'left out');
    delete sound[key];
  }
  if (typeof sound.blob === 'string' && !isString(sound.text)) {
    const blob = base64In(sound.blob);
    if (blob === undefined) return undefined;
    if (blob !== sound.blob) say(said, `${path}.blob`, sound.blob, 'base64');
    sound.blob = blob;
  } else if (!isString(sound.text)) {
    if (sound.text === undefined) return undefined;
    say(said, `${path}.text`, sound.text, 'text');
    sound.text = plainText(sound.text);
  }
  return Object.keys(sound).every((key) => sound[key] === contents[key]) &&
    Object.keys(sound).length === Object.keys(contents).length
    ? contents
    : sound;
}

function soundData(block: JsonObject, path: string, said: Said): JsonObject | undefined {
  if (typeof block.data !== 'string') return undefined;
  const [, named, rest] = /^data:([\w.+-]{1,100}\/[\w.+-]{1,100})?[^,]{0,200};base64,(.*)$/s.exec(block.data) ?? [];
  const data = base64In(rest ?? block.data);
  const mimeType = isString(block.mimeType) ? block.mimeType : (named ?? typeIn(data));
  if (data === undefined || mimeType === undefined) return undefined;
  if (data === block.data && mimeType === block.mimeType) return block;
  if (data !== block.data) say(said, `${path}.data`, block.data, 'base64');
  if (mimeType !== block.mimeType) say(said, `${path}.mimeType`, block.mimeType, String(mimeType));
  return { ...block, data, mimeType };
}

function typeIn(data: string | undefined): string | undefined {
  return BEGINNINGS.find(([beginning]) => data?.startsWith(beginning))?.[1];
}

/** Returns a text as base64 that clients read, who ignore white space; undefined if it is not base64. */
function base64In(text: string): string | undefined {
  if (!/^[\w+/\s-]*(?:={1,2}\s*)?$/.test(text)) return undefined;
  const dense = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  const bare = dense.replace(/={1,2}$/, '');
  if (bare.length % 4 === 1) return undefined;
  const isPadded = bare === dense || dense.length % 4 === 0;
  if (isPadded && !/[-_]/.test(text)) return text;
  return bare.replaceAll('-', '+').replaceAll('_', '/');
}

export function plainText(value: unknown): string {
  return typeof value === 'object' ? writeJson(value) : String(value ?? '');
}

function textOf(value: unknown, path: string, said: Said): JsonObject {
  say(said, path, value, 'text');
  return { type: 'text', text: plainText(value) };
}
