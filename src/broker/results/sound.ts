import { isJsonObject, type JsonObject } from '../../core/json.ts';

/**
 * The result of a tool as clients take it: the very same where it is texts alone, which most are. For any other,
 * `soundResult` is loaded.
 */
export function sound(result: JsonObject, takesAny = false): JsonObject | Promise<JsonObject> {
  if (isPlain(result)) return result;
  return import('./sound-result.ts').then(({ soundResult }) => soundResult(result, takesAny));
}

/** True if a result has texts and at most the two other members that most have, in their usual form. */
function isPlain({ content, isError, structuredContent, ...rest }: JsonObject): boolean {
  for (const _ in rest) return false;
  if (isError !== undefined && typeof isError !== 'boolean') return false;
  if (structuredContent !== undefined && !isJsonObject(structuredContent)) return false;
  return Array.isArray(content) && content.every(isText);
}

function isText(block: unknown): boolean {
  return (
    isJsonObject(block) && block.type === 'text' && typeof block.text === 'string' && Object.keys(block).length === 2
  );
}
