import { readFileSync } from 'node:fs';
import type { GatewaySettings, LiveSettings } from '../../../config/settings.ts';
import type { Caller } from '../../../core/call.ts';
import { boundName, isLoopback } from '../auth/host-check.ts';

/** Whether a caller may see what others do: one with the role `admin`, or any where nobody has to say who they are. */
export function seesOthers({ roles }: Caller, { auth }: Pick<GatewaySettings, 'auth'>): boolean {
  return roles.includes('admin') || (auth?.strategy ?? 'none') === 'none';
}

/** Whether the metrics tell a caller which tools were called, by whomever. */
export function seesTools(caller: Caller, settings: Pick<LiveSettings, 'auth' | 'monitor'>): boolean {
  return settings.monitor.toolMetrics === 'everybody' || seesOthers(caller, settings);
}

/** Whether several callers may come, who are strangers to each other. */
export function letsSeveralIn({ auth }: Pick<GatewaySettings, 'auth'>): boolean {
  return auth?.strategy === 'jwt' || (auth?.strategy === 'api-key' && auth.apiKeys.length > 1);
}

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

/** Users that are people: below are those of the system, above is nobody. */
const FIRST_UID = 1_000;
const LAST_UID = 59_999;
/** Instead of a shell, where nobody is to log in. */
const NO_LOGIN = /(^|\/)(nologin|false|sync|halt|shutdown)$/;

/** How many people but that user can log in to a machine, by its list of users (`/etc/passwd`). */
export function othersIn(passwd: string, ownUid: number): number {
  return passwd.split('\n').filter((line) => {
    const [, , uid, , , , shell = ''] = line.split(':');
    const number = Number(uid);
    return (
      number >= FIRST_UID && number <= LAST_UID && number !== ownUid && shell !== '' && !NO_LOGIN.test(shell.trim())
    );
  }).length;
}

/** The same of this machine, as far as it says: users of a directory service, or of another system than Unix, are not known. */
export function otherPeople(): number {
  try {
    return othersIn(readFileSync('/etc/passwd', 'utf8'), process.getuid?.() ?? -1);
  } catch {
    return 0;
  }
}
