import { readFile } from 'node:fs/promises';
import type { KeyPath } from '../../config/diagnostic.ts';
import { parseConfig } from '../../config/parse.ts';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** Returns the text of a file; undefined if it does not exist. Throws `CONFIG_INVALID` if it cannot be read. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(String((cause as NodeJS.ErrnoException).code))) return undefined;
    throw new GatewayError('CONFIG_INVALID', `${path}: cannot be read (${causeOf(cause)})`, { cause });
  }
}

/** Parses a client's file: TOML by its name, else JSON with comments. Throws `CONFIG_INVALID` with the place. */
export async function parseClientText(text: string, path: string): Promise<JsonObject> {
  if (text.trim() === '') return {};
  if (path.endsWith('.toml')) return parseToml(text, path);
  const { root } = await parseConfig(text, path);
  return root;
}

async function parseToml(text: string, path: string): Promise<JsonObject> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    // The library's message quotes lines of the file, which may hold a secret: only its first sentence is used, and the
    // error is not passed on as the cause.
    const [sentence = ''] = cause.message.split('\n');
    throw new GatewayError('CONFIG_INVALID', `${path}:${cause.line}:${cause.column}: ${sentence}`);
  }
}

/** Returns the object at a path; undefined if the path does not exist or holds no object. */
export function objectAt(root: JsonObject, at: KeyPath): JsonObject | undefined {
  const found = at.reduce<unknown>(
    (value, key) => (isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    root,
  );
  return isJsonObject(found) ? found : undefined;
}
