import { join } from 'node:path';
import { applicationData } from './application-data.ts';
import type { Client } from './client.ts';
import { fillEditorVariables, stdioEntry, translateFields } from './translate.ts';

/** Where a server came from and how it is developed. */
const IGNORED = ['gallery', 'version', 'dev'];

export const vsCode: Client = {
  id: 'vs-code',
  name: 'VS Code',
  places: (home) => [
    { path: join(home.cwd, '.vscode', 'mcp.json'), at: ['servers'], scope: 'project' },
    { path: join(applicationData(home), 'Code', 'User', 'mcp.json'), at: ['servers'], scope: 'user' },
  ],
  translate: (entry, context) => fillEditorVariables(translateFields(entry, { ignored: IGNORED }), context),
  entryFor: (command) => ({ type: 'stdio', ...stdioEntry(command) }),
};
