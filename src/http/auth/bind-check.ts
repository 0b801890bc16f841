import type { GatewaySettings } from '../../config/settings.ts';
import { boundName, isLoopback } from './host-name.ts';

/** Why the edge must not bind its address: others could reach it, and nobody said who may call. Undefined: it may. */
export function openBindProblem({ host, auth }: Pick<GatewaySettings, 'host' | 'auth'>): string | undefined {
  if (auth !== undefined || isLoopback(boundName(host))) return undefined;
  return (
    `host ${host} lets other machines in, and no auth.strategy says who may call. ` +
    'Write auth: {strategy: api-key, apiKeys: ["$' +
    '{MCP_GATEWAY_KEY}"]} to let in who has a key, ' +
    'or auth: {strategy: none} to let in everybody who can reach the port.'
  );
}
