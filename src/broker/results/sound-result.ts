import { MENDED_RESULT } from '../../core/call.ts';
import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { RESULT, type Said, say, soundBlock, soundResultMembers } from './sound-members.ts';

/** Texts in place of `isError` that mean no error, and those that mean an error without naming it. */
const NO = /^\s*(?:|0|f|n|false|no|none|null|nil|undefined|off|ok|okay|success|n\/a)\s*$/i;
const YES = /^\s*(?:1|t|y|true|yes|on)\s*$/i;

/**
 * Returns the result of a tool in a form that clients accept. Otherwise a client would refuse it as a whole, or drop
 * the message and wait for ever. A sound result is returned as the same object; each unsound part takes the nearest
 * sound form, which `_meta` lists. `takesAny`: structured content may be any JSON (2026-07-28).
 */
export function soundResult(result: JsonObject, takesAny = false): JsonObject {
  if (isOtherKind(result)) return result;
  const said: Said = [];
  const sound = withContent(withFlags(soundResultMembers(result, RESULT, said), takesAny, said), said);
  return withWord(sound, said);
}

/**
 * True for a result of another type, such as a question of 2026-07-28. Tasks never come here: those that the gateway
 * asked for are over by then, and no client asks the gateway for any.
 */
export function isOtherKind({ resultType }: JsonObject): boolean {
  return typeof resultType === 'string' && resultType !== 'complete';
}

function withFlags(result: JsonObject, takesAny: boolean, said: Said): JsonObject {
  const { isError, structuredContent: structured, resultType, ...rest } = result;
  const isWrong = isError !== undefined && typeof isError !== 'boolean';
  const isOdd = structured !== undefined && !takesAny && !isJsonObject(structured);
  if (!isWrong && !isOdd && resultType !== null) return result;
  const isFailed = isWrong ? meansError(isError) : isError;
  if (isWrong) say(said, 'isError', isError, isFailed ? 'true' : 'left out');
  if (isOdd) say(said, 'structuredContent', structured, structured === null ? 'left out' : '{"result": …}');
  return {
    ...rest,
    ...(resultType !== null && resultType !== undefined && { resultType }),
    ...(isWrong ? isFailed && { isError: true } : isError !== undefined && { isError }),
    // `isError` is then the only text about the error.
    ...(isWrong && isFailed && isSilent(result) && saysWhy(isError) && { content: isError }),
    ...(isOdd
      ? structured !== null && { structuredContent: { result: structured } }
      : structured !== undefined && { structuredContent: structured }),
  };
}

/** True if a value in place of true or false plainly means an error. */
function meansError(value: unknown): boolean {
  if (typeof value === 'string') return !NO.test(value);
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function saysWhy(isError: unknown): boolean {
  return typeof isError === 'object' || (typeof isError === 'string' && !YES.test(isError));
}

function isSilent({ content, isError: _, _meta, ...rest }: JsonObject): boolean {
  const isEmpty = content === null || content === undefined || (Array.isArray(content) && content.length === 0);
  return isEmpty && Object.keys(rest).length === 0;
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

/** True if structured content had to change its form: the result then also has its original form as a text. */
function isOnlyStructured(said: Said): boolean {
  return said.some((line) => line.startsWith('structuredContent: ') && !line.endsWith('left out'));
}

function asBlock(content: unknown, said: Said): JsonObject {
  if (isJsonObject(content) && typeof content.type === 'string') return soundBlock(content, 'content', said);
  return { type: 'text', text: typeof content === 'string' ? content : writeJson(content) };
}

/** Returns the members of a result without content as a text; an empty list if it has none. */
function inText({
  structuredContent,
  toolResult,
  content: _,
  _meta,
  isError,
  resultType,
  ...rest
}: JsonObject): JsonObject[] {
  const says = Object.values(rest).some((member) => member !== null);
  const value = structuredContent ?? toolResult ?? (says ? rest : undefined);
  return value === undefined ? [] : [{ type: 'text', text: typeof value === 'string' ? value : writeJson(value) }];
}

/** Returns the result with the changes listed in its `_meta`. */
export function withWord(result: JsonObject, said: Said): JsonObject {
  if (said.length === 0) return result;
  const meta = result._meta as JsonObject | undefined;
  const before = meta?.[MENDED_RESULT]; // changes made when the result was read
  return { ...result, _meta: { ...meta, [MENDED_RESULT]: Array.isArray(before) ? [...before, ...said] : said } };
}
