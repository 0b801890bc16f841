import { isJsonObject, type JsonObject } from '../../core/json.ts';

/**
 * Returns the result of a tool in a form that clients accept. Most results have only texts and are returned as the same
 * object; the code for the others, `soundResult`, is loaded when one comes.
 */
export function sound(result: JsonObject, takesAny = false): JsonObject | Promise<JsonObject> {
  if (isPlain(result)) return result;
  return import('./sound-result.ts').then(({ soundResult }) => soundResult(result, takesAny));
}

/** True if a result has only text blocks and at most `isError` and `structuredContent`, in their usual form. */
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
