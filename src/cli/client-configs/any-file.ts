import { basename, parse } from 'node:path';
import type { KeyPath } from '../../config/diagnostic.ts';
import { ENTRY_KEYS } from '../../config/schema.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Client, ClientHome, ConfigFile, Translated, TranslationContext, WrittenServer } from './client.ts';
import { translateCodex } from './codex.ts';
import { translateWindsurf } from './editors.ts';
import { type ClientPlaces, clientOf, scopeOf } from './found-servers.ts';
import { bracedEntry } from './gemini-cli.ts';
import { translateOpencode } from './opencode.ts';
import {
  isOfGateway,
  rulesOfGateway,
  saidInFile,
  translateContextServer,
  translateCrush,
  translateGoose,
  translateLibreChat,
} from './other-clients.ts';
import { objectAt } from './read-client-file.ts';
import {
  type Form,
  fillEditorVariables,
  isOfEditor,
  literally,
  mapTexts,
  stdioEntry,
  type TimeoutMeaning,
  translateFields,
} from './translate.ts';

/** Paths of VS Code's servers in its settings, in a workspace file and in the file of a development container. */
const VS_CODE_MAPS: readonly KeyPath[] = [
  ['mcp.servers'],
  ['settings', 'mcp', 'servers'],
  ['settings', 'mcp.servers'],
  ...[
    ['mcp', 'servers'],
    ['settings', 'mcp', 'servers'],
    ['settings', 'mcp.servers'],
  ].map((at) => [...['customizations', 'vscode'], ...at]),
];
/** Paths in a file at which clients keep their servers: a map by key, or a list of named servers. */
const MAPS: readonly KeyPath[] = [
  ['mcpServers'],
  ['servers'],
  ['mcp', 'servers'],
  ['mcp', 'mcpServers'],
  ['mcp'],
  ['mcp_servers'],
  ['context_servers'],
  ['extensions'],
  ['amp.mcpServers'],
  ['experimental', 'modelContextProtocolServers'],
  ...VS_CODE_MAPS,
];
/** Matches the files of clients whose `timeout` is in seconds. */
const SECONDS = /(?:cline_mcp_settings|mcp_settings)\.json$|[\\/]\.(?:roo|kilocode)[\\/]/;
/**
 * Forms of references that a client fills in, by the path of its file. For a file that matches none, all forms count as
 * filled in.
 */
const FILLED: readonly (readonly [file: RegExp, client: string, fills: readonly Form[]])[] = [
  [/[\\/]\.(?:mcp|claude)\.json$/, 'Claude Code', ['plain']],
  [/claude_desktop_config\.json$/, 'Claude Desktop', []],
  [/[\\/]\.cursor[\\/]/, 'Cursor', ['env']],
  [/[\\/]\.vscode[\\/]|\.code-workspace$|[\\/]\.?devcontainer\.json$/, 'VS Code', ['env']],
  [SECONDS, 'Cline and its kin', ['env']],
  [/[\\/]\.(?:gemini|copilot)[\\/]/, 'its client', ['plain']],
];
const WINDSURF = /[\\/]\.?(?:codeium|windsurf(?:-next)?)[\\/](?:.*[\\/])?mcp_config\.json$/;
/** Matches generic names of files, in which case the folder names the server. */
const NO_NAME = /^\.?(?:mcp|server|servers|config|settings|index|manifest|mcp[-_.]server|package)$/i;
const RENAMED = {
  httpUrl: 'url',
  serverUrl: 'url',
  uri: 'url',
  baseUrl: 'url',
  environment: 'env',
  transportType: 'type',
};
/** Fields other than `enabled` and `disabled` with which clients switch a server off, and the value that means off. */
const SWITCHES: Readonly<Record<string, boolean>> = {
  ...{ isActive: false, active: false, is_active: false, isEnabled: false, is_enabled: false, enable: false },
  ...{ isDisabled: true, is_disabled: true, disable: true, inactive: true, paused: true },
};
const OFF = /^(?:off|disabled|inactive|paused)$/i;
const IGNORED = ['alwaysLoad', 'gallery', 'version', 'dev', 'registry', 'id', 'name', 'iconPath', 'title'];

/** Shapes that an import looks for in a file, for the message that it found none. */
export const SHAPES = `${[...new Set(MAPS.map((at) => at.join('.')))].join(', ')}, or a map of names to servers with "command" or "url"`;

/**
 * Returns the reader for a file that the user named by its path: its client's if the path belongs to a known client,
 * else one that infers the form from the content.
 */
export function anyFile(path: string, home: ClientHome): Client {
  const known = clientOf(path, home);
  return known ? fileOfClient(path, known) : fileOfAnybody(path, home);
}

