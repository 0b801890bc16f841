import { promisify } from 'node:util';
import { isJsonObject } from '../core/json.ts';
import type { ToolDefinition } from '../core/tool.ts';
import { actedOn } from './fingerprint.ts';
import { inSlices } from './in-slices.ts';

/** Longer definitions are not kept: what changed in them is then told without the old text. */
const MAX_DEFINITION_CHARS = 65_536;
const MAX_CHARS = 32 * 1024 * 1024;

/** Definitions as they were when they were trusted, by name, in as little room as gzip makes of them. */
export async function packed(definitions: ReadonlyMap<string, ToolDefinition>): Promise<string> {
  const lines: string[] = [];
  let chars = 0;
  await inSlices(definitions.values(), (definition) => {
    const line = JSON.stringify(actedOn(definition));
    if (line.length > MAX_DEFINITION_CHARS || chars + line.length > MAX_CHARS) return;
    chars += line.length;
    lines.push(line);
  });
  const { gzip } = await import('node:zlib');
  return (await promisify(gzip)(lines.join('\n'))).toString('base64');
}

/** What `packed` was given, but for what was too long; nothing of what it did not make. */
export async function unpacked(text: string): Promise<Map<string, ToolDefinition>> {
  const definitions = new Map<string, ToolDefinition>();
  if (text === '') return definitions;
  try {
    const { gunzip } = await import('node:zlib');
    const lines = await promisify(gunzip)(Buffer.from(text, 'base64'), { maxOutputLength: 4 * MAX_CHARS });
    await inSlices(lines.toString().split('\n'), (line) => {
      const definition: unknown = JSON.parse(line);
      if (isDefinition(definition)) definitions.set(definition.name, definition);
    });
  } catch {
    // They only serve to show what changed.
  }
  return definitions;
}

function isDefinition(value: unknown): value is ToolDefinition {
  return isJsonObject(value) && typeof value.name === 'string' && isJsonObject(value.inputSchema);
}
