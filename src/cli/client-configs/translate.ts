import { basename, sep } from 'node:path';
import { substituteAll } from '../../config/substitute.ts';
import { MAX_TIMER_MS } from '../../core/abort.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Translated, TranslationContext } from './client.ts';
import { isToolList, toolRules } from './tool-lists.ts';

/** Fields that have the same meaning in clients' files and in an `mcpServers` file of ours. */
const SHARED = ['type', 'command', 'args', 'env', 'cwd', 'url', 'headers', 'disabled', 'enabled', 'description'];

/** Differences between a client's fields and the shared ones. */
interface Dialect {
  /** From the client's name of a field to the shared one. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Fields that do not concern the server; dropped without a note. */
  readonly ignored?: readonly string[];
  /** Fields of our own format; copied unchanged. */
  readonly own?: readonly string[];
  /** Meaning of `timeout`; absent: the longest duration of a call, in ms. */
  readonly timeout?: TimeoutMeaning;
}

/**
 * Translates an entry to the shared names: lists of tools become rules, times milliseconds, a login `oauth`. The notes
 * name the fields that have no counterpart and those that changed their form.
 */
export function translateFields(entry: JsonObject, dialect: Dialect = {}): Translated {
  const { renamed = {}, ignored = [], own = [], timeout = 'ms' } = dialect;
  const { times, left } = timesOf(entry, timeout);
  const logins = loginOf(entry);
  const fields: JsonObject = {};
  const lacking: string[] = [...left, ...logins.left];
  const lists: string[] = [];
  for (const [name, value] of Object.entries(entry)) {
    const shared = Object.hasOwn(renamed, name) ? (renamed[name] ?? name) : name;
    if (own.includes(name)) fields[name] = value;
    else if (ignored.includes(name) || isTime(name) || logins.read.includes(name)) continue;
    else if (isToolList(name)) lists.push(name);
    else if (SHARED.includes(shared)) fields[shared] ??= value;
    else lacking.push(name);
  }
  const rules = toolRules(entry);
  return {
    entry: withTexts({ ...fields, ...times, ...logins.fields }),
    rules,
    notes: [
      ...(rules.length > 0 ? [`${lists.join(', ')}: as rules under permissions`] : []),
      ...(logins.moved ? [`${logins.moved}: as oauth`] : []),
      ...(lacking.length > 0 ? [`without ${lacking.join(', ')}: the gateway has no such field`] : []),
    ],
  };
}

/** Collects the login fields of an entry from `oauth`, `auth` and `scopes`. */
function loginOf(entry: JsonObject) {
  const { oauth, auth, scopes } = entry;
  if (oauth === false) return { fields: { oauth }, read: ['oauth'], left: [], moved: '' };
  const written = isLogin(auth) ? { ...auth, ...(isJsonObject(oauth) && oauth) } : oauth;
  const read = ['oauth', ...(isLogin(auth) ? ['auth'] : []), ...(scopes === undefined ? [] : ['scopes'])];
  const { oauth: ours, ...names } = oauthFrom({
    ...(isJsonObject(written) && written),
    ...(scopes !== undefined && { scopes }),
  });
  const beside = read.filter((name) => name !== 'oauth');
  const within = isJsonObject(oauth) ? names.moved.filter((name) => name in oauth).map((name) => `oauth.${name}`) : [];
  return {
    fields: Object.keys(ours).length > 0 ? { oauth: ours } : {},
    read,
    left: names.left.map((name) => `oauth.${name}`),
    moved: [...beside, ...within].join(', '),
  };
}

/** Converts numbers and booleans in `args` and `env` to strings. */
function withTexts(entry: JsonObject): JsonObject {
  const { args, env } = entry;
  const textOf = (value: unknown) => (['number', 'boolean'].includes(typeof value) ? String(value) : value);
  return {
    ...entry,
    ...(Array.isArray(args) && { args: args.map(textOf) }),
    ...(isJsonObject(env) && {
      env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, textOf(value)])),
    }),
  };
}

/** Returns the entry with `onText` applied to every string in it. */
export function mapTexts(entry: JsonObject, onText: (text: string) => string): JsonObject {
  return substituteAll(entry, onText) as JsonObject;
}

/**
 * Forms of references that clients share with us: `${X}` (`plain`), `${env:X}` (`env`), `{env:X}` and `{file:path}`
 * (`braced`), `{secret:X}` (`secret`).
 */
export type Form = 'plain' | 'env' | 'braced' | 'secret';

/** Matches a reference that we fill in, also with a `$` before the brace, which only clients read. */
const OURS = /\$\{(env:)?([A-Za-z_]\w*)(?::-[^{}]*)?\}|(\$?)\{(env|secret|file):((?:[^{}\n]|\$\{[^{}]*\})+)\}/g;

