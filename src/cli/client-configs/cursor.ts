import { join } from 'node:path';
import { isJsonObject } from '../../core/json.ts';
import type { Client, Place, ToolRule } from './client.ts';
import { foldersOf } from './folders.ts';
import { deniesFirst } from './tool-lists.ts';
import { fillEditorVariables, isOfEditor, literally, stdioEntry, translateFields } from './translate.ts';

export const cursor: Client = {
  id: 'cursor',
  name: 'Cursor',
  places: (home) => [
    ...foldersOf(home).map(
      (folder): Place => ({ path: join(folder, '.cursor', 'mcp.json'), at: ['mcpServers'], scope: 'project', folder }),
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

/** `Mcp(server:tool)` in the rules of its command line. */
function rulesIn(list: unknown, key: string, action: ToolRule['action']): ToolRule[] {
  return (Array.isArray(list) ? list : []).flatMap((text): ToolRule[] => {
    const [, server, tool] = /^Mcp\(([^:]+):(.+)\)$/i.exec(String(text)) ?? [];
    if (server !== key || tool === undefined) return [];
    return tool === '*' ? [{ action }] : [{ tools: [tool], action }];
  });
}
