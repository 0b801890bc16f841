import { dirname } from 'node:path';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { isJsonObject } from '../../core/json.ts';
import { isWhereStarted } from '../../platform/directories.ts';
import type { Checked, ValidationContext } from '../check-entry.ts';
import { checkSettings } from '../check-settings.ts';
import { type ConfigProblem, formatPath, toProblem, warning } from '../diagnostic.ts';
import { type CheckedServers, checkServers, type GatewayConfig, withoutDenied } from '../load.ts';
import { homeOf } from '../locate.ts';
import { namedValues } from '../named-variables.ts';
import { parseConfig } from '../parse.ts';
import type { ServerConfig } from '../schema.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { GatewaySettings } from '../settings.ts';
import { type RawConfig, readShape } from '../shapes.ts';
import type { Environment } from '../substitute.ts';
import { type Project, projectOf } from './project.ts';

/** Stands for the user's secrets, which are not given to servers of a project. */
const NOT_FOR_PROJECTS: Secrets = { values: {}, problem: 'the secrets of the gateway are not for projects' };

/** The content of a project's file. */
export interface ProjectConfig extends CheckedServers {
  readonly raw: RawConfig;
  readonly settings: GatewaySettings;
}

/**
 * Merges a project's file into the user's configuration: an entry replaces the user's entry of the same key, new ones
 * come after it. Without a confirmation, the file is only mentioned in `problems` and `project`.
 */
export async function withProject(
  own: GatewayConfig,
  file: string,
  { env, dataDirectory }: { readonly env: Environment; readonly dataDirectory: string },
): Promise<GatewayConfig> {
  const project = projectOf(file, dataDirectory);
  const told = named(own, project);
  if (!('text' in project)) return told;
  try {
    const read = await readProject(project.text, file, env, own.withheld);
    const named = () => [...(own.named?.() ?? []), ...namedValues(read.raw, env, NOT_FOR_PROJECTS)];
    return withoutDenied({ ...merged(told, read), named });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    // It was valid when it was confirmed, by another version of the gateway.
    return named(own, { path: file, status: 'refused', reason: causeOf(error) });
  }
}

function named(own: GatewayConfig, project: Project): GatewayConfig {
  const { path, status } = project;
  const notice = noticeOf(project);
  const told: ConfigProblem[] = notice === undefined ? [] : [{ severity: 'warning', message: notice }];
  return { ...own, problems: [...own.problems, ...told], project: { path, status, servers: [], notice } };
}

/**
 * Reads and checks the text of a project's file. Its local servers run in the directory of the file, unless they have
 * another `cwd`. Throws `CONFIG_INVALID` if it cannot be parsed, or is not an object.
 */
export async function readProject(
  text: string,
  file: string,
  env: Environment,
  withheld: readonly string[] = [],
): Promise<ProjectConfig> {
  const { root, findings } = await parseConfig(text, file);
  const raw = readShape(root);
  const surroundings = { folder: dirname(file), home: homeOf(env), env, secrets: NOT_FOR_PROJECTS, withheld };
  const settings: Checked<GatewaySettings> = checkProjectSettings(raw.settings, surroundings);
  const whole = [...findings, ...raw.findings, ...settings.findings].map((finding) => toProblem(file, finding));
  const checked = checkServers(raw, file, surroundings);
  return {
    ...checked,
    raw,
    settings: settings.value,
    servers: checked.servers.map((server) => inDirectory(server, dirname(file))),
    problems: [...whole, ...checked.problems],
  };
}

function inDirectory(server: ServerConfig, directory: string): ServerConfig {
  const isElsewhere = server.type === 'remote' || (server.cwd !== undefined && !isWhereStarted(server.cwd));
  return isElsewhere ? server : { ...server, cwd: directory };
}

