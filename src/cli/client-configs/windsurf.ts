import { join } from 'node:path';
import type { Client, Place, Translated } from './client.ts';
import { literally, mapTexts, stdioEntry, translateFields } from './translate.ts';

/** Of the editor, its preview edition, and its plugins for other editors. */
const FOLDERS = ['windsurf', 'windsurf-next', ''];

export const windsurf: Client = {
  id: 'windsurf',
  name: 'Windsurf',
  places: ({ home }) =>
    FOLDERS.map(
      (folder, index): Place => ({
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

/** The content of a file, as the client names it. */
const FILE = /\$(\{file:[^{}\n]+\})/g;

/** `${env:X}` is filled in, and so is `${file:path}`, which is ours but for the dollar. */
export function translateWindsurf(translated: Translated): Translated {
  const isFile = (reference: string) => reference.replace(FILE, '') === '';
  const { entry, ...rest } = literally('Windsurf', ['env'], translated, isFile);
  return { ...rest, entry: mapTexts(entry, (text) => text.replace(FILE, '$1')) };
}
