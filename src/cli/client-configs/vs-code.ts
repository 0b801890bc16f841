import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { applicationData } from './application-data.ts';
import type { Client, ClientHome, Place } from './client.ts';
import { foldersOf } from './folders.ts';
import { fillEditorVariables, isOfEditor, literally, stdioEntry, translateFields } from './translate.ts';

/** Where a server came from and how it is developed. */
const IGNORED = ['gallery', 'version', 'dev'];
/** Editions that keep their files beside each other. */
const EDITIONS = ['Code', 'Code - Insiders', 'VSCodium', 'Code - OSS'];

export const vsCode: Client = {
  id: 'vs-code',
  name: 'VS Code',
  places: (home) => [
    ...foldersOf(home).flatMap((folder): Place[] => [
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
    // In the settings of older versions the inputs stand beside the servers.
    const root = typeof mcp === 'object' && mcp !== null ? { ...context.root, ...mcp } : context.root;
    const translated = literally('VS Code', ['env'], translateFields(entry, { ignored: IGNORED }), isOfEditor);
    return fillEditorVariables(translated, { ...context, root });
  },
  entryFor: (command) => ({ type: 'stdio', ...stdioEntry(command) }),
};

/** Of each edition, and on machines that are worked on from afar. */
function userFolders(home: ClientHome): readonly string[] {
  const portable = home.env.VSCODE_PORTABLE;
  return [
    ...(portable ? [join(portable, 'user-data', 'User')] : []),
    ...EDITIONS.map((edition) => join(applicationData(home), edition, 'User')),
    ...['.vscode-server', '.vscode-server-insiders'].map((name) => join(home.home, name, 'data', 'User')),
  ];
}

/** The first is where a new file is begun. */
function placesIn(folder: string, index: number): Place[] {
  const profiles = namesIn(join(folder, 'profiles')).map((name) => join(folder, 'profiles', name));
  return [folder, ...profiles].flatMap((directory, at): Place[] => [
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
