import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import {
  ARGUMENT,
  COMPLETION,
  CONTENTS,
  isString,
  PROMPT,
  PROMPT_RESULT,
  plainText,
  RESOURCE,
  RESULT,
  type Said,
  say,
  soundBlock,
  soundContents,
  soundMembers,
  soundResultMembers,
  UNNAMED,
} from './sound-members.ts';
import { isOtherKind, withWord } from './sound-result.ts';

/**
 * Returns the result of `resources/read`, `prompts/get`, `completion/complete` or of a list in a form that clients
 * accept, as `soundResult` does for tools. `uri`: the address that was read, for `resources/read`.
 */
export function soundAnswer(method: string, result: JsonObject, uri?: unknown): JsonObject {
  if (isOtherKind(result)) return result;
  const said: Said = [];
  const sound = { ...soundResultMembers(result, method === 'prompts/get' ? PROMPT_RESULT : RESULT, said) };
  if (method === 'resources/read') {
    sound.contents = listOf(given(sound, 'contents', CONTENT_NAMES, said), 'contents', asContents(uri), said);
  } else if (method === 'prompts/get') {
    sound.messages = listOf(given(sound, 'messages', MESSAGE_NAMES, said), 'messages', asMessages, said);
  }
  if (method === 'completion/complete') sound.completion = soundCompletion(sound.completion, said);
  for (const [member, each] of Object.entries(LISTED)) {
    if (Array.isArray(sound[member])) sound[member] = listOf(sound[member], member, asListed(each), said);
  }
  return said.length > 0 ? withWord(sound, said) : result;
}

/** Other names under which servers answer contents and messages. */
const CONTENT_NAMES = ['content', 'resource', 'resources'];
const MESSAGE_NAMES = ['message', 'prompt'];
/** Members that describe an object and are not its content. */
const ABOUT = new Set([
  ...['_meta', 'annotations', 'description', 'mimeType', 'name', 'role', 'title', 'type', 'uri'],
  ...['cacheScope', 'nextCursor', 'resultType', 'ttlMs'],
]);

/** Returns the content of a result: the member of the right name, of another name, or the result itself. */
function given(result: JsonObject, member: string, others: readonly string[], said: Said): unknown {
  const name = [member, ...others].find((each) => result[each] !== undefined && result[each] !== null);
  if (name === member) return result[name];
  if (name !== undefined && result.role === undefined) {
    say(said, member, result[member], name);
    return result[name];
  }
  return textWithin(result) === undefined ? result[member] : result;
}

/** Returns the content of an object as text: its only member as such, several as JSON; undefined if it has none. */
function textWithin(object: JsonObject): string | undefined {
  const says = Object.entries(object).filter(
    ([name, value]) => !ABOUT.has(name) && value !== null && value !== undefined,
  );
  const [only] = says;
  if (says.length > 1) return writeJson(Object.fromEntries(says));
  return only && plainText(only[1]);
}

/** Turns an item of a list into the items that replace it; an empty item into none. */
type Become = (item: unknown, path: string, said: Said) => readonly unknown[];

/** Returns a list of sound items; a value that is not a list becomes its only item. */
function listOf(given: unknown, member: string, become: Become, said: Said): unknown[] {
  const isList = Array.isArray(given);
  const items: readonly unknown[] = isList ? given : given === null || given === undefined ? [] : [given];
  if (!isList) say(said, member, given, items.length > 0 ? 'a list' : '[]');
  return items.flatMap((item, at) => become(item, `${member}[${at}]`, said));
}

function asContents(requested: unknown): Become {
  const uri = typeof requested === 'string' ? requested : UNNAMED;
  return (item, path, said) => {
    if (isNothing(item, path, said)) return [];
    if (isJsonObject(item)) {
      const own = contentsIn(item, path, said);
      const named: JsonObject = typeof own.uri === 'string' ? own : { ...own, uri };
      if (named !== own) say(said, `${path}.uri`, own.uri, uri);
      const sound = soundContents(named, path, said);
      if (sound) return [sound];
      const { blob, text: _, ...rest } = soundMembers(named, CONTENTS, `${path}.`, []);
      say(said, path, item, 'text');
      return [{ ...rest, text: plainText(blob ?? textWithin(rest)) }];
    }
    say(said, path, item, 'text');
    return [{ uri, text: plainText(item) }];
  };
}

/** Returns the contents of a resource that came as a block of content; any other item unchanged. */
function contentsIn(item: JsonObject, path: string, said: Said): JsonObject {
  const isBlock = item.text === undefined && item.blob === undefined;
  if (isBlock && isJsonObject(item.resource)) {
    say(said, path, item, 'its resource');
    return item.resource;
  }
  if (!isBlock || typeof item.data !== 'string' || !BINARY.has(item.type)) return item;
  say(said, path, item, 'blob');
  const { type: _, data, ...rest } = item;
  return { ...rest, blob: data };
}

