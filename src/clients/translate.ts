import { basename, sep } from 'node:path';
import { substituteAll } from '../config/substitute.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { ClientHome, Place, Translated } from './client.ts';

/** Fields that an `mcpServers` file of ours understands as clients mean them. */
const SHARED = [
  ...['type', 'command', 'args', 'env', 'cwd', 'url', 'headers', 'oauth'],
  ...['disabled', 'enabled', 'timeout', 'description'],
];
const OAUTH = ['clientId', 'clientSecret', 'clientMetadataUrl', 'issuer', 'scope', 'callbackPort'];

/** How a client's fields differ from the shared ones. */
export interface Dialect {
  /** Its name to the shared one. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Fields that say nothing about the server, left out without a word. */
  readonly ignored?: readonly string[];
  /** Shared names that mean something else there. */
  readonly foreign?: readonly string[];
}

/** The entry with the shared names; what has no counterpart is named in the notes. */
export function translateFields(entry: JsonObject, dialect: Dialect = {}): Translated {
  const { renamed = {}, ignored = [], foreign = [] } = dialect;
  const fields: JsonObject = {};
  const left: string[] = [];
  for (const [name, value] of Object.entries(entry)) {
    const shared = Object.hasOwn(renamed, name) ? (renamed[name] ?? name) : name;
    if (ignored.includes(name)) continue;
    if (!SHARED.includes(shared) || foreign.includes(name)) left.push(name);
    else if (name !== 'oauth' || !isJsonObject(value)) fields[shared] = value;
    else {
      fields.oauth = Object.fromEntries(Object.entries(value).filter(([key]) => OAUTH.includes(key)));
      left.push(...Object.keys(value).flatMap((key) => (OAUTH.includes(key) ? [] : [`oauth.${key}`])));
    }
  }
  return { entry: fields, notes: left.length > 0 ? [`without ${left.join(', ')}: the gateway has no such field`] : [] };
}

/** The entry with every text rewritten. */
export function mapTexts(entry: JsonObject, onText: (text: string) => string): JsonObject {
  return substituteAll(entry, onText) as JsonObject;
}

/** `${input:…}` and what else only an editor can fill in. */
const EDITOR_VARIABLE =
  /\$\{(userHome|workspaceFolder|workspaceFolderBasename|pathSeparator|\/|(?:input|config|command|file)[^}]*)\}/g;

/** The entry with an editor's own variables filled in; inputs become variables of the environment. */
export function fillEditorVariables(
  { entry, notes }: Translated,
  { home, place }: { readonly home: ClientHome; readonly place: Place },
): Translated {
  const unknown = new Set<string>();
  const fill = (written: string, name: string): string => {
    const values: Readonly<Record<string, string>> = {
      userHome: home.home,
      pathSeparator: sep,
      '/': sep,
      ...(place.scope === 'project' && { workspaceFolder: home.cwd, workspaceFolderBasename: basename(home.cwd) }),
    };
    if (name.startsWith('input:')) return `\${${variableName(name.slice('input:'.length))}}`;
    if (!Object.hasOwn(values, name)) unknown.add(written);
    return values[name] ?? written;
  };
  const filled = mapTexts(entry, (text) => text.replace(EDITOR_VARIABLE, fill));
  if (unknown.size === 0) return { entry: filled, notes };
  return { entry: filled, notes, refusal: `only the editor knows ${[...unknown].join(', ')}` };
}

/** A text as the name of a variable: `github-token` → `GITHUB_TOKEN`. */
export function variableName(text: string): string {
  const words = text.replace(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase();
  const name = words.replace(/[^A-Z\d]+/g, '_').replace(/^_+|_+$/g, '');
  return /^[A-Z]/.test(name) ? name : `MCP_${name}`;
}

/** Program and arguments apart, as most clients want them. */
export function stdioEntry([command = '', ...args]: readonly string[]): JsonObject {
  return { command, args };
}
