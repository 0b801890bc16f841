import { GatewayError } from '../../core/errors.ts';
import { dataDirectory } from '../../platform/directories.ts';
import { emptyConfig, type GatewayConfig, SECRETS_PATIENCE_MS } from '../load.ts';
import { ProjectSource } from '../project/project-source.ts';
import { type ConfigSource, fileSource } from './source.ts';

/** The user's file, and over it that of the project to which `directory` belongs; absent: projects do not count. */
export function startSource(path: string, directory: string | undefined): ConfigSource {
  if (directory === undefined) return fileSource(path, undefined, SECRETS_PATIENCE_MS);
  return new ProjectSource({
    path,
    cwd: directory,
    env: process.env,
    dataDirectory: dataDirectory(),
    patienceMs: SECRETS_PATIENCE_MS,
  });
}

/** The configuration to start with. A file that cannot be read costs its servers, not the gateway: it is watched. */
export async function loadToStart(path: string, source: ConfigSource): Promise<GatewayConfig> {
  try {
    return await source.load();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return emptyConfig(path, [{ severity: 'error', message: error.message }]);
  }
}
