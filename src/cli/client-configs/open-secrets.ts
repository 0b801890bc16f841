import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expandHome } from '../../config/expand-home.ts';
import { isOpen } from '../../config/open-files.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ClientHome } from './client.ts';
import { type OurFile, readOurFile } from './our-file.ts';
import { readOurSecrets } from './our-secrets.ts';
import { SecretNames } from './secret-names.ts';
import { looksSecret, withoutSecrets } from './secrets.ts';

/** A file with secrets that others than its owner may read. */
export interface OpenFile {
  readonly path: string;
  /** What of it is secret. */
  readonly what: string;
  /** Who may read it. */
  readonly who: string;
}

/** The files with secrets that a configuration is, or names, and that others may read. Reads no secret of others' files. */
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

/** Every `{file:path}` in servers and settings; a path with variables is not followed. */
function namedFiles({ root }: OurFile): string[] {
  return [...JSON.stringify(root).matchAll(/(?<!\{)\{file:([^{}"\\\n]+)\}/g)].map(([, written = '']) => written);
}

/** Whether a server, or a setting that is a key, has its secret in the file. */
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
