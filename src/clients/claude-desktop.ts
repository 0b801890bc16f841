import { join } from 'node:path';
import { applicationData } from './application-data.ts';
import type { Client } from './client.ts';
import { stdioEntry, translateFields } from './translate.ts';

export const claudeDesktop: Client = {
  id: 'claude-desktop',
  name: 'Claude Desktop',
  places: (home) => [
    { path: join(applicationData(home), 'Claude', 'claude_desktop_config.json'), at: ['mcpServers'], scope: 'user' },
  ],
  translate: (entry) => translateFields(entry),
  entryFor: stdioEntry,
};
