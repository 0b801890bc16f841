import { resolve } from 'node:path';
import type { GatewayConfig } from '../../config/load.ts';
import { resolveConfigPath } from '../../config/locate.ts';
import { ProjectSource } from '../../config/project/project-source.ts';
import { dataDirectory } from '../../platform/directories.ts';
import type { Terminal } from './terminal.ts';

/** The path of the user's file: the one named on the command line, else found where configurations are. */
export function configurationPath(named: string | undefined, { cwd, env }: Terminal): string {
  return resolveConfigPath({ argument: named && resolve(cwd, named), env });
}

/**
 * The configuration as a client in this directory would be served: with its project's. `secrets` are waited for that long;
 * absent: until they have answered. Throws as `loadConfig` does.
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
