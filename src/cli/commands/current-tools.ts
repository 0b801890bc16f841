import type { GatewayConfig } from '../../config/load.ts';
import type { ServerConfig } from '../../config/schema.ts';
import type { Environment } from '../../config/substitute.ts';
import { stands } from '../../core/server-state.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { cacheDirectory } from '../../platform/directories.ts';

/** What servers list, by key; a text says why one could not be asked. */
export type CurrentTools = ReadonlyMap<string, readonly ToolDefinition[] | string>;

/**
 * Starts or connects to these servers, asks each for its tools, and ends them, all within `patienceMs`. What they list is
 * remembered, as always.
 */
export async function askForTools(
  config: GatewayConfig,
  servers: readonly ServerConfig[],
  env: Environment,
  patienceMs: number,
): Promise<CurrentTools> {
  const asked = { ...config, servers: servers.map((server) => ({ ...server, start: 'eager' as const })) };
  const gateway = new Gateway(asked, { cacheDirectory: cacheDirectory(env) });
  try {
    gateway.startServers();
    await gateway.settled(patienceMs);
    const { catalog } = gateway.internals();
    const views = gateway.servers().filter(({ id }) => servers.some(({ key }) => key === id));
    return new Map(
      views.map(({ id, status, error }) => {
        const tools = catalog.toolsOf(id).map(({ definition }) => definition);
        return [id, status === 'ready' ? tools : `${stands(status)}${error ? ` (${error})` : ''}`];
      }),
    );
  } finally {
    await gateway.stop();
  }
}
