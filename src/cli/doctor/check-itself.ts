import type { ServerConfig } from '../../config/schema.ts';
import { leadsToUs, type Self } from '../client-configs/our-entry.ts';
import { type Finding, notesOn } from './finding.ts';

/** Whether a server is this very gateway: to start it would start the next one, without end. */
export function isItself(server: ServerConfig, self: Self): boolean {
  if (server.type === 'remote' || !leadsToUs(server, self)) return false;
  // A gateway with a configuration of its own is a server like others.
  const hasOwn = server.command.some((word) => /^(?:-c|--config)\b|\.(?:jsonc?|ya?ml)$/.test(word));
  return !hasOwn && server.environment.MCP_GATEWAY_CONFIG === undefined;
}

/** What is wrong with such servers. */
export function checkItself(servers: readonly ServerConfig[]): readonly Finding[] {
  const notes = notesOn('servers');
  const cure = 'take it out, or name another configuration in its command (-c)';
  for (const { key } of servers) notes.error(key, 'it is this gateway, which would start itself without end', cure);
  return notes.findings;
}
