import { dirname, join, resolve } from 'node:path';
import type { Client, Place } from './client.ts';
import { mapTexts, translateFields } from './translate.ts';

const FILES = ['opencode.json', 'opencode.jsonc'];

/** Its variables are ours, but for where the path of `{file:path}` starts. */
const FILE_VARIABLE = /\{file:([^{}]+)\}/g;

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
  translate(entry, { place }) {
    // Its timeout is that of reading the list of tools, ours that of a call.
    const { entry: fields, notes } = translateFields(entry, { renamed: { environment: 'env' }, foreign: ['timeout'] });
    const pathOf = (path: string) => (path.startsWith('~') ? path : resolve(dirname(place.path), path));
    const placed = (text: string) => text.replace(FILE_VARIABLE, (_, path: string) => `{file:${pathOf(path)}}`);
    return { entry: mapTexts(fields, placed), notes };
  },
  entryFor: (command) => ({ type: 'local', command, enabled: true }),
};
