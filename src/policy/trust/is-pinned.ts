import type { ServerConfig } from '../../config/schema.ts';
import type { GatewaySettings } from '../../config/settings.ts';

/** Whether tools of a server that are not as they were trusted are blocked. */
export function isPinned({ pin }: Pick<ServerConfig, 'pin'>, settings: Pick<GatewaySettings, 'pin'>): boolean {
  return pin ?? settings.pin;
}
