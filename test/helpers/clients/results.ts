import { expect } from 'vitest';
import type { ToolResult } from '../../../src/core/call.ts';
import type { JsonObject } from '../../../src/core/json.ts';

/** Content blocks of a result. */
export function blocks(result: ToolResult): JsonObject[] {
  return result.content as JsonObject[];
}

/** Text of the first block, which must be a text block. */
export function textOf(result: ToolResult): string {
  const [first] = blocks(result);
  expect(first).toMatchObject({ type: 'text', text: expect.any(String) });
  return first?.text as string;
}

/** The JSON in the first block of a result that must not be an error. */
export function jsonOf<T = JsonObject>(result: ToolResult): T {
  expect(result.isError, JSON.stringify(result).slice(0, 1_000)).not.toBe(true);
  return JSON.parse(textOf(result)) as T;
}

/** The text of a result that must be an error. */
export function errorOf(result: ToolResult): string {
  expect(result.isError, JSON.stringify(result).slice(0, 1_000)).toBe(true);
  return textOf(result);
}