/**
 * Escapes every reference in an entry that its client does not fill in, so that the gateway passes it on as written,
 * perhaps for a shell that the server starts. `fills`: the forms that the client fills in. `isOwn`: true for a
 * reference that the client reads in its own way.
 */
export function literally(
  client: string,
  fills: readonly Form[],
  { entry, notes, ...rest }: Translated,
  isOwn: (reference: string) => boolean = () => false,
): Translated {
  const kept = new Set<string>();
  const keep = (shown: string, escaped: string) => {
    kept.add(shown);
    return escaped;
  };
  const literal = (text: string): string =>
    text.replace(OURS, (whole, env?: string, name?: string, dollar = '', kind?: string, place = '') => {
      if (isOwn(whole)) return whole;
      // The note shows the reference without its default, which may be a secret.
      if (name !== undefined)
        return fills.includes(env ? 'env' : 'plain') ? whole : keep(`\${${env ?? ''}${name}}`, `$${whole}`);
      const isFilled = fills.includes(kind === 'secret' ? 'secret' : 'braced');
      return isFilled ? whole : keep(whole, `${dollar}{{${kind}:${literal(place)}}}`);
    });
  // The gateway fills in no references in a description. `substituteAll` keeps the shape of the entry, hence the cast.
  const escaped = substituteAll(entry, (text, [field]) =>
    field === 'description' ? text : literal(text),
  ) as JsonObject;
  if (kept.size === 0) return { entry, notes, ...rest };
  return {
    ...rest,
    entry: escaped,
    notes: [...notes, `${[...kept].join(', ')}: not filled in by ${client}; passed on as it is written`],
  };
}

/** Matches `${input:…}` and the other references that only an editor can fill in. */
const EDITOR_VARIABLE =
  /\$\{(userHome|workspaceFolder|workspaceFolderBasename|workspaceRoot|pathSeparator|\/|(?:input|config|command|file)[^}]*)\}/g;

/** True if a text is exactly a reference to a variable of an editor. */
export function isOfEditor(reference: string): boolean {
  return reference.replace(EDITOR_VARIABLE, '') === '';
}

/**
 * Fills in an editor's own variables; inputs become variables of the environment. Sets `refusal` if the entry has
 * others, such as `${command:…}`.
 */
export function fillEditorVariables(
  { entry, notes, ...rest }: Translated,
  { home, place, root }: TranslationContext,
): Translated {
  const unknown = new Set<string>();
  const folder = place.scope === 'user' ? undefined : (place.folder ?? home.cwd);
  const values: Readonly<Record<string, string>> = {
    userHome: home.home,
    pathSeparator: sep,
    '/': sep,
    ...(folder !== undefined && {
      workspaceFolder: folder,
      workspaceRoot: folder,
      workspaceFolderBasename: basename(folder),
    }),
  };
  const fill = (written: string, name: string): string => {
    if (name.startsWith('input:')) return inputOf(name.slice('input:'.length), root);
    if (!Object.hasOwn(values, name)) unknown.add(written);
    return values[name] ?? written;
  };
  const filled = mapTexts(entry, (text) => text.replace(EDITOR_VARIABLE, fill));
  if (unknown.size === 0) return { ...rest, entry: filled, notes };
  return { ...rest, entry: filled, notes, refusal: `only the editor knows ${[...unknown].join(', ')}` };
}

/**
 * Returns the reference to the variable for an input that an editor asks for; the input's proposed value is its
 * default.
 */
function inputOf(id: string, { inputs }: JsonObject): string {
  const name = variableName(id);
  const input = Array.isArray(inputs) ? inputs.find((each) => isJsonObject(each) && each.id === id) : undefined;
  const proposed: unknown = isJsonObject(input) ? input.default : undefined;
  const isUsable = typeof proposed === 'string' && proposed !== '' && !/[{}]/.test(proposed);
  return isUsable ? `\${${name}:-${proposed}}` : `\${${name}}`;
}

