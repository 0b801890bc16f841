import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import {
  applicationData,
  type Client,
  type ClientHome,
  type ConfigFile,
  type Files,
  foldersOf,
  type ToolRule,
  type Verdict,
  type WrittenServer,
} from './client.ts';
import { deniesFirst } from './tool-lists.ts';
import { literally, stdioEntry, translateFields } from './translate.ts';

export const claudeCode: Client = {
  id: 'claude-code',
  name: 'Claude Code',
  places(home) {
    const own = ownFile(home);
    return [
      ...foldersOf(home).flatMap((folder): ConfigFile[] => [
        { path: own, at: ['projects', folder, 'mcpServers'], scope: 'local', folder },
        { path: join(folder, '.mcp.json'), at: ['mcpServers'], scope: 'project', folder },
      ]),
      { path: own, at: ['mcpServers'], scope: 'user' },
    ];
  },
  foldersIn: ({ projects }) => (isJsonObject(projects) ? Object.keys(projects) : []),
  settings: (home) => [
    ...foldersOf(home).flatMap((folder) =>
      ['settings.local.json', 'settings.json'].map((name) => join(folder, '.claude', name)),
    ),
    join(home.env.CLAUDE_CONFIG_DIR || join(home.home, '.claude'), 'settings.json'),
  ],
  verdict,
  translate: (entry) => literally('Claude Code', ['plain'], translateFields(entry, { ignored: ['alwaysLoad'] })),
  // Without `alwaysLoad` Claude Code may hide the five tools behind its own tool search.
  entryFor: (command) => ({ type: 'stdio', ...stdioEntry(command), alwaysLoad: true }),
};

function ownFile({ home, env }: ClientHome): string {
  return join(env.CLAUDE_CONFIG_DIR || home, '.claude.json');
}

function verdict(server: WrittenServer, files: Files, home: ClientHome): Verdict {
  const settings = (claudeCode.settings?.(home) ?? []).map((path) => files.get(path) ?? {});
  return verdictOfClaude(server, [...projectsIn(files.get(ownFile(home)), home), ...settings]);
}

/** Returns the sections of the user's file for the working directory and the project folders above it. */
export function projectsIn(own: JsonObject | undefined, home: ClientHome): readonly JsonObject[] {
  return foldersOf(home).map((folder) => projectIn(own, folder));
}

/**
 * Returns the user's decision on a server: for each project Claude Code asks which servers of the project's file to
 * start, and the user can switch off others there.
 */
export function verdictOfClaude({ key, place }: WrittenServer, settings: readonly JsonObject[]): Verdict {
  const says = (name: string) => settings.some((each) => namesIn(each[name]).includes(key));
  const allowed = settings.flatMap(({ allowedMcpServers: list }) => (Array.isArray(list) ? [namesIn(list)] : []));
  const isRejected = place.scope === 'project' && says('disabledMcpjsonServers');
  return {
    ...(isRejected && { out: 'it was rejected in Claude Code (disabledMcpjsonServers)' }),
    ...(says('deniedMcpServers') && { out: 'it is forbidden in Claude Code (deniedMcpServers)' }),
    ...(allowed.some((names) => !names.includes(key)) && { out: 'Claude Code allows others only (allowedMcpServers)' }),
    ...(says('disabledMcpServers') && {
      off: 'switched off in Claude Code for this project (disabledMcpServers)',
      isOfProject: true,
    }),
    rules: deniesFirst(settings.flatMap((each) => rulesIn(each, key))),
  };
}

function projectIn(own: JsonObject | undefined, folder: string): JsonObject {
  const projects = own?.projects;
  const project = isJsonObject(projects) && Object.hasOwn(projects, folder) ? projects[folder] : undefined;
  return isJsonObject(project) ? project : {};
}

/** Returns the names in a list of `"name"` or `{"serverName": "name"}`. */
function namesIn(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.map((item) => (isJsonObject(item) ? item.serverName : item)).filter((name) => typeof name === 'string');
}

/** Converts `mcp__server__tool` and `mcp__server` in the rules of the client. */
function rulesIn({ permissions, allowedTools }: JsonObject, key: string): ToolRule[] {
  const { deny, ask, allow } = isJsonObject(permissions) ? permissions : {};
  return [
    ...toolsOfClaude(deny, key, 'deny'),
    ...toolsOfClaude(ask, key, 'ask'),
    ...toolsOfClaude([allow, allowedTools].flat(), key, 'allow'),
  ];
}

/**
 * Returns a rule for the tools of a server that a list names as `mcp__server__tool`, or for all tools if it names
 * `mcp__server`.
 */
export function toolsOfClaude(list: unknown, key: string, action: ToolRule['action']): ToolRule[] {
  const start = `mcp__${key.replace(/[^\w-]/g, '_')}`;
  const own = namesIn(list).flatMap((name) =>
    name === start ? '*' : name.startsWith(`${start}__`) ? name.slice(start.length + 2) : [],
  );
  if (own.length === 0) return [];
  return own.includes('*') ? [{ action }] : [{ tools: own, action }];
}

export const claudeDesktop: Client = {
  id: 'claude-desktop',
  name: 'Claude Desktop',
  places: (home) => [
    { path: join(applicationData(home), 'Claude', 'claude_desktop_config.json'), at: ['mcpServers'], scope: 'user' },
  ],
  translate: (entry) => literally('Claude Desktop', [], translateFields(entry)),
  entryFor: stdioEntry,
};
