import { dirname, join, resolve } from 'node:path';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import {
  type Client,
  type ClientHome,
  type ConfigFile,
  type Files,
  foldersOf,
  type ToolRule,
  type Translated,
  type TranslationContext,
  type Verdict,
  type WrittenServer,
} from './client.ts';
import { objectAt } from './read-client-file.ts';
import { deniesFirst } from './tool-lists.ts';
import { literally, mapTexts, translateFields } from './translate.ts';

const FILES = ['opencode.json', 'opencode.jsonc'];

/** OpenCode writes references as we do, but resolves the path of `{file:path}` against the folder of its file. */
const FILE_VARIABLE = /\{file:([^{}]+)\}/g;

export const opencode: Client = {
  id: 'opencode',
  name: 'OpenCode',
  places(home) {
    const { env, cwd } = home;
    const folder = join(env.XDG_CONFIG_HOME || join(home.home, '.config'), 'opencode');
    const placesOf = (path: string, place: Omit<ConfigFile, 'path' | 'at'>): ConfigFile[] => [
      { path, at: ['mcp', 'servers'], ...place, optional: true },
      { path, at: ['mcp'], ...place },
    ];
    const placesIn = (directory: string, place: Omit<ConfigFile, 'path' | 'at'>) =>
      FILES.flatMap((file) => placesOf(join(directory, file), place));
    return [
      ...foldersOf(home).flatMap((project) => [
        ...placesIn(project, { scope: 'project', folder: project }),
        ...placesIn(join(project, '.opencode'), { scope: 'project', folder: project, optional: true }),
      ]),
      ...(env.OPENCODE_CONFIG ? placesOf(resolve(cwd, env.OPENCODE_CONFIG), { scope: 'user', optional: true }) : []),
      ...(env.OPENCODE_CONFIG_DIR
        ? placesIn(resolve(cwd, env.OPENCODE_CONFIG_DIR), { scope: 'user', optional: true })
        : []),
      ...placesIn(folder, { scope: 'user' }),
    ];
  },
  verdict,
  translate: translateOpencode,
  entryFor: (command) => ({ type: 'local', command, enabled: true }),
};

/** Translates an entry of OpenCode. Its `timeout` is the time, in ms, that it waits for the list of tools. */
export function translateOpencode(entry: JsonObject, { place }: TranslationContext): Translated {
  if (entry.command === undefined && entry.url === undefined && typeof entry.enabled === 'boolean') {
    const what = `switches ${entry.enabled ? 'on' : 'off'} a server of that name, and describes none`;
    return { entry: {}, notes: [], refusal: `it ${what}` };
  }
  const translated = translateFields(entry, { renamed: { environment: 'env' }, timeout: 'start' });
  const { entry: fields, ...rest } = literally('OpenCode', ['braced'], translated);
  const pathOf = (path: string) => (path.startsWith('~') ? path : resolve(dirname(place.path), path));
  const placed = (text: string) => text.replace(FILE_VARIABLE, (_, path: string) => `{file:${pathOf(path)}}`);
  return { ...rest, entry: mapTexts(fields, placed) };
}

/**
 * OpenCode merges its files: an `enabled` in one file, and rules for tools, also apply to a server that another file
 * defines.
 */
function verdict({ key, entry }: WrittenServer, files: Files, home: ClientHome): Verdict {
  const places = opencode.places(home);
  const others = places.map((place) => ({ place, other: objectAt(files.get(place.path) ?? {}, place.at)?.[key] }));
  // `places` lists the nearest file first, and its `enabled` applies.
  const nearest = others.find(({ other }) => isJsonObject(other) && typeof other.enabled === 'boolean');
  const isOff = isJsonObject(nearest?.other) && nearest.other.enabled === false && nearest.other !== entry;
  const roots = [...new Set(places.map(({ path }) => path))].map((path) => files.get(path) ?? {});
  return {
    ...(isOff && {
      off: 'switched off in another file of OpenCode',
      isOfProject: nearest.place.scope === 'project',
    }),
    rules: rulesOfOpencode(roots, key),
  };
}

/** Returns the rules in these files for the tools of a server, denials first. */
export function rulesOfOpencode(roots: readonly JsonObject[], key: string): readonly ToolRule[] {
  return deniesFirst(roots.flatMap(({ tools, permission }) => [tools, permission].flatMap((map) => rulesIn(map, key))));
}

/**
 * Reads `{"server_tool": false}` or `{"server_tool": "deny"}`: OpenCode names a tool by its server and its own name.
 */
function rulesIn(map: unknown, key: string): ToolRule[] {
  const start = `${key.replace(/[^\w-]/g, '_')}_`;
  return Object.entries(isJsonObject(map) ? map : {}).flatMap(([pattern, value]) => {
    const action = value === false ? 'deny' : (['allow', 'ask', 'deny'] as const).find((each) => each === value);
    if (action === undefined || !pattern.startsWith(start)) return [];
    const tool = pattern.slice(start.length);
    return tool === '*' ? [{ action }] : [{ tools: [tool], action }];
  });
}
