import { suggestion } from '../../config/finding.ts';
import { configuredKeys, type GatewayConfig } from '../../config/load.ts';
import { GatewayError } from '../../core/errors.ts';
import { enableCommand } from '../../core/login-command.ts';
import { nearest } from '../../core/nearest.ts';

/** Throws `SERVER_NOT_FOUND` where a person names a server that is not in the configuration. */
export function checkConfigured(names: readonly string[], config: GatewayConfig): void {
  const known = configuredKeys(config);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = suggestion(nearest(unknown, known)) || `; known: ${known.join(', ') || 'none'}`;
  throw new GatewayError('SERVER_NOT_FOUND', `no server ${JSON.stringify(unknown)}${meant}`);
}

/** The same, and where it is disabled: it cannot be asked. */
export function checkServers(names: readonly string[], config: GatewayConfig): void {
  checkConfigured(names, config);
  const off = names.find((name) => config.disabled.includes(name));
  if (off !== undefined) throw disabledServer(off);
}

/** Throws `SERVER_NOT_FOUND` where the server of a tool is disabled. */
export function checkIsEnabled(id: string, { disabled }: GatewayConfig): void {
  const off = disabled.find((key) => id.startsWith(`${key}::`));
  if (off !== undefined) throw disabledServer(off);
}

function disabledServer(name: string): GatewayError {
  const cure = `${enableCommand(name)} switches it on, unless a rule of permissions denies all of it`;
  return new GatewayError('SERVER_NOT_FOUND', `server ${JSON.stringify(name)} is disabled; ${cure}`);
}