function merged(own: GatewayConfig, project: ProjectConfig): GatewayConfig {
  const { servers, disabled, misconfigured, problems, settings } = withoutDisabled(project, own);
  const keys = keysOf({ servers, misconfigured });
  const isKept = (key: string) => !keys.includes(key) && !disabled.includes(key);
  const inPlace = own.servers.map((server) => servers.find(({ key }) => key === server.key) ?? server);
  return {
    ...own,
    found: true,
    servers: [
      ...inPlace.filter((server) => servers.includes(server) || isKept(server.key)),
      ...servers.filter((server) => !inPlace.includes(server)),
    ],
    settings: mergeSettings(own.settings, settings),
    problems: [...own.problems, ...problems],
    disabled: [...new Set([...own.disabled, ...disabled])],
    misconfigured: [...own.misconfigured.filter(({ server }) => isKept(server)), ...misconfigured],
    ...(own.project && { project: { ...own.project, servers: keys } }),
  };
}

/** Drops the project's servers that the user has disabled, with a warning each. */
function withoutDisabled(project: ProjectConfig, own: GatewayConfig): ProjectConfig {
  const isOn = (key: string) => !own.disabled.includes(key);
  const staysOff = (server: string): ConfigProblem => ({
    severity: 'warning',
    server,
    message: `${own.project?.path}: ${formatPath([server])}: is switched off in ${own.path}, and stays so`,
  });
  return {
    ...project,
    servers: project.servers.filter(({ key }) => isOn(key)),
    misconfigured: project.misconfigured.filter(({ server }) => isOn(server)),
    problems: [
      ...project.problems,
      ...keysOf(project)
        .filter((key) => !isOn(key))
        .map(staysOff),
    ],
  };
}

function keysOf({ servers, misconfigured }: Pick<CheckedServers, 'servers' | 'misconfigured'>): string[] {
  return [...servers.map(({ key }) => key), ...misconfigured.map(({ server }) => server)];
}

/** Returns a sentence for the user about a project's file; undefined if it is confirmed or declined. */
function noticeOf(project: Project): string | undefined {
  const { path, status } = project;
  const file = displayText(path);
  const command = `mcp-gateway allow ${quoted(path)}`;
  if (status === 'refused')
    return `${file}: the configuration of this project has no effect: ${displayText(project.reason)}`;
  if (status === 'unconfirmed') {
    return `${file}: the configuration of this project has no effect until the user has read and confirmed it in a terminal: ${command}`;
  }
  if (status === 'changed') {
    return `${file}: the configuration of this project has changed; what was confirmed before stays in effect until the user has confirmed the change in a terminal: ${command}`;
  }
  return undefined;
}

/** Quotes a path for a POSIX shell, because a directory may have any name. */
function quoted(path: string): string {
  return /^[\w./:@%+,=\\-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Settings that concern the work in a project. All others concern the user's machine. */
export const PROJECT_SETTINGS: readonly string[] = ['expose', 'invoke', 'permissions'];

/** Returns the project settings of a file with defaults filled in. Each other setting causes a warning. */
function checkProjectSettings(
  { path, value }: RawConfig['settings'],
  surroundings: ValidationContext,
): Checked<GatewaySettings> {
  if (!isJsonObject(value)) return checkSettings({ path, value }, surroundings);
  const names = Object.keys(value);
  const findings = names
    .filter((name) => !PROJECT_SETTINGS.includes(name))
    .map((name) => warning([...path, name], 'counts in your own configuration only; ignored in that of a project'));
  const own = Object.fromEntries(Object.entries(value).filter(([name]) => PROJECT_SETTINGS.includes(name)));
  const checked = checkSettings({ path, value: own }, surroundings);
  return { value: checked.value, findings: [...findings, ...checked.findings] };
}

/**
 * Merges a project's settings into the user's, so that it can forbid more but never less: it can only switch off
 * `expose`, and the user's `permissions` come first.
 */
export function mergeSettings(own: GatewaySettings, project: GatewaySettings): GatewaySettings {
  const { resources, prompts } = project.expose;
  return {
    ...own,
    expose: { resources: own.expose.resources && resources, prompts: own.expose.prompts && prompts },
    invoke: { ...own.invoke, ...project.invoke },
    // The first rule that matches decides.
    permissions: [...own.permissions, ...project.permissions],
  };
}
