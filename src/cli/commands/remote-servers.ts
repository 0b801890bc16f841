import { resolve } from 'node:path';
import { suggestion } from '../../config/diagnostic.ts';
import { type GatewayConfig, loadConfig } from '../../config/load.ts';
import { resolveConfigPath } from '../../config/locate.ts';
import type { ServerConfig } from '../../config/schema.ts';
import { GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { nearest } from '../../core/nearest.ts';
import { supportsLogin } from '../../upstream/login/login-needed.ts';
import { redactor } from '../../upstream/redact.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** A server with an address. */
export type RemoteServer = ServerConfig & { type: 'remote' };

/** Loads the configuration that the command names, else the one that a client's gateway finds. */
export function configOf(config: string | undefined, { cwd, env }: Terminal): Promise<GatewayConfig> {
  return loadConfig(resolveConfigPath({ argument: config && resolve(cwd, config), env }), env);
}

/** Returns the servers with an HTTP address, in the order of the file. */
export function remoteServers({ servers }: GatewayConfig): RemoteServer[] {
  return servers.filter((server): server is RemoteServer => server.type === 'remote' && /^https?:/i.test(server.url));
}

/** Returns the address of a server without parts that may be secret. */
export function displayAddress(server: RemoteServer): string {
  const { origin, pathname } = new URL(server.url);
  return displayText(redactor(server)(origin + pathname));
}

/** Returns the server of that key if it supports a login. Throws a `GatewayError` with the reason if not. */
export function serverWithLogin(config: GatewayConfig, key: string): RemoteServer {
  const server = config.servers.find((each) => each.key === key);
  if (!server) throw unknownServer(config, key);
  const remote = supportsLogin(server) ? server : undefined;
  if (remote) return remote;
  const message = `${config.path}: the server "${key}" ${whyNone(server)}, so it takes no login`;
  throw new GatewayError('CONFIG_INVALID', message);
}

/** Returns the reason why a server takes no login, as the end of a sentence about it. */
export function whyNone(server: ServerConfig): string {
  if (server.type === 'local' || !/^https?:/i.test(server.url)) return 'is not reached over HTTP';
  return server.oauth === false ? 'has "oauth": false' : 'has an Authorization header of its own';
}

function unknownServer({ path, servers, misconfigured, disabled }: GatewayConfig, key: string): GatewayError {
  const broken = misconfigured.find(({ server }) => server === key);
  if (broken) return new GatewayError('CONFIG_INVALID', broken.error);
  if (disabled.includes(key))
    return new GatewayError('CONFIG_INVALID', `${path}: the server "${key}" has "enabled": false`);
  const meant = suggestion(
    nearest(
      key,
      servers.map((each) => each.key),
    ),
  );
  const message = `no server "${displayText(key)}" in ${path}${meant || '.'} Another file is named with -c`;
  return new GatewayError('SERVER_NOT_FOUND', message);
}
