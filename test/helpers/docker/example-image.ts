import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { parseDockerfile } from './dockerfile.ts';

/** The checkout: the context of the build. */
export const ROOT = resolve(import.meta.dirname, '../../..');
export const DOCKER = join(ROOT, 'examples/docker');
export const HOME = '/home/gateway';
/** Where the image finds a flat configuration, and where a listed one. */
export const FLAT = `${HOME}/.config/mcp-gateway/config.json`;
export const LISTED = `${HOME}/mcp-gateway.yml`;

export const DOCKERFILE = readFileSync(join(DOCKER, 'Dockerfile'), 'utf8');
export const STAGES = parseDockerfile(DOCKERFILE);

/** The one service of compose.yml. */
export const COMPOSE = parse(readFileSync(join(DOCKER, 'compose.yml'), 'utf8')).services.gateway;

/** Path in the container → source, of compose.yml; `:ro` stays. */
export function volumes(): Record<string, string> {
  const parts = (COMPOSE.volumes as string[]).map((volume) => volume.split(':'));
  return Object.fromEntries(parts.map(([source, path, mode]) => [path, mode ? `${source}:${mode}` : source]));
}
