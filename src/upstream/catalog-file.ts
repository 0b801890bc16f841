import { dirname } from 'node:path';
import { holdsExact, parseJson, writeJson } from '../core/exact-json.ts';
import { isJsonObject } from '../core/json.ts';
import type { RememberedCatalog, RememberedList } from '../core/server-catalog.ts';
import { keepNewest, readOwn, writeWhole } from '../platform/atomic-file.ts';

/** All that is remembered of one server. */
export interface Remembered extends RememberedCatalog {
  /** Its lists of resources, templates and prompts, as far as they were read, by their names. */
  readonly lists: Readonly<Record<string, RememberedList>>;
}

/** Version of the format: part of the files and of their names. */
export const FORMAT = 1;
/** Longest file, in bytes: what takes longer to read than to ask for is not worth keeping. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Files kept at most, those written longest ago removed first. */
const MAX_FILES = 500;

/** What a file holds; undefined when it is missing, corrupt, not of this format, or not ours. */
export function readCatalog(path: string): Remembered | undefined {
  try {
    const text = readOwn(path, MAX_BYTES);
    const file: unknown = text === undefined ? undefined : parseJson(text);
    return isRemembered(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** The JSON of a file, as `writeCatalog` takes it; undefined when any text in it holds what `redact` blanks. */
export function catalogText(remembered: Remembered, redact: (text: string) => string): string | undefined {
  let isOpen = true;
  const file = { format: FORMAT, ...remembered };
  const text = JSON.stringify(file, (_key, value: unknown) => {
    if (typeof value === 'string' && redact(value) !== value) isOpen = false;
    return value;
  });
  if (!isOpen) return undefined;
  return holdsExact(file) ? writeJson(file) : text;
}

/** Replaces a file whole, readable by its owner only. A disk that refuses costs nothing but the memory. */
export async function writeCatalog(path: string, text: string): Promise<void> {
  if (Buffer.byteLength(text) > MAX_BYTES) return;
  await writeWhole(path, text)
    .then(() => keepNewest(dirname(path), MAX_FILES))
    .catch(() => {});
}

function isRemembered(file: unknown): file is Remembered {
  if (!isJsonObject(file) || file.format !== FORMAT) return false;
  const { learntAt, clients, about, offers, tools, lists, asks = [], incomplete = '', undeclared = false } = file;
  return (
    Number.isFinite(learntAt) &&
    areStrings(clients) &&
    areStrings(asks) &&
    typeof incomplete === 'string' &&
    typeof undeclared === 'boolean' &&
    isAbout(about) &&
    areStrings(offers) &&
    Array.isArray(tools) &&
    tools.every(isDefinition) &&
    isJsonObject(lists) &&
    Object.values(lists).every(isList)
  );
}

function isAbout(about: unknown): boolean {
  if (!isJsonObject(about)) return false;
  return [about.title, about.instructions].every((text) => text === undefined || typeof text === 'string');
}

function isDefinition(tool: unknown): boolean {
  return isJsonObject(tool) && typeof tool.name === 'string' && isJsonObject(tool.inputSchema);
}

function isList(list: unknown): boolean {
  return isJsonObject(list) && Array.isArray(list.items) && list.items.every(isJsonObject);
}

function areStrings(texts: unknown): boolean {
  return Array.isArray(texts) && texts.every((text) => typeof text === 'string');
}
