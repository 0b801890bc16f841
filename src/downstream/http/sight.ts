import type { GatewaySettings } from '../../config/settings.ts';
import type { Caller } from '../../core/call.ts';

/** Whether a caller may see what others do: one with the role `admin`, or any where nobody has to say who they are. */
export function seesOthers({ roles }: Caller, { auth }: Pick<GatewaySettings, 'auth'>): boolean {
  return roles.includes('admin') || (auth?.strategy ?? 'none') === 'none';
}

/** Whether the metrics tell a caller which tools were called, by whomever. */
export function seesTools(caller: Caller, settings: Pick<GatewaySettings, 'auth' | 'monitor'>): boolean {
  return settings.monitor.toolMetrics === 'everybody' || seesOthers(caller, settings);
}

/** Whether several callers may come, who are strangers to each other. */
export function letsSeveralIn({ auth }: Pick<GatewaySettings, 'auth'>): boolean {
  return auth?.strategy === 'jwt' || (auth?.strategy === 'api-key' && auth.apiKeys.length > 1);
}
