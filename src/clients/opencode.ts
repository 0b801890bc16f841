import { join } from 'node:path';
import type { Client, Place } from './client.ts';
import { translateFields } from './translate.ts';

const FILES = ['opencode.json', 'opencode.jsonc'];

/** Its variables are `{env:NAME}`, as ours may be; `{file:path}` has no counterpart. */
const FILE_VARIABLE = /\{file:[^}]*\}/;

export const opencode: Client = {
  id: 'opencode',
  name: 'OpenCode',
  places({ home, cwd, env }) {
    const folder = join(env.XDG_CONFIG_HOME || join(home, '.config'), 'opencode');
    const placesIn = (directory: string, scope: Place['scope']) =>
      FILES.flatMap((file): Place[] => [
        { path: join(directory, file), at: ['mcp', 'servers'], scope, optional: true },
        { path: join(directory, file), at: ['mcp'], scope },
      ]);
    return [...placesIn(cwd, 'project'), ...placesIn(folder, 'user')];
  },
  translate(entry) {
    // Its timeout is that of reading the list of tools, ours that of a call.
    const { entry: fields, notes } = translateFields(entry, { renamed: { environment: 'env' }, foreign: ['timeout'] });
    const file = FILE_VARIABLE.exec(JSON.stringify(fields))?.[0];
    return { entry: fields, notes, refusal: file && `the gateway does not read ${file}` };
  },
  entryFor: (command) => ({ type: 'local', command, enabled: true }),
};
