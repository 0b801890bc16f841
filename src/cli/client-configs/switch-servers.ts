import { isDeepStrictEqual } from 'node:util';
import type { KeyPath } from '../../config/diagnostic.ts';
import { parseConfig } from '../../config/parse.ts';
import { readShape } from '../../config/shapes.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { editJson, withMember, withoutMember } from './edit-json.ts';
import { isYaml, type OurFile } from './our-file.ts';

/** One member of an entry as it is to be; undefined: it goes. */
interface Edit {
  readonly entry: KeyPath;
  readonly name: 'enabled' | 'disabled';
  readonly value: boolean | undefined;
  readonly isThere: boolean;
}

/** The text of the file with these servers switched on or off; all else, comments included, stays as it was. */
export async function switchServers(file: OurFile, keys: readonly string[], isOn: boolean): Promise<string> {
  const wanted = file.raw.entries.filter(({ key }) => keys.includes(key));
  const edits = wanted.flatMap(({ path }) => editsOf(file.root, path, isOn));
  const text = isYaml(file) ? await yamlWith(file, edits) : edits.reduce(jsonWith, file.text ?? '');
  await check(file, text, keys, isOn);
  return text;
}

/** What is there to say it is changed. Whoever switches a server on says so for good: an import does not switch it off. */
function editsOf(root: JsonObject, entry: KeyPath, isOn: boolean): readonly Edit[] {
  const written = valueAt(root, entry);
  const edit = (name: Edit['name'], value: boolean | undefined): Edit => {
    return { entry, name, value, isThere: Object.hasOwn(written, name) };
  };
  const { disabled } = written;
  if (!isOn) return disabled === undefined ? [edit('enabled', false)] : [edit('disabled', true)];
  return [...(disabled === undefined ? [] : [edit('disabled', undefined)]), edit('enabled', true)];
}

function valueAt(root: JsonObject, path: KeyPath): JsonObject {
  const value = path.reduce<unknown>((held, key) => (held as Record<string, unknown> | undefined)?.[key], root);
  return isJsonObject(value) ? value : {};
}

function jsonWith(text: string, { entry, name, value, isThere }: Edit): string {
  if (value === undefined) return withoutMember(text, [...entry, name]);
  return isThere ? editJson(text, [...entry, name], value) : withMember(text, entry, name, value);
}

async function yamlWith({ text }: OurFile, edits: readonly Edit[]): Promise<string> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text ?? '');
  for (const { entry, name, value } of edits) {
    if (value === undefined) document.deleteIn([...entry, name]);
    else document.setIn([...entry, name], value);
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: /[[{] +\S/.test(text ?? '') });
}

/** Before anything is written: those servers are as wanted, and nothing else has changed. */
async function check(file: OurFile, text: string, keys: readonly string[], isOn: boolean): Promise<void> {
  const { entries } = readShape((await parseConfig(text, file.path)).root);
  const after = new Map(entries.map(({ key, value }) => [key, value]));
  const isWhole = file.raw.entries.every(({ key, value }) => {
    if (!keys.includes(key)) return isDeepStrictEqual(after.get(key), value);
    const { enabled = true, ...rest } = after.get(key) ?? {};
    const { enabled: _, ...before } = value ?? {};
    return enabled === isOn && isDeepStrictEqual(rest, before);
  });
  if (isWhole && after.size === file.raw.entries.length) return;
  throw new GatewayError('CONFIG_INVALID', `${file.path}: servers cannot be switched in it; edit "enabled" by hand`);
}