/** Converts a text to the name of a variable: `github-token` → `GITHUB_TOKEN`. */
export function variableName(text: string): string {
  const words = text.replace(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase();
  const name = words.replace(/[^A-Z\d]+/g, '_').replace(/^_+|_+$/g, '');
  return /^[A-Z]/.test(name) ? name : `MCP_${name}`;
}

/** Returns an entry with program and arguments in separate fields, as most clients want them. */
export function stdioEntry([command = '', ...args]: readonly string[]): JsonObject {
  return { command, args };
}

/** Our field for a time of a client, and its unit in milliseconds. */
interface Time {
  readonly field: 'timeout' | 'startTimeoutMs';
  readonly unit: 1 | 1_000;
}

/**
 * Meaning of `timeout` in a client: length of a call in `ms` or `seconds`, or of the `start` in ms; `either`: a call,
 * in an unknown unit.
 */
export type TimeoutMeaning = 'ms' | 'seconds' | 'start' | 'either';

/** From this number on a time of unknown unit counts as milliseconds, below it as seconds. */
const LEAST_MS = 1_000;

const MEANINGS: Readonly<Record<Exclude<TimeoutMeaning, 'either'>, Time>> = {
  ms: { field: 'timeout', unit: 1 },
  seconds: { field: 'timeout', unit: 1_000 },
  start: { field: 'startTimeoutMs', unit: 1 },
};
/** Names of times that have the same meaning in all clients. */
const NAMES: Readonly<Record<string, Time>> = {
  timeoutMs: { field: 'timeout', unit: 1 },
  tool_timeout_sec: { field: 'timeout', unit: 1_000 },
  toolTimeout: { field: 'timeout', unit: 1 },
  startTimeoutMs: { field: 'startTimeoutMs', unit: 1 },
  startupTimeout: { field: 'startTimeoutMs', unit: 1 },
  startup_timeout_sec: { field: 'startTimeoutMs', unit: 1_000 },
  startup_timeout_ms: { field: 'startTimeoutMs', unit: 1 },
  initTimeout: { field: 'startTimeoutMs', unit: 1 },
  connect_timeout: { field: 'startTimeoutMs', unit: 1_000 },
  connectionTimeout: { field: 'startTimeoutMs', unit: 1 },
};

function isTime(name: string): boolean {
  return name === 'timeout' || Object.hasOwn(NAMES, name);
}

/** Returns the times of an entry under our names, in ms, and the names of those that are no positive number. */
function timesOf(
  entry: JsonObject,
  meaning: TimeoutMeaning,
): { readonly times: JsonObject; readonly left: readonly string[] } {
  const times: JsonObject = {};
  const left: string[] = [];
  for (const [name, value] of Object.entries(entry)) {
    const known = meaning !== 'either' ? meaning : Number(value) < LEAST_MS ? 'seconds' : 'ms';
    const time = name === 'timeout' ? MEANINGS[known] : NAMES[name];
    if (time === undefined || value === null) continue;
    const ms = Math.ceil(Number(value) * time.unit);
    if (ms > 0 && typeof value !== 'boolean') times[time.field] = Math.min(ms, MAX_TIMER_MS);
    else left.push(name);
  }
  return { times, left };
}

/** Our login fields by the names that clients use, lower case without `-` and `_`. */
const FIELDS: Readonly<Record<string, string>> = {
  ...{ clientid: 'clientId', clientsecret: 'clientSecret', clientmetadataurl: 'clientMetadataUrl', issuer: 'issuer' },
  ...{ scope: 'scope', scopes: 'scope', callbackport: 'callbackPort', grant: 'grant' },
};

/**
 * Converts a login to our `oauth`. `moved`: the fields that have another name in `oauth`; `left`: the fields that it
 * lacks.
 */
function oauthFrom(value: JsonObject): {
  readonly oauth: JsonObject;
  readonly moved: readonly string[];
  readonly left: readonly string[];
} {
  const oauth: JsonObject = {};
  const left: string[] = [];
  const moved: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    const ours = FIELDS[name.replace(/[-_]/g, '').toLowerCase()];
    if (ours !== undefined && ours !== name) moved.push(name);
    const port = /redirect/i.test(name) ? portOf(field) : undefined;
    if (ours === 'scope') oauth.scope = Array.isArray(field) ? field.join(' ') : field;
    else if (ours !== undefined) oauth[ours] = field;
    else if (port !== undefined) oauth.callbackPort = port;
    else if (name !== 'enabled' && field !== null) left.push(name);
  }
  if (oauth.scope === '') delete oauth.scope;
  for (const name of Object.keys(oauth)) if (oauth[name] === null || oauth[name] === undefined) delete oauth[name];
  return { oauth, moved, left };
}

/** True if the value of `auth` is an object with a field for a client or a scope. */
function isLogin(value: unknown): value is JsonObject {
  return isJsonObject(value) && Object.keys(value).some((name) => /^(?:client|scope)/i.test(name));
}

/** Returns the port of a redirect address on this machine; undefined for any other value. */
function portOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const { hostname, port } = new URL(value);
  return ['localhost', '127.0.0.1'].includes(hostname) && port !== '' ? Number(port) : undefined;
}
