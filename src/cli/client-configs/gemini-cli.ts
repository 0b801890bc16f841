import { join } from 'node:path';
import type { Environment } from '../../config/substitute.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import {
  type Client,
  type ClientHome,
  type ConfigFile,
  type Files,
  foldersOf,
  type Verdict,
  type WrittenServer,
} from './client.ts';
import { literally, mapTexts, stdioEntry, translateFields } from './translate.ts';

export const geminiCli: Client = {
  id: 'gemini-cli',
  name: 'Gemini CLI',
  places: (home) => [
    ...foldersOf(home).map(
      (folder): ConfigFile => ({ path: settingsIn(folder), at: ['mcpServers'], scope: 'project', folder }),
    ),
    { path: settingsIn(ownFolder(home)), at: ['mcpServers'], scope: 'user' },
  ],
  settings: (home) => [switchesIn(home)],
  verdict,
  translate(entry, { home }) {
    const { url: _, ...withoutUrl } = entry;
    // If an entry has both addresses, Gemini CLI uses `httpUrl`.
    const written = entry.httpUrl === undefined ? entry : withoutUrl;
    const translated = translateFields(written, { renamed: { httpUrl: 'url' } });
    const { entry: fields, ...rest } = literally('Gemini CLI', ['plain'], translated);
    return { ...rest, entry: bracedEntry(fields, home.env) };
  },
  entryFor: stdioEntry,
};

function ownFolder({ home, env }: ClientHome): string {
  return env.GEMINI_CLI_HOME || home;
}

function settingsIn(folder: string): string {
  return join(folder, '.gemini', 'settings.json');
}

/** Returns the path of the file in which the client keeps the names of switched-off servers. */
function switchesIn(home: ClientHome): string {
  return join(ownFolder(home), '.gemini', 'mcp-server-enablement.json');
}

function verdict({ key }: WrittenServer, files: Files, home: ClientHome): Verdict {
  const settings = geminiCli.places(home).map(({ path }) => files.get(path) ?? {});
  const switched = files.get(switchesIn(home)) ?? {};
  const state = Object.entries(switched).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
  return {
    ...keptOut(settings, key),
    ...(isJsonObject(state) && state.enabled === false && { off: 'switched off in Gemini CLI' }),
  };
}

/**
 * Returns the reason if `mcp.allowed` or `mcp.excluded` of these settings, or an older name of these fields, excludes
 * the server.
 */
export function keptOut(settings: readonly JsonObject[], key: string): Pick<Verdict, 'out'> {
  const lists = (name: string, before: string) =>
    settings.flatMap(({ mcp, [before]: old }) =>
      [isJsonObject(mcp) ? mcp[name] : undefined, old].filter(Array.isArray),
    );
  const allowed = lists('allowed', 'allowMCPServers');
  if (lists('excluded', 'excludeMCPServers').some((list) => list.includes(key)))
    return { out: 'it is excluded in Gemini CLI (mcp.excluded)' };
  return allowed.some((list) => !list.includes(key)) ? { out: 'Gemini CLI allows others only (mcp.allowed)' } : {};
}

/**
 * Rewrites `$NAME`, a variable in Gemini CLI, to our `${NAME}`. A name that is neither set nor in capitals may be part
 * of a password and stays as it is.
 */
export function bracedEntry(entry: JsonObject, env: Environment): JsonObject {
  return mapTexts(entry, (text) =>
    text.replace(/(\w?)\$([A-Za-z_]\w*)/g, (whole, before: string, name: string) => {
      const isNamed = env[name] || (before === '' && /^[A-Z][A-Z\d_]*$/.test(name));
      return isNamed ? `${before}\${${name}}` : whole;
    }),
  );
}
