import { basename, dirname, join, resolve } from 'node:path';
import { suggestion } from '../../config/diagnostic.ts';
import { configuredKeys, type GatewayConfig } from '../../config/load.ts';
import { resolveConfigPath } from '../../config/locate.ts';
import {
  findProjectFile,
  PROJECT_FILE_NAMES,
  projectDirectories,
  readRecord,
} from '../../config/project/project-file.ts';
import { ProjectSource } from '../../config/source/source.ts';
import { GatewayError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { enableCommand } from '../../core/server-state.ts';
import { dataDirectory } from '../../platform/directories.ts';
import { realPath } from '../../platform/real-path.ts';
import { clientHome } from '../client-configs/client.ts';
import type { Terminal } from '../terminal/terminal.ts';

/**
 * Returns the path of the user's file: the one named on the command line, else the first found in the default places.
 */
export function configurationPath(named: string | undefined, { cwd, env }: Terminal): string {
  return resolveConfigPath({ argument: named && resolve(cwd, named), env });
}

/**
 * Loads the configuration that a client in this directory would get, including its project's. `patienceMs`: longest
 * wait for secrets; absent: no limit. Throws like `loadConfig`.
 */
export function readConfiguration(
  named: string | undefined,
  terminal: Terminal,
  patienceMs?: number,
): Promise<GatewayConfig> {
  const { cwd, env } = terminal;
  const path = configurationPath(named, terminal);
  return new ProjectSource({ path, cwd, env, dataDirectory: dataDirectory(env), patienceMs }).load();
}

/** Throws `SERVER_NOT_FOUND` if one of these names is no server of the configuration. */
export function checkConfigured(names: readonly string[], config: GatewayConfig): void {
  const known = configuredKeys(config);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = suggestion(nearest(unknown, known)) || `; known: ${known.join(', ') || 'none'}`;
  throw new GatewayError('SERVER_NOT_FOUND', `no server ${JSON.stringify(unknown)}${meant}`);
}

/** Throws `SERVER_NOT_FOUND` if one of these names is no server of the configuration, or a disabled one. */
export function checkServers(names: readonly string[], config: GatewayConfig): void {
  checkConfigured(names, config);
  const off = names.find((name) => config.disabled.includes(name));
  if (off !== undefined) throw disabledServer(off);
}

/** Throws `SERVER_NOT_FOUND` if the server of a tool is disabled. */
export function checkIsEnabled(id: string, { disabled }: GatewayConfig): void {
  const off = disabled.find((key) => id.startsWith(`${key}::`));
  if (off !== undefined) throw disabledServer(off);
}

function disabledServer(name: string): GatewayError {
  const cure = `${enableCommand(name)} switches it on, unless a rule of permissions denies all of it`;
  return new GatewayError('SERVER_NOT_FOUND', `server ${JSON.stringify(name)} is disabled; ${cure}`);
}

/**
 * Returns the absolute path of the project's file that a word names: the file itself, or the one that applies to a
 * directory (by default the working directory). With `dataDirectory`, a deleted file is found by its record. Throws
 * `CONFIG_INVALID` if there is no such file.
 */
export function projectTarget(word: string | undefined, terminal: Terminal, dataDirectory?: string): string {
  const { home } = clientHome(terminal);
  const path = resolve(terminal.cwd, word ?? '.');
  if (isProjectName(basename(path))) return join(realPath(dirname(path)), basename(path));
  const found = findProjectFile(path, home) ?? (dataDirectory && recorded(path, home, dataDirectory));
  if (found) return found;
  const names = `${PROJECT_FILE_NAMES[0]} (.jsonc, .yml, .yaml)`;
  throw new GatewayError('CONFIG_INVALID', `${path}: there is no ${names} in it or above it, short of ${home}`);
}

function isProjectName(name: string): boolean {
  return PROJECT_FILE_NAMES.some((known) => known === name);
}

function recorded(directory: string, home: string, dataDirectory: string): string | undefined {
  return projectDirectories(directory, home)
    .flatMap((each) => PROJECT_FILE_NAMES.map((name) => join(each, name)))
    .find((file) => readRecord(dataDirectory, file) !== undefined);
}
