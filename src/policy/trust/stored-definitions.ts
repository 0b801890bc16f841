import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { parseJson, writeJson } from '../../core/exact-json.ts';
import { isJsonObject } from '../../core/json.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { pruneOldest, readOwnedFile, writeFileAtomic } from '../../platform/atomic-file.ts';
import { locked, oldPath } from './trust-file.ts';
import { forEachInSlices } from './yield-to-event-loop.ts';

/** Longest definition that is kept, in bytes. A change in a longer one is shown without the old text. */
const MAX_DEFINITION_BYTES = 65_536;
const MAX_BYTES = 24 * 1024 * 1024;
/** Most servers whose texts are kept; the texts changed longest ago are deleted first. */
const MAX_FILES = 1_000;

const fileOf = (path: string) => `${path}.definitions`;

/**
 * The kept definitions of a server by name. They only serve to show changes; the fingerprints decide what is trusted.
 */
export async function readDefinitions(path: string): Promise<Map<string, ToolDefinition>> {
  return unpacked(packedIn(fileOf(path)) ?? packedInOld(oldPath(path)) ?? '');
}

/**
 * Keeps definitions that are newly trusted, in a file beside the record. The record does not depend on it. Rejects
 * where the file cannot be written.
 */
export async function keepDefinitions(path: string, added: readonly ToolDefinition[]): Promise<void> {
  if (added.length === 0) return;
  await locked(path, async () => {
    const definitions = await readDefinitions(path);
    for (const tool of added) definitions.set(tool.name, tool);
    await writeFileAtomic(fileOf(path), await packed(definitions));
  });
  await pruneOldest(dirname(path), MAX_FILES, (name) => /\.(?:definitions|corrupt)$/.test(name));
}

function packedIn(file: string): string | undefined {
  try {
    return readOwnedFile(file, 2 * MAX_BYTES);
  } catch {
    return undefined;
  }
}

/** The texts of format 1, which had record and texts in one file. */
function packedInOld(file: string): string | undefined {
  try {
    const { definitions } = JSON.parse(packedIn(file) ?? '{}');
    return typeof definitions === 'string' ? definitions : undefined;
  } catch {
    return undefined;
  }
}

/** The definitions as gzip in base64. Definitions that are too long or nested too deeply are left out. */
async function packed(definitions: ReadonlyMap<string, ToolDefinition>): Promise<string> {
  const lines: string[] = [];
  let bytes = 0;
  await forEachInSlices(definitions.values(), (definition) => {
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
    await forEachInSlices(lines.toString().split('\n'), (line) => {
      const definition: unknown = line === '' ? undefined : parseJson(line);
      if (isDefinition(definition)) definitions.set(definition.name, definition);
    });
  } catch {
    // An unreadable file counts as empty: changes are then shown without the old text.
  }
  return definitions;
}

function isDefinition(value: unknown): value is ToolDefinition {
  return isJsonObject(value) && typeof value.name === 'string' && isJsonObject(value.inputSchema);
}
