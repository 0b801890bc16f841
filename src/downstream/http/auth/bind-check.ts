import type { GatewaySettings } from '../../../config/settings.ts';
import { boundName, isLoopback } from './host-name.ts';

const KEYS = 'auth: {strategy: api-key, apiKeys: ["$' + '{MCP_GATEWAY_KEY}"]}';

/** Why the edge must not bind its address: others could reach it, and nobody said who may call. Undefined: it may. */
export function openBindProblem({ host, auth }: Pick<GatewaySettings, 'host' | 'auth'>): string | undefined {
  if (auth !== undefined || isLoopback(boundName(host))) return undefined;
  return (
    `host ${host} lets other machines in, and no auth.strategy says who may call. ` +
    `Write ${KEYS} to let in who has a key, ` +
    'or auth: {strategy: none} to let in everybody who can reach the port.'
  );
}

/** What whoever serves this machine alone should know, where that many others can log in to it. Undefined: nothing. */
export function openToUsers({ auth }: Pick<GatewaySettings, 'auth'>, others: number): string | undefined {
  if (auth !== undefined || others === 0) return undefined;
  const who = others === 1 ? 'another user' : `${others} other users`;
  return `${who} can log in to this machine, and may use this gateway and its servers, as no auth.strategy says who may call. Write ${KEYS} to let in who has a key, or auth: {strategy: none} where they may.`;
}
