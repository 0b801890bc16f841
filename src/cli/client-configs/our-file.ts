import { extname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { KeyPath } from '../../config/diagnostic.ts';
import { parseConfig } from '../../config/parse.ts';
import { checkPermissions, type PermissionRule } from '../../config/permissions.ts';
import { type RawConfig, readShape } from '../../config/shapes.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { editJson, withMember, withoutMember } from './edit-json.ts';
import { readText } from './read-client-file.ts';

/** Our configuration file, read in order to be edited. */
export interface OurFile {
  readonly path: string;
  /** Undefined if the file does not exist yet. */
  readonly text: string | undefined;
  readonly root: JsonObject;
  readonly raw: RawConfig;
}

/** Reads our file; an absent one counts as empty. Throws `CONFIG_INVALID`, with the place, if it cannot be parsed. */
export async function readOurFile(path: string): Promise<OurFile> {
  return parseOurFile(path, await readText(path));
}

/** Returns the file as if it had that text. Throws like `readOurFile`. */
export async function parseOurFile(path: string, text: string | undefined): Promise<OurFile> {
  const isEmpty = text === undefined || text.trim() === '';
  const { root } = isEmpty ? { root: {} } : await parseConfig(text, path);
  return { path, text, root, raw: readShape(root) };
}

/** Returns the entries in the native shape, by key; the value is undefined if the entry is invalid. */
export function entriesOf({ raw }: OurFile): Map<string, JsonObject | undefined> {
  return new Map(raw.entries.map(({ key, value }) => [key, value]));
}

/** Returns the rules in the file, of broken rules the parts that are valid. */
export function rulesOf({ raw }: OurFile): readonly PermissionRule[] {
  const settings = raw.settings.value;
  return checkPermissions(isJsonObject(settings) ? settings.permissions : undefined, () => {});
}

/**
 * Returns the text of the file with one setting of the gateway added or replaced, in the file's own format and shape.
 */
export async function withSetting(file: OurFile, name: string, value: unknown): Promise<string> {
  const path = file.raw.settings.path;
  const text = file.text ?? '';
  if (!isYaml(file)) return editJson(text, [...path, name], value);
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  document.setIn([...path, name], document.createNode(value));
  return document.toString({ lineWidth: 0 });
}

/**
 * Rules to add: `first` goes before all others, `later` before the first rule that allows. In this order neither
 * loosens the rules in the file.
 */
export interface AddedRules {
  readonly first: readonly PermissionRule[];
  readonly later: readonly PermissionRule[];
}

/** Returns the text of the file with these rules added under `permissions`. */
export async function withRules(file: OurFile, { first, later }: AddedRules): Promise<string> {
  const settings = file.raw.settings.value;
  const written: unknown = isJsonObject(settings) ? settings.permissions : undefined;
  if (written === undefined || (Array.isArray(written) && written.length === 0))
    return withSetting(file, 'permissions', [...first, ...later]);
  if (!Array.isArray(written)) throw byHand(file, 'restricted in');
  const loose = written.findIndex((rule: unknown) => isJsonObject(rule) && rule.action === 'allow');
  const start = first.length + (loose < 0 ? written.length : loose);
  let text = file.text ?? '';
  for (const [index, rule] of first.entries()) text = await withItem({ ...file, text }, index, rule);
  for (const [index, rule] of later.entries()) text = await withItem({ ...file, text }, start + index, rule);
  return text;
}

async function withItem(file: OurFile, index: number, rule: PermissionRule): Promise<string> {
  const path = [...file.raw.settings.path, 'permissions'];
  if (!isYaml(file)) return editJson(file.text ?? '', [...path, index], rule, true);
  const { isSeq, parseDocument } = await import('yaml');
  const document = parseDocument(file.text ?? '');
  const list = document.getIn(path);
  if (!isSeq(list)) throw byHand(file, 'restricted in');
  list.items.splice(index, 0, document.createNode(rule));
  return document.toString({ lineWidth: 0 });
}

/**
 * Returns the text of the file with these servers added, in the file's own shape; its other text is unchanged. Throws
 * `CONFIG_INVALID` if that is not possible.
 */
export async function withServers(file: OurFile, servers: ReadonlyMap<string, JsonObject>): Promise<string> {
  const text = await edited(file, servers);
  await check(file, text, servers);
  return text;
}

/**
 * Returns the text with these servers added. The edit of JSON or YAML may throw any error on a file of unusual shape:
 * the message then asks for an edit by hand.
 */
async function edited(file: OurFile, servers: ReadonlyMap<string, JsonObject>): Promise<string> {
  try {
    return isYaml(file) ? await yamlWith(file, servers) : jsonWith(file, servers);
  } catch {
    throw byHand(file, 'added to');
  }
}

/** Returns the text of the file without these servers; the others and their comments are unchanged. */
export async function withoutServers(file: OurFile, keys: readonly string[]): Promise<string> {
  const gone = file.raw.entries.filter(({ key }) => keys.includes(key));
  // The last of a list is removed first, so that the indices of the others stay valid.
  const paths = gone.map(({ path }) => path).reverse();
  const text = isYaml(file) ? await yamlWithout(file, paths) : paths.reduce(withoutMember, file.text ?? '');
  const after = entriesIn((await parseConfig(text, file.path)).root);
  const before = entriesIn(file.root);
  for (const key of keys) before.delete(key);
  if (!isDeepStrictEqual(after, before)) throw byHand(file, 'removed from');
  return text;
}

async function yamlWithout({ text }: OurFile, paths: readonly KeyPath[]): Promise<string> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text ?? '');
  for (const path of paths) document.deleteIn(path);
  return document.toString({ lineWidth: 0 });
}

