import type { ToolResult } from '../core/call.ts';
import { writeJson } from '../core/exact-json.ts';
import { isJsonObject } from '../core/json.ts';

/** Types of content that clients know; they refuse a whole result for any other. */
const KNOWN = new Set(['text', 'image', 'audio', 'resource_link', 'resource', 'tool_use', 'tool_result']);

/** The result with each block of an unknown type as text that holds it as JSON; the same result where there is none. */
export function withKnownBlocks(result: ToolResult): ToolResult {
  const { content } = result;
  if (!Array.isArray(content) || content.every(isKnown)) return result;
  return { ...result, content: content.map((block) => (isKnown(block) ? block : asText(block))) };
}

function isKnown(block: unknown): boolean {
  return isJsonObject(block) && KNOWN.has(String(block.type));
}

function asText(block: unknown) {
  return { type: 'text', text: writeJson(block) };
}
