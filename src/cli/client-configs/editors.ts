import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../../core/json.ts';
import {
  applicationData,
  type Client,
  type ClientHome,
  type ConfigFile,
  foldersOf,
  type ToolRule,
  type Translated,
} from './client.ts';
import { deniesFirst } from './tool-lists.ts';
import { fillEditorVariables, isOfEditor, literally, mapTexts, stdioEntry, translateFields } from './translate.ts';

/** Fields on the origin of a server and its development, which an import drops. */
const IGNORED = ['gallery', 'version', 'dev'];
/** Names of the folders of VS Code's editions in the folder for application data. */
const EDITIONS = ['Code', 'Code - Insiders', 'VSCodium', 'Code - OSS'];

export const vsCode: Client = {
  id: 'vs-code',
  name: 'VS Code',
  places: (home) => [
    ...foldersOf(home).flatMap((folder): ConfigFile[] => [
      { path: join(folder, '.vscode', 'mcp.json'), at: ['servers'], scope: 'project', folder },
      {
        path: join(folder, '.vscode', 'settings.json'),
        at: ['mcp', 'servers'],
        scope: 'project',
        folder,
        optional: true,
      },
    ]),
    ...userFolders(home).flatMap(placesIn),
  ],
  translate(entry, context) {
    const { mcp } = context.root;
    // In the settings of older versions the inputs stand beside the servers, under `mcp`.
    const root = typeof mcp === 'object' && mcp !== null ? { ...context.root, ...mcp } : context.root;
    const translated = literally('VS Code', ['env'], translateFields(entry, { ignored: IGNORED }), isOfEditor);
    return fillEditorVariables(translated, { ...context, root });
  },
  entryFor: (command) => ({ type: 'stdio', ...stdioEntry(command) }),
};

/** Returns the user's folders of each edition, of a portable installation, and of the server for remote work. */
function userFolders(home: ClientHome): readonly string[] {
  const portable = home.env.VSCODE_PORTABLE;
  return [
    ...(portable ? [join(portable, 'user-data', 'User')] : []),
    ...EDITIONS.map((edition) => join(applicationData(home), edition, 'User')),
    ...['.vscode-server', '.vscode-server-insiders'].map((name) => join(home.home, name, 'data', 'User')),
  ];
}

/** Returns the places in a user's folder and its profiles. An install creates a new file only at the first place. */
function placesIn(folder: string, index: number): ConfigFile[] {
  const profiles = namesIn(join(folder, 'profiles')).map((name) => join(folder, 'profiles', name));
  return [folder, ...profiles].flatMap((directory, at): ConfigFile[] => [
    { path: join(directory, 'mcp.json'), at: ['servers'], scope: 'user', ...(index + at > 0 && { optional: true }) },
    { path: join(directory, 'settings.json'), at: ['mcp', 'servers'], scope: 'user', optional: true },
  ]);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

export const cursor: Client = {
  id: 'cursor',
  name: 'Cursor',
  places: (home) => [
    ...foldersOf(home).map(
      (folder): ConfigFile => ({
        path: join(folder, '.cursor', 'mcp.json'),
        at: ['mcpServers'],
        scope: 'project',
        folder,
      }),
    ),
    { path: join(home.home, '.cursor', 'mcp.json'), at: ['mcpServers'], scope: 'user' },
  ],
  settings: (home) => [
    ...foldersOf(home).map((folder) => join(folder, '.cursor', 'cli.json')),
    join(home.home, '.cursor', 'cli-config.json'),
  ],
  verdict: ({ key }, files, home) => ({
    rules: deniesFirst(
      (cursor.settings?.(home) ?? []).flatMap((path) => {
        const { permissions } = files.get(path) ?? {};
        const { deny, allow } = isJsonObject(permissions) ? permissions : {};
        return [...rulesIn(deny, key, 'deny'), ...rulesIn(allow, key, 'allow')];
      }),
    ),
  }),
  translate: (entry, context) =>
    fillEditorVariables(literally('Cursor', ['env'], translateFields(entry), isOfEditor), context),
  entryFor: (command) => ({ type: 'stdio', ...stdioEntry(command) }),
};

/** Converts `Mcp(server:tool)` in the rules of Cursor's command line. */
function rulesIn(list: unknown, key: string, action: ToolRule['action']): ToolRule[] {
  return (Array.isArray(list) ? list : []).flatMap((text): ToolRule[] => {
    const [, server, tool] = /^Mcp\(([^:]+):(.+)\)$/i.exec(String(text)) ?? [];
    if (server !== key || tool === undefined) return [];
    return tool === '*' ? [{ action }] : [{ tools: [tool], action }];
  });
}

/** Folders of the editor, of its preview edition, and of its plugins for other editors. */
const FOLDERS = ['windsurf', 'windsurf-next', ''];

export const windsurf: Client = {
  id: 'windsurf',
  name: 'Windsurf',
  places: ({ home }) =>
    FOLDERS.map(
      (folder, index): ConfigFile => ({
        path: join(home, '.codeium', folder, 'mcp_config.json'),
        at: ['mcpServers'],
        scope: 'user',
        ...(index > 0 && { optional: true }),
      }),
    ),
  translate: (entry) =>
    translateWindsurf(translateFields(entry, { renamed: { serverUrl: 'url' }, ignored: ['registry'] })),
  entryFor: stdioEntry,
};

/** Matches `${file:path}`, with which Windsurf fills in the content of a file. */
const FILE = /\$(\{file:[^{}\n]+\})/g;

/**
 * Translates an entry of Windsurf, which fills in `${env:X}` and `${file:path}`; we write the latter without the
 * dollar.
 */
export function translateWindsurf(translated: Translated): Translated {
  const isFile = (reference: string) => reference.replace(FILE, '') === '';
  const { entry, ...rest } = literally('Windsurf', ['env'], translated, isFile);
  return { ...rest, entry: mapTexts(entry, (text) => text.replace(FILE, '$1')) };
}
