import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { secretsSettings } from '../../config/check-settings.ts';
import { isOpen } from '../../config/open-files.ts';
import { dotenvParts, parseSecrets } from '../../config/secrets/read-secrets.ts';
import type { Environment } from '../../config/substitute.ts';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { expandHome } from '../../platform/home-directory.ts';
import type { ClientHome } from './client.ts';
import { entriesOf, type OurFile, readOurFile, rulesOf } from './our-file.ts';
import { readText } from './read-client-file.ts';
import { replaceFile } from './replace-file.ts';
import { looksSecret, SecretNames, withoutSecrets } from './secrets.ts';

/** The file of secrets that our configuration names, or that an import would create and name in it. */
export interface OurSecrets {
  readonly path: string;
  /** Undefined if the file does not exist yet. */
  readonly text: string | undefined;
  readonly values: Environment;
  /** Value that the setting `secrets` needs for this file; undefined: the setting names it already. */
  readonly setting?: { readonly file: string };
}

const OWN_FILE = 'secrets.env';

/**
 * Reads the file of secrets of our configuration. Returns undefined if the secrets come from a command, or if the file
 * has lines other than `NAME=value`: neither can be extended. Throws `CONFIG_INVALID` if the file cannot be read; the
 * message never holds a value.
 */
export async function readOurSecrets(file: OurFile, { home, env }: ClientHome): Promise<OurSecrets | undefined> {
  const settings = file.raw.settings.value;
  const isSaid = isJsonObject(settings) && settings.secrets !== undefined;
  const named = secretsSettings(file.raw.settings, env)?.file;
  if (isSaid && named === undefined) return undefined;
  const path = resolve(dirname(file.path), expandHome(named ?? OWN_FILE, home));
  const text = await readText(path);
  if (text !== undefined && !isDotenv(text)) return undefined;
  return { path, text, values: await valuesOf(text ?? '', path), ...(!isSaid && { setting: { file: OWN_FILE } }) };
}

/** Returns the contents of our files as inputs of an import plan. `leaveSecrets`: the option of `import`. */
export function ourState(file: OurFile, secrets: OurSecrets | undefined, leaveSecrets = false) {
  return {
    existing: entriesOf(file),
    rules: rulesOf(file),
    secrets: secrets?.values,
    keeping: secrets && !leaveSecrets ? ('secrets' as const) : ('environment' as const),
  };
}

/** Adds values, replacing those of the same names; afterwards only the file's owner can read it. */
export async function addSecrets(
  { path, text, values: before }: OurSecrets,
  added: ReadonlyMap<string, string>,
): Promise<void> {
  const isReplaced = [...added.keys()].some((name) => before[name] !== undefined);
  const kept = isReplaced ? withoutNames(text ?? '', added) : (text ?? '');
  const start = kept === '' || kept.endsWith('\n') ? kept : `${kept}\n`;
  const lines = [...added].map(([name, value]) => `${name}=${quoted(value)}\n`);
  const after = start + lines.join('');
  const values = await valuesOf(after, path);
  if ([...added].some(([name, value]) => values[name] !== value))
    throw new GatewayError('CONFIG_INVALID', `${path}: secrets cannot be added to it; edit it by hand`);
  await replaceFile({ path, before: text, after, backup: false, secret: true });
}

function withoutNames(text: string, gone: ReadonlyMap<string, string>): string {
  const parts = dotenvParts(text).filter(({ name }) => name === undefined || !gone.has(name));
  return parts.map((part) => part.text).join('');
}

function isDotenv(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#.*|(?:export\s+)?[\w.-]+\s*=.*)?$/.test(line));
}

async function valuesOf(text: string, path: string): Promise<Environment> {
  try {
    return await parseSecrets(text);
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `${path}: ${causeOf(cause)}`);
  }
}

function quoted(value: string): string {
  if (!/['\r\n]/.test(value)) return `'${value}'`;
  const escaped = value
    .replace(/[\\"$`]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
}

/** A file with secrets that users other than its owner may read. */
interface OpenFile {
  readonly path: string;
  /** Describes the secrets in it, for messages. */
  readonly what: string;
  /** Describes the other users who may read it, for messages. */
  readonly who: string;
}

/**
 * Returns the files with secrets that other users may read: the configuration itself, its file of secrets, and its
 * `{file:path}` files, whose content is not read.
 */
export async function openSecrets(path: string, home: ClientHome): Promise<readonly OpenFile[]> {
  const file = await readOurFile(path);
  const place = (written: string) => resolve(dirname(file.path), expandHome(written, home.home));
  const secrets = await readOurSecrets(file, home).catch(() => undefined);
  const files = [
    ...(secrets && !secrets.setting ? [{ path: secrets.path, what: 'the "secrets" of the gateway' }] : []),
    ...namedFiles(file).map((written) => ({ path: place(written), what: `what {file:${written}} fills in` })),
    ...(hasLiterals(file) ? [{ path: file.path, what: 'secrets that are written in it' }] : []),
  ];
  const known = new Map(files.filter((each) => isOpen(each.path)).map((each) => [each.path, each]));
  return [...known.values()].map((each) => ({ ...each, who: readersOf(each.path) }));
}

/** Returns the path of every `{file:path}` in servers and settings, except paths that contain variables. */
function namedFiles({ root }: OurFile): string[] {
  return [...JSON.stringify(root).matchAll(/(?<!\{)\{file:([^{}"\\\n]+)\}/g)].map(([, written = '']) => written);
}

/** True if a server, or a setting that is an API key, holds its secret literally. */
function hasLiterals({ raw }: OurFile): boolean {
  const isLiteral = (entry: JsonObject) => !isDeepStrictEqual(withoutSecrets('x', entry, new SecretNames({})), entry);
  const { auth, search } = isJsonObject(raw.settings.value) ? raw.settings.value : {};
  const keys = isJsonObject(auth) && Array.isArray(auth.apiKeys) ? auth.apiKeys : [];
  const embeddings = isJsonObject(search) ? search.embeddings : undefined;
  const written = [...keys, embeddings].flatMap((each) => (isJsonObject(each) ? [each.key, each.apiKey] : [each]));
  return (
    raw.entries.some(({ value }) => value !== undefined && isLiteral(value)) ||
    written.some((value) => typeof value === 'string' && !/^sha256:/i.test(value) && looksSecret('apiKey', value))
  );
}

function readersOf(path: string): string {
  return (statSync(path).mode & 0o004) === 0 ? 'its group' : 'everybody on this machine';
}
