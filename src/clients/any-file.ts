import { basename, dirname, sep } from 'node:path';
import type { KeyPath } from '../config/finding.ts';
import { ENTRY_KEYS } from '../config/schema.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Client, ClientHome, Place, Translated, TranslationContext, WrittenServer } from './client.ts';
import { translateCodex } from './codex.ts';
import { bracedEntry } from './gemini-cli.ts';
import { translateOpencode } from './opencode.ts';
import { translateContextServer, translateGoose, translateLibreChat } from './other-clients.ts';
import { fillEditorVariables, mapTexts, stdioEntry, translateFields } from './translate.ts';

/** Where clients have their servers in a file; a map by key, or a list of servers with names. */
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
];
/** Files of projects, below the folder of the project. */
const PROJECT_FILES = [
  ...[
    '.mcp.json',
    '.vscode/mcp.json',
    '.vscode/settings.json',
    '.cursor/mcp.json',
    '.roo/mcp.json',
    '.kilocode/mcp.json',
  ],
  ...[
    '.gemini/settings.json',
    '.codex/config.toml',
    '.zed/settings.json',
    '.kiro/settings/mcp.json',
    '.amazonq/mcp.json',
  ],
  ...['opencode.json', 'opencode.jsonc', '.opencode/opencode.json', '.mcp-gateway.json'],
];
/** Clients whose `timeout` counts seconds, by the names of their files. */
const SECONDS = /(?:cline_mcp_settings|mcp_settings)\.json$|[\\/]\.(?:roo|kilocode)[\\/]/;
const RENAMED = {
  httpUrl: 'url',
  serverUrl: 'url',
  uri: 'url',
  baseUrl: 'url',
  environment: 'env',
  transportType: 'type',
};
const IGNORED = ['alwaysLoad', 'gallery', 'version', 'dev', 'registry', 'id', 'name', 'iconPath', 'title'];

/** What is looked for in a file, for the message that nothing was found. */
export const SHAPES = `${MAPS.map((at) => at.join('.')).join(', ')}, or a map of names to servers with "command" or "url"`;

/** A file given by its path, in the shape of any client: what stands in it tells which. */
export function anyFile(path: string, home: ClientHome): Client {
  const place: Place = { path, at: [], ...scopeOf(path, home) };
  return { id: path, name: 'file', places: () => [place], serversIn, translate, entryFor: stdioEntry };
}

/** A file that came with a project has its servers started there. */
function scopeOf(path: string, { home }: ClientHome): Pick<Place, 'scope' | 'folder'> {
  const plain = path.split(sep).join('/');
  const own = PROJECT_FILES.find((name) => plain.endsWith(`/${name}`));
  const folder = own && (plain.slice(0, -own.length - 1) || '/');
  return folder === undefined || folder === home ? { scope: 'user' } : { scope: 'project', folder };
}

function serversIn(root: JsonObject, place: Place, home: ClientHome): readonly WrittenServer[] {
  const local: KeyPath = ['projects', home.cwd, 'mcpServers'];
  const found = [...MAPS, local].flatMap((at) => serversAt(root, { ...place, at }));
  if (found.length > 0) return found;
  if (isServer(root)) return [{ place, key: String(root.name ?? basename(dirname(place.path))), entry: root }];
  return serversAt(root, place).filter(({ key }) => !key.startsWith('$'));
}

/** None where the map of that name is something else: every entry says how a server is reached, or switches one. */
function serversAt(root: JsonObject, place: Place): readonly WrittenServer[] {
  const found = place.at.reduce<unknown>((value, key) => (isJsonObject(value) ? value[key] : undefined), root);
  if (isServer(found)) return [];
  const isList = Array.isArray(found);
  const named = Object.entries(isList || isJsonObject(found) ? found : {}).flatMap(([key, entry]): WrittenServer[] => {
    if (!isJsonObject(entry)) return [];
    const name = entry.name ?? entry.id;
    return [{ place, key: isList && typeof name === 'string' ? name : key, entry }];
  });
  const isNamed = ['mcpServers', 'context_servers', 'mcp_servers'].includes(String(place.at.at(-1)));
  return named.some(({ entry }) => isServer(entry))
    ? named.filter(({ entry }) => isNamed || isServer(entry) || isSwitch(entry))
    : isNamed
      ? named
      : [];
}

/** Whether a value says how a server is reached, in the words of any client. */
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

/** By where the entry stands in the file, and by the name of the file. */
function translate(entry: JsonObject, context: TranslationContext): Translated {
  const { at, path } = context.place;
  if (at[0] === 'extensions') return translateGoose(entry);
  if (at[0] === 'context_servers') return translateContextServer(entry);
  if (at[0] === 'mcp_servers' && path.endsWith('.toml')) return translateCodex(entry);
  if (at.length === 1 && at[0] === 'mcp') return translateOpencode(entry, context);
  if (/librechat[^\\/]*\.ya?ml$/.test(path)) return translateLibreChat(entry);
  const { transport } = entry;
  const written = isJsonObject(transport) ? { ...entry, ...transport, transport: undefined } : entry;
  const isBraced = /[\\/]\.(?:gemini|copilot)[\\/]/.test(path);
  const translated = translateFields(isBraced ? bracedEntry(written, context.home.env) : written, {
    renamed: RENAMED,
    ignored: IGNORED,
    own: ENTRY_KEYS.mcpServers.filter(
      (name) => !['timeout', 'timeoutMs', 'oauth', 'env', 'args'].includes(name) && !(name in RENAMED),
    ),
    timeout: SECONDS.test(path) || (path.match(/\.ya?ml$/) && at[0] === 'mcp_servers') ? 'seconds' : 'ms',
  });
  const templated = mapTexts(translated.entry, (text) => text.replace(/\$\{\{\s*secrets\.(\w+)\s*\}\}/g, '$${$1}'));
  return fillEditorVariables({ ...translated, entry: templated }, context);
}
