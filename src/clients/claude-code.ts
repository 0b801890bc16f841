import { join } from 'node:path';
import type { Client } from './client.ts';
import { stdioEntry, translateFields } from './translate.ts';

export const claudeCode: Client = {
  id: 'claude-code',
  name: 'Claude Code',
  places({ home, cwd, env }) {
    const own = join(env.CLAUDE_CONFIG_DIR || home, '.claude.json');
    return [
      { path: own, at: ['projects', cwd, 'mcpServers'], scope: 'local' },
      { path: join(cwd, '.mcp.json'), at: ['mcpServers'], scope: 'project' },
      { path: own, at: ['mcpServers'], scope: 'user' },
    ];
  },
  translate: (entry) => translateFields(entry, { ignored: ['alwaysLoad'] }),
  // Without `alwaysLoad` the five tools may be hidden behind the client's own tool search.
  entryFor: (command) => ({ type: 'stdio', ...stdioEntry(command), alwaysLoad: true }),
};
