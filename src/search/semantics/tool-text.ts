import { isJsonObject } from '../../core/json.ts';
import type { ToolEntry } from '../../core/tool.ts';

/** Some 400 tokens of English: small embedding models read 512. */
const MAX_CHARS = 1_500;

/** What an embedding of a tool is made of: server, names, description and parameter names, bounded. */
export function toolText({ server, definition }: ToolEntry): string {
  const { name, title, description, inputSchema } = definition;
  const { properties } = inputSchema;
  const parameters = isJsonObject(properties) ? Object.keys(properties).join(', ') : '';
  const parts = [`${server}: ${name}`, title, description, parameters];
  return embeddable(parts.filter((part) => typeof part === 'string' && part !== '').join('\n'));
}

/** A text as endpoints take it: bounded, and without halves of characters, which some refuse together with the whole batch. */
export function embeddable(text: string): string {
  return Buffer.from(text.slice(0, MAX_CHARS)).toString();
}