const BINARY = new Set<unknown>(['image', 'audio']);

const asMessages: Become = (item, path, said) => {
  if (isNothing(item, path, said)) return [];
  if (!isJsonObject(item)) {
    say(said, path, item, 'a message of the user');
    return [{ role: 'user', content: { type: 'text', text: plainText(item) } }];
  }
  const isRole = item.role === 'user' || item.role === 'assistant';
  if (!isRole) say(said, `${path}.role`, item.role, 'user');
  const message = isRole ? item : { ...item, role: 'user' };
  // A message has one block. Some servers send many, or a block instead of a message.
  if (Array.isArray(item.content)) {
    say(said, `${path}.content`, item.content, 'a message each');
    return item.content.map((block, at) => ({ ...message, content: asBlock(block, `${path}.content[${at}]`, said) }));
  }
  if (item.content === undefined && typeof item.type === 'string') {
    return [{ role: message.role, content: asBlock(item, path, said) }];
  }
  const words = item.content === undefined ? textWithin(item) : undefined;
  if (words !== undefined) {
    say(said, `${path}.content`, item.content, 'text');
    return [{ ...message, content: { type: 'text', text: words } }];
  }
  const content = asBlock(item.content, `${path}.content`, said);
  return [content === item.content ? message : { ...message, content }];
};

function asBlock(block: unknown, path: string, said: Said): JsonObject {
  const isText = block === null || typeof block === 'string';
  if (typeof block === 'string') say(said, path, block, 'a block');
  return soundBlock(isText ? { type: 'text', text: block } : block, path, said);
}

function isNothing(item: unknown, path: string, said: Said): boolean {
  if (item !== null && item !== undefined) return false;
  say(said, path, item, 'left out');
  return true;
}

type SoundItem = (item: JsonObject, path: string, said: Said) => JsonObject;

function asListed(each: SoundItem): Become {
  return (item, path, said) => [isJsonObject(item) ? each(item, path, said) : item];
}

const resource: SoundItem = (item, path, said) => soundMembers(item, RESOURCE, `${path}.`, said);

const LISTED: Readonly<Record<string, SoundItem>> = {
  prompts: (prompt, path, said) => {
    const sound = soundMembers(withArguments(prompt, path, said), PROMPT, `${path}.`, said);
    if (!Array.isArray(sound.arguments)) return sound;
    const mended = sound.arguments.map((each, at) =>
      soundMembers(each as JsonObject, ARGUMENT, `${path}.arguments[${at}].`, said),
    );
    return mended.every((each, at) => each === (sound.arguments as unknown[])[at])
      ? sound
      : { ...sound, arguments: mended };
  },
  resources: resource,
  resourceTemplates: resource,
};

/** Returns a prompt with a list of arguments, if they came as names, as a map by name or as a schema. */
function withArguments(prompt: JsonObject, path: string, said: Said): JsonObject {
  const { arguments: given } = prompt;
  const listed = Array.isArray(given) ? given.map(asArgument) : isJsonObject(given) ? argumentsIn(given) : undefined;
  if (!listed || (Array.isArray(given) && listed.every((each, at) => each === given[at]))) return prompt;
  say(said, `${path}.arguments`, given, 'a list of arguments');
  return { ...prompt, arguments: listed };
}

function asArgument(argument: unknown): unknown {
  return typeof argument === 'string' ? { name: argument } : argument;
}

function argumentsIn(map: JsonObject): unknown[] {
  const { properties, required } = map;
  const isSchema = isJsonObject(properties) && Object.keys(properties).every((name) => !Object.hasOwn(map, name));
  const names: readonly unknown[] = isSchema && Array.isArray(required) ? required : [];
  return Object.entries(isSchema ? properties : map).map(([name, own]) => ({
    name,
    ...(typeof own === 'string' && { description: own }),
    ...(isJsonObject(own) && own),
    ...(isSchema && { required: names.includes(name) }),
  }));
}

/** Most values of a completion that clients accept. */
const MAX_VALUES = 100;

/** Returns the completion of a result in a form that clients accept; the same object if it has that form. */
function soundCompletion(given: unknown, said: Said): JsonObject {
  if (!isJsonObject(given)) say(said, 'completion', given, '{"values": …}');
  const sound = isJsonObject(given) ? soundMembers(given, COMPLETION, 'completion.', said) : { values: given };
  const { values } = sound;
  if (Array.isArray(values) && values.length <= MAX_VALUES && values.every(isString)) return sound;
  const all = (Array.isArray(values) ? values : [values]).filter((value) => value !== null && value !== undefined);
  say(said, 'completion.values', values, `a list of at most ${MAX_VALUES} texts`);
  const texts = all.slice(0, MAX_VALUES).map(plainText);
  return { ...sound, values: texts, ...(all.length > MAX_VALUES && { hasMore: true }) };
}
