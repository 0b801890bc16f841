import { writeJson } from '../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { soundBlock, soundContents } from './sound-block.ts';
import { ARGUMENT, PROMPT, PROMPT_RESULT, RESOURCE, RESULT, type Said, say, soundMembers } from './sound-members.ts';

/** Where it is said what was changed. */
export const MENDED_RESULT = 'mcp-gateway/mendedResult';

/**
 * The result of a tool as clients take it. Theirs would otherwise refuse it as a whole, or drop the message and wait for
 * ever. What is sound stays the very same; what is not takes the nearest sound form, and `_meta` says so. `takesAny`:
 * structured content may be any JSON (2026-07-28).
 */
export function soundResult(result: JsonObject, takesAny = false): JsonObject {
  // Other kinds of results: questions of 2026-07-28, tasks.
  if ((typeof result.resultType === 'string' && result.resultType !== 'complete') || isJsonObject(result.task))
    return result;
  const said: Said = [];
  const sound = withContent(withFlags(soundMembers(result, RESULT, '', said), takesAny, said), said);
  return withWord(sound, said);
}

/** The same for `resources/read`, `prompts/get` and lists. */
export function soundAnswer(result: JsonObject): JsonObject {
  const said: Said = [];
  const sound = { ...soundMembers(result, Array.isArray(result.messages) ? PROMPT_RESULT : RESULT, '', said) };
  for (const [member, each] of Object.entries(MEMBERS)) {
    const items = sound[member];
    if (!Array.isArray(items)) continue;
    const mended = items.map((item, at) => (isJsonObject(item) ? each(item, `${member}[${at}]`, said) : item));
    if (mended.some((item, at) => item !== items[at])) sound[member] = mended;
  }
  return said.length > 0 ? withWord(sound, said) : result;
}

const resource = (object: JsonObject, path: string, said: Said) => soundMembers(object, RESOURCE, `${path}.`, said);

const MEMBERS: Readonly<Record<string, (item: JsonObject, path: string, said: Said) => JsonObject>> = {
  contents: (contents, path, said) => soundContents(contents, path, said) ?? contents,
  messages: (message, path, said) => {
    const content = soundBlock(message.content, `${path}.content`, said);
    return content === message.content ? message : { ...message, content };
  },
  prompts: (prompt, path, said) => {
    const sound = soundMembers(prompt, PROMPT, `${path}.`, said);
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

function withFlags(result: JsonObject, takesAny: boolean, said: Said): JsonObject {
  const { isError, structuredContent: structured, resultType, ...rest } = result;
  const isWrong = isError !== undefined && typeof isError !== 'boolean';
  const isOdd = structured !== undefined && !takesAny && !isJsonObject(structured);
  if (!isWrong && !isOdd && resultType !== null) return result;
  if (isWrong) say(said, 'isError', isError, isError === 'true' || isError === 1 ? 'true' : 'left out');
  if (isOdd) say(said, 'structuredContent', structured, structured === null ? 'left out' : '{"result": …}');
  return {
    ...rest,
    ...(resultType !== null && resultType !== undefined && { resultType }),
    ...(isWrong ? (isError === 'true' || isError === 1) && { isError: true } : isError !== undefined && { isError }),
    ...(isOdd
      ? structured !== null && { structuredContent: { result: structured } }
      : structured !== undefined && { structuredContent: structured }),
  };
}

function withContent(result: JsonObject, said: Said): JsonObject {
  const { content } = result;
  if (Array.isArray(content)) {
    const blocks = content.map((block, at) => soundBlock(block, `content[${at}]`, said));
    const isEmpty = blocks.length === 0 && isOnlyStructured(said);
    if (!isEmpty && blocks.every((block, at) => block === content[at])) return result;
    return { ...result, content: isEmpty ? inText(result) : blocks };
  }
  const isNothing = content === null || content === undefined;
  const blocks = isNothing ? inText(result) : [asBlock(content, said)];
  say(said, 'content', content, blocks.length > 0 ? 'a list' : '[]');
  return { ...result, content: blocks };
}

/** Structured content that had to change its form is also given as the text that it was. */
function isOnlyStructured(said: Said): boolean {
  return said.some((line) => line.startsWith('structuredContent: ') && !line.endsWith('left out'));
}

function asBlock(content: unknown, said: Said): JsonObject {
  if (isJsonObject(content) && typeof content.type === 'string') return soundBlock(content, 'content', said);
  return { type: 'text', text: typeof content === 'string' ? content : writeJson(content) };
}

/** What a result without content has to say, as a text. */
function inText({ structuredContent, toolResult }: JsonObject): JsonObject[] {
  const value = structuredContent ?? toolResult;
  return value === undefined ? [] : [{ type: 'text', text: typeof value === 'string' ? value : writeJson(value) }];
}

function withWord(result: JsonObject, said: Said): JsonObject {
  if (said.length === 0) return result;
  return { ...result, _meta: { ...(result._meta as JsonObject | undefined), [MENDED_RESULT]: said } };
}
