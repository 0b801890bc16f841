import { join } from 'node:path';
import type { Client, Place } from './client.ts';
import { stdioEntry, translateFields } from './translate.ts';

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
  translate: (entry) => translateFields(entry, { renamed: { serverUrl: 'url' }, ignored: ['registry'] }),
  entryFor: stdioEntry,
};