/**
 * Returns a reader for one file of a known client. The client's settings apply: servers that it excludes or switches
 * off, and tools that it forbids.
 */
function fileOfClient(path: string, { client, places, home }: ClientPlaces): Client {
  const [{ scope, folder } = { scope: 'user' as const, folder: undefined }] = places;
  return {
    ...client,
    id: path,
    places: () => [{ path, at: [], scope, ...(folder !== undefined && { folder }) }],
    settings: () => [...client.places(home).map((place) => place.path), ...(client.settings?.(home) ?? [])],
    serversIn(root, place, around) {
      const own = places.flatMap((each) => serversAt(root, each));
      return own.length > 0 ? own : serversIn(root, place, around);
    },
    verdict: (server, files) => client.verdict?.(server, files, home) ?? {},
    translate: (entry, context) =>
      places.includes(context.place) ? client.translate(entry, { ...context, home }) : translate(entry, context),
  };
}

function fileOfAnybody(path: string, home: ClientHome): Client {
  const place: ConfigFile = { path, at: [], ...scopeOf(path, home) };
  return {
    ...{ id: path, name: 'file', places: () => [place], translate, entryFor: stdioEntry },
    serversIn: (root) => serversIn(root, { ...place, ...scopeOf(path, home, root) }, home),
    verdict(server, files) {
      const root = files.get(path) ?? {};
      const said = saidInFile(root, server, home);
      return { ...said, rules: [...(said.rules ?? []), ...rulesOfGateway(root, server)] };
    },
  };
}

function serversIn(root: JsonObject, place: ConfigFile, home: ClientHome): readonly WrittenServer[] {
  const local: KeyPath = ['projects', home.cwd, 'mcpServers'];
  const found = [...MAPS, local].flatMap((at) => serversAt(root, { ...place, at }));
  if (found.length > 0) return found;
  if (isServer(root)) return [{ place, key: String(root.name ?? nameOf(place.path)), entry: root }];
  return serversAt(root, place).filter(({ key }) => !key.startsWith('$'));
}

/** Returns the name of a file that holds one server, or of its folder if the file's name is generic. */
function nameOf(path: string): string {
  const { name, dir } = parse(path);
  return NO_NAME.test(name) ? basename(dir) : name;
}

/**
 * Returns the servers at a place. Returns none if no entry there has a command or an address, unless the place's name
 * is one that only clients use (`mcpServers`, `context_servers`, `mcp_servers`).
 */
function serversAt(root: JsonObject, place: ConfigFile): readonly WrittenServer[] {
  const found = place.at.reduce<unknown>((value, key) => (isJsonObject(value) ? value[key] : undefined), root);
  if (isServer(found)) return [];
  const isList = Array.isArray(found);
  const named = Object.entries(isList || isJsonObject(found) ? found : {}).flatMap(([key, entry]): WrittenServer[] => {
    if (!isJsonObject(entry)) return [];
    return [{ place, key: isList ? nameIn(entry, key) : key, entry }];
  });
  const isNamed = ['mcpServers', 'context_servers', 'mcp_servers'].includes(String(place.at.at(-1)));
  return named.some(({ entry }) => isServer(entry))
    ? named.filter(({ entry }) => isNamed || isServer(entry) || isSwitch(entry))
    : isNamed
      ? named
      : [];
}

/** Returns the name of a server in a list, else its package, program or host, else `server-` and its position. */
function nameIn(entry: JsonObject, index: string): string {
  const name = entry.name ?? entry.id;
  return typeof name === 'string' && name !== ''
    ? name
    : (nameOfEntry(asWritten(entry)) ?? `server-${Number(index) + 1}`);
}

/** Returns the entry with the fields of its `transport` object, in which Continue and others put the address. */
function asWritten(entry: JsonObject): JsonObject {
  const { transport } = entry;
  return isJsonObject(transport) ? { ...entry, ...transport, transport: undefined } : entry;
}

/** True if a value has a command or an address, in the fields of any client. */
function isServer(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { command, cmd, url, uri, httpUrl, serverUrl, config, transport } = value;
  const isCommand = [command, cmd].some((word) => typeof word === 'string' || Array.isArray(word));
  const isAddress = [url, uri, httpUrl, serverUrl].some((word) => typeof word === 'string');
  return (
    isCommand ||
    isAddress ||
    isPath(command) ||
    [config, transport].some((inner) => isJsonObject(inner) && isServer(inner))
  );
}

function isPath(command: unknown): boolean {
  return isJsonObject(command) && typeof command.path === 'string';
}

function isSwitch(entry: JsonObject): boolean {
  return typeof entry.enabled === 'boolean' || typeof entry.type === 'string';
}