function jsonWith({ text, root, raw }: OurFile, servers: ReadonlyMap<string, JsonObject>): string {
  let edited = text ?? '';
  for (const [key, entry] of servers) {
    if (isListed(root, raw)) edited = withMember(edited, ['servers'], undefined, { id: key, ...entry });
    else edited = withMember(edited, mapPath(raw), key, entry);
  }
  return edited;
}

async function yamlWith({ text, root, raw }: OurFile, servers: ReadonlyMap<string, JsonObject>): Promise<string> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text ?? '');
  for (const [key, entry] of servers) {
    if (isListed(root, raw)) document.addIn(['servers'], document.createNode({ id: key, ...entry }));
    else document.setIn([...mapPath(raw), key], document.createNode(entry));
  }
  return document.toString({ lineWidth: 0 });
}

/** True if the file's extension is `.yml` or `.yaml`. */
export function isYaml({ path }: OurFile): boolean {
  return ['.yml', '.yaml'].includes(extname(path).toLowerCase());
}

function isListed(root: JsonObject, raw: RawConfig): boolean {
  return !isFlat(raw) && Array.isArray(root.servers);
}

/** True if servers and settings share the root of the file: then the settings have a path of their own. */
function isFlat({ settings }: RawConfig): boolean {
  return settings.path.length > 0;
}

function mapPath(raw: RawConfig): KeyPath {
  return isFlat(raw) ? [] : ['mcpServers'];
}

/**
 * Throws `CONFIG_INVALID` unless the new text has the added servers and all servers of the old one. Runs before the
 * file is written.
 */
async function check(file: OurFile, text: string, servers: ReadonlyMap<string, JsonObject>): Promise<void> {
  const { root } = await parseConfig(text, file.path);
  const after = entriesIn(root);
  const before = file.raw.entries.filter(({ value }) => value !== undefined);
  const isWhole =
    before.every(({ key, value }) => isDeepStrictEqual(after.get(key), value)) &&
    [...servers].every(([key, entry]) => isSuperset(after.get(key), entry));
  if (!isWhole) throw byHand(file, 'added to');
}

function entriesIn(root: JsonObject): Map<string, JsonObject | undefined> {
  return new Map(readShape(root).entries.map(({ key, value }) => [key, value]));
}

function byHand({ path }: OurFile, done: string): GatewayError {
  return new GatewayError('CONFIG_INVALID', `${path}: servers cannot be ${done} it; edit it by hand`);
}

function isSuperset(whole: unknown, part: JsonObject): boolean {
  return isJsonObject(whole) && Object.entries(part).every(([name, value]) => isDeepStrictEqual(whole[name], value));
}

/** The wanted value of one member of an entry; undefined removes the member. */
interface Edit {
  readonly entry: KeyPath;
  readonly name: 'enabled' | 'disabled';
  readonly value: boolean | undefined;
  readonly isThere: boolean;
}

/** Returns the text of the file with these servers switched on or off; all other text stays, comments included. */
export async function switchServers(file: OurFile, keys: readonly string[], isOn: boolean): Promise<string> {
  const wanted = file.raw.entries.filter(({ key }) => keys.includes(key));
  const edits = wanted.flatMap(({ path }) => editsOf(file.root, path, isOn));
  const text = isYaml(file) ? await editedYaml(file, edits) : edits.reduce(editedJson, file.text ?? '');
  await checkSwitched(file, text, keys, isOn);
  return text;
}

/**
 * Returns the edits that switch an entry; they reuse a `disabled` that it has. Switching on always writes `enabled`: an
 * import then does not switch the server off.
 */
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

function editedJson(text: string, { entry, name, value, isThere }: Edit): string {
  if (value === undefined) return withoutMember(text, [...entry, name]);
  return isThere ? editJson(text, [...entry, name], value) : withMember(text, entry, name, value);
}

async function editedYaml({ text }: OurFile, edits: readonly Edit[]): Promise<string> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text ?? '');
  for (const { entry, name, value } of edits) {
    if (value === undefined) document.deleteIn([...entry, name]);
    else document.setIn([...entry, name], value);
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: /[[{] +\S/.test(text ?? '') });
}

/**
 * Throws `CONFIG_INVALID` unless these servers are switched as wanted and no other server has changed. Runs before the
 * file is written.
 */
async function checkSwitched(file: OurFile, text: string, keys: readonly string[], isOn: boolean): Promise<void> {
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
