import { join } from 'node:path';
import { applicationData } from './application-data.ts';
import type { Client } from './client.ts';
import { literally, stdioEntry, translateFields } from './translate.ts';

export const claudeDesktop: Client = {
  id: 'claude-desktop',
  name: 'Claude Desktop',
  places: (home) => [
    { path: join(applicationData(home), 'Claude', 'claude_desktop_config.json'), at: ['mcpServers'], scope: 'user' },
  ],
  translate: (entry) => literally('Claude Desktop', [], translateFields(entry)),
  entryFor: stdioEntry,
};
