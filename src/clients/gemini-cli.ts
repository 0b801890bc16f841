import { join } from 'node:path';
import type { Client } from './client.ts';
import { mapTexts, stdioEntry, translateFields } from './translate.ts';

export const geminiCli: Client = {
  id: 'gemini-cli',
  name: 'Gemini CLI',
  places: ({ home, cwd }) => [
    { path: join(cwd, '.gemini', 'settings.json'), at: ['mcpServers'], scope: 'project' },
    { path: join(home, '.gemini', 'settings.json'), at: ['mcpServers'], scope: 'user' },
  ],
  translate(entry) {
    const { url: _, ...withoutUrl } = entry;
    // Of the two addresses `httpUrl` counts.
    const { entry: fields, notes } = translateFields(entry.httpUrl === undefined ? entry : withoutUrl, {
      renamed: { httpUrl: 'url' },
    });
    return { entry: mapTexts(fields, braced), notes };
  },
  entryFor: stdioEntry,
};

/** `$NAME` is a variable there, `${NAME}` is here. */
function braced(text: string): string {
  return text.replace(/\$([A-Za-z_]\w*)/g, (_, name: string) => `\${${name}}`);
}
