import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { parseJson, writeJson } from '../../core/exact-json.ts';
import { isJsonObject } from '../../core/json.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { keepNewest, readOwn, writeWhole } from '../../platform/atomic-file.ts';
import { locked, oldPath } from './trust-file.ts';
import { inSlices } from './yield-to-event-loop.ts';

/** Longer definitions are not kept: what changed in them is then told without the old text. */
const MAX_DEFINITION_BYTES = 65_536;
const MAX_BYTES = 24 * 1024 * 1024;
/** Servers whose texts are kept at most, those changed longest ago forgotten first. */
const MAX_FILES = 1_000;

const fileOf = (path: string) => `${path}.definitions`;

/**
 * The trusted definitions of a server by name, as far as they were kept beside its record. They only serve to show what
 * changed: whether one is what was trusted, its fingerprint tells.
 */
export async function readDefinitions(path: string): Promise<Map<string, ToolDefinition>> {
  return unpacked(packedIn(fileOf(path)) ?? packedInOld(oldPath(path)) ?? '');
}

/** Keeps definitions that are trusted by now beside the record, which does not depend on it. Rejects where it cannot be done. */
export async function keepDefinitions(path: string, added: readonly ToolDefinition[]): Promise<void> {
  if (added.length === 0) return;
  await locked(path, async () => {
    const definitions = await readDefinitions(path);
    for (const tool of added) definitions.set(tool.name, tool);
    await writeWhole(fileOf(path), await packed(definitions));
  });
  await keepNewest(dirname(path), MAX_FILES, (name) => /\.(?:definitions|corrupt)$/.test(name));
}

function packedIn(file: string): string | undefined {
  try {
    return readOwn(file, 2 * MAX_BYTES);
  } catch {
    return undefined;
  }
}

/** Of format 1, which had all in one file. */
function packedInOld(file: string): string | undefined {
  try {
    const { definitions } = JSON.parse(packedIn(file) ?? '{}');
    return typeof definitions === 'string' ? definitions : undefined;
  } catch {
    return undefined;
  }
}

/** In as little room as gzip makes of them; what is too long or too deep is left out. */
async function packed(definitions: ReadonlyMap<string, ToolDefinition>): Promise<string> {
  const lines: string[] = [];
  let bytes = 0;
  await inSlices(definitions.values(), (definition) => {
    const line = lineOf(definition);
    const size = Buffer.byteLength(line);
    if (size > MAX_DEFINITION_BYTES || bytes + size > MAX_BYTES) return;
    bytes += size;
    lines.push(line);
  });
  const { gzip } = await import('node:zlib');
  return (await promisify(gzip)(lines.join('\n'))).toString('base64');
}

function lineOf(definition: ToolDefinition): string {
  try {
    return writeJson(definition);
  } catch (error) {
    if (error instanceof RangeError) return '';
    throw error;
  }
}

async function unpacked(text: string): Promise<Map<string, ToolDefinition>> {
  const definitions = new Map<string, ToolDefinition>();
  if (text === '') return definitions;
  try {
    const { gunzip } = await import('node:zlib');
    const lines = await promisify(gunzip)(Buffer.from(text, 'base64'), { maxOutputLength: 4 * MAX_BYTES });
    await inSlices(lines.toString().split('\n'), (line) => {
      const definition: unknown = line === '' ? undefined : parseJson(line);
      if (isDefinition(definition)) definitions.set(definition.name, definition);
    });
  } catch {
    // What is no text of ours shows nothing.
  }
  return definitions;
}

function isDefinition(value: unknown): value is ToolDefinition {
  return isJsonObject(value) && typeof value.name === 'string' && isJsonObject(value.inputSchema);
}
