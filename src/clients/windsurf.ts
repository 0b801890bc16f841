import { join } from 'node:path';
import type { Client } from './client.ts';
import { stdioEntry, translateFields } from './translate.ts';

export const windsurf: Client = {
  id: 'windsurf',
  name: 'Windsurf',
  places: ({ home }) => [
    { path: join(home, '.codeium', 'windsurf', 'mcp_config.json'), at: ['mcpServers'], scope: 'user' },
  ],
  translate: (entry) => translateFields(entry, { renamed: { serverUrl: 'url' } }),
  entryFor: stdioEntry,
};
