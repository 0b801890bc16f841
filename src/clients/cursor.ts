import { join } from 'node:path';
import type { Client } from './client.ts';
import { fillEditorVariables, stdioEntry, translateFields } from './translate.ts';

export const cursor: Client = {
  id: 'cursor',
  name: 'Cursor',
  places: ({ home, cwd }) => [
    { path: join(cwd, '.cursor', 'mcp.json'), at: ['mcpServers'], scope: 'project' },
    { path: join(home, '.cursor', 'mcp.json'), at: ['mcpServers'], scope: 'user' },
  ],
  translate: (entry, context) => fillEditorVariables(translateFields(entry), context),
  entryFor: (command) => ({ type: 'stdio', ...stdioEntry(command) }),
};
