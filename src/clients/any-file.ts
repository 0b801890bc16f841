import { basename, parse, sep } from 'node:path';
import type { KeyPath } from '../config/finding.ts';
import { ENTRY_KEYS } from '../config/schema.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Client, ClientHome, Place, Translated, TranslationContext, WrittenServer } from './client.ts';
import { translateCodex } from './codex.ts';
import { bracedEntry } from './gemini-cli.ts';
import { translateOpencode } from './opencode.ts';
import { translateContextServer, translateCrush, translateGoose, translateLibreChat } from './other-clients.ts';
import { isOfGateway, rulesOfGateway } from './rules-of-gateway.ts';
import type { TimeoutMeaning } from './times.ts';
import {
  type Form,
  fillEditorVariables,
  isOfEditor,
  literally,
  mapTexts,
  stdioEntry,
  translateFields,
} from './translate.ts';
import { translateWindsurf } from './windsurf.ts';

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
/** What the client of a file fills in, by the name of the file; of any other all forms are. */
const FILLED: readonly (readonly [file: RegExp, client: string, fills: readonly Form[]])[] = [
  [/[\\/]\.(?:mcp|claude)\.json$/, 'Claude Code', ['plain']],
  [/claude_desktop_config\.json$/, 'Claude Desktop', []],
  [/[\\/]\.cursor[\\/]/, 'Cursor', ['env']],
  [/[\\/]\.vscode[\\/]/, 'VS Code', ['env']],
  [SECONDS, 'Cline and its kin', ['env']],
  [/[\\/]\.(?:gemini|copilot)[\\/]/, 'its client', ['plain']],
];
const WINDSURF = /[\\/]\.?(?:codeium|windsurf(?:-next)?)[\\/](?:.*[\\/])?mcp_config\.json$/;
/** Names of files that say nothing of the server in them: then its folder does. */
const NO_NAME = /^\.?(?:mcp|server|servers|config|settings|index|manifest|mcp[-_.]server|package)$/i;
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
  return {
    ...{ id: path, name: 'file', places: () => [place], serversIn, translate, entryFor: stdioEntry },
    verdict: (server, files) => ({ rules: rulesOfGateway(files.get(path) ?? {}, server) }),
  };
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
  if (isServer(root)) return [{ place, key: String(root.name ?? nameOf(place.path)), entry: root }];
  return serversAt(root, place).filter(({ key }) => !key.startsWith('$'));
}

/** What a file of one server is called, or its folder where that says nothing. */
function nameOf(path: string): string {
  const { name, dir } = parse(path);
  return NO_NAME.test(name) ? basename(dir) : name;
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
  const isCrush = /[\\/]\.?crush\.json$|[\\/]crush[\\/]/.test(path) || /crush/.test(String(context.root.$schema));
  if (at[0] === 'mcp' && isCrush) return translateCrush(entry, context);
  if (at.length === 1 && at[0] === 'mcp') return translateOpencode(entry, context);
  if (/librechat[^\\/]*\.ya?ml$/.test(path)) return translateLibreChat(entry);
  const { transport } = entry;
  const written = isJsonObject(transport) ? { ...entry, ...transport, transport: undefined } : entry;
  const translated = literal(
    translateFields(written, {
      renamed: RENAMED,
      ignored: IGNORED,
      own: ENTRY_KEYS.mcpServers.filter(
        (name) => !['timeout', 'timeoutMs', 'oauth', 'env', 'args'].includes(name) && !(name in RENAMED),
      ),
      timeout: timeoutMeaning(context),
    }),
    context,
  );
  const templated = mapTexts(translated.entry, (text) => text.replace(/\$\{\{\s*secrets\.(\w+)\s*\}\}/g, '$${$1}'));
  return fillEditorVariables({ ...translated, entry: templated }, context);
}

/** Of a file that nobody knows a short time counts seconds: nobody gives a server less than one. */
function timeoutMeaning({ place: { path, at }, root }: TranslationContext): TimeoutMeaning {
  if (SECONDS.test(path) || (/\.ya?ml$/.test(path) && at[0] === 'mcp_servers')) return 'seconds';
  const isKnown = isOfGateway(root, path) || FILLED.some(([file]) => file.test(path));
  return isKnown ? 'ms' : 'either';
}

/** With what its client does not fill in as it is written. */
function literal(translated: Translated, { place: { path }, root, home }: TranslationContext): Translated {
  if (WINDSURF.test(path)) return translateWindsurf(translated);
  const known = FILLED.find(([file]) => file.test(path));
  const [, client, fills] = known ?? (Array.isArray(root.inputs) ? [path, 'VS Code', ['env' as const]] : []);
  if (client === undefined || fills === undefined) return translated;
  const { entry, ...rest } = literally(client, fills, translated, isOfEditor);
  const isBraced = /[\\/]\.(?:gemini|copilot)[\\/]/.test(path);
  return { ...rest, entry: isBraced ? bracedEntry(entry, home.env) : entry };
}