/** Translates an entry of an unknown client. Its path within the file and the file's name select the translation. */
function translate(entry: JsonObject, context: TranslationContext): Translated {
  const { at, path } = context.place;
  if (at[0] === 'extensions') return translateGoose(entry);
  if (at[0] === 'context_servers') return translateContextServer(entry);
  if (at[0] === 'mcp_servers' && path.endsWith('.toml')) return translateCodex(entry);
  const isCrush = /[\\/]\.?crush\.json$|[\\/]crush[\\/]/.test(path) || /crush/.test(String(context.root.$schema));
  if (at[0] === 'mcp' && isCrush) return translateCrush(entry, context);
  if (at.length === 1 && at[0] === 'mcp') return translateOpencode(entry, context);
  if (/librechat[^\\/]*\.ya?ml$/.test(path)) return translateLibreChat(entry);
  const written = asWritten(entry);
  const switched = Object.keys(SWITCHES).filter((name) => name in written);
  const isOff = switched.some((name) => written[name] === SWITCHES[name]) || OFF.test(String(written.status ?? ''));
  const translated = literal(
    translateFields(isOff ? { ...written, enabled: false } : written, {
      renamed: RENAMED,
      ignored: [...IGNORED, ...switched],
      own: ENTRY_KEYS.mcpServers.filter(
        (name) => !['timeout', 'timeoutMs', 'oauth', 'env', 'args'].includes(name) && !(name in RENAMED),
      ),
      timeout: timeoutMeaning(context),
    }),
    context,
  );
  const templated = mapTexts(translated.entry, (text) => text.replace(/\$\{\{\s*secrets\.(\w+)\s*\}\}/g, '$${$1}'));
  return fillEditorVariables({ ...translated, entry: templated }, { ...context, root: aroundOf(context) });
}

/** Returns the fields of the file's root and those beside the map of servers, such as `inputs`. */
function aroundOf({ place, root }: TranslationContext): JsonObject {
  return { ...root, ...objectAt(root, place.at.slice(0, -1)) };
}

/**
 * Returns the meaning of `timeout` by client; in an unknown file a number below 1000 counts as seconds, because a
 * timeout below one second is unlikely.
 */
function timeoutMeaning({ place: { path, at }, root }: TranslationContext): TimeoutMeaning {
  if (SECONDS.test(path) || (/\.ya?ml$/.test(path) && at[0] === 'mcp_servers')) return 'seconds';
  const isKnown = isOfGateway(root, path) || FILLED.some(([file]) => file.test(path));
  return isKnown ? 'ms' : 'either';
}

/** Escapes the references that the file's client does not fill in, so that the gateway passes them on as written. */
function literal(translated: Translated, { place: { path }, root, home }: TranslationContext): Translated {
  if (WINDSURF.test(path)) return translateWindsurf(translated);
  const known = FILLED.find(([file]) => file.test(path));
  const [, client, fills] = known ?? (Array.isArray(root.inputs) ? [path, 'VS Code', ['env' as const]] : []);
  if (client === undefined || fills === undefined) return translated;
  const { entry, ...rest } = literally(client, fills, translated, isOfEditor);
  const isBraced = /[\\/]\.(?:gemini|copilot)[\\/]/.test(path);
  return { ...rest, entry: isBraced ? bracedEntry(entry, home.env) : entry };
}

/** Programs that start other programs, and their subcommands: no name for a server. */
const STARTS_OTHERS =
  /^(?:npx|npm|pnpm|pnpx|yarn|bun|bunx|deno|node|uv|uvx|pipx|python[\d.]*|docker|podman|env|exec|run|dlx|tool|x|cmd|sh|bash)(?:\.exe|\.cmd)?$/i;

/** Returns a name for an unnamed server: its host, package or program; undefined if the entry has none of them. */
function nameOfEntry({ command, args, url, serverUrl, httpUrl }: JsonObject): string | undefined {
  const address = [url, serverUrl, httpUrl].find((each) => typeof each === 'string' && URL.canParse(each));
  if (typeof address === 'string') return new URL(address).hostname;
  const words = [command, args].flat().filter((word) => typeof word === 'string');
  // Skips options, assignments and scripts, which contain blanks.
  const names = words.filter((word) => /^[^-=\s][^=\s]*$/.test(word)).map(plainName);
  const named = names.find((name) => name !== '' && !STARTS_OTHERS.test(name)) ?? names[0];
  return named || undefined;
}

/** Returns `name` for `@scope/name@1.2.3` and `/path/name.js`. */
function plainName(word: string): string {
  return basename(word.replaceAll('\\', '/'))
    .replace(/(?<=.)[@:].*$/s, '')
    .replace(/\.(?:[cm]?[jt]s|py|exe|cmd|sh)$/i, '')
    .replace(/[^\w.-]+/g, '-');
}
