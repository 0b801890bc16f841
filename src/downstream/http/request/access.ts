import { readFileSync } from 'node:fs';
import type { GatewaySettings, LiveSettings } from '../../../config/settings.ts';
import type { Caller } from '../../../core/call.ts';
import { boundName, isLoopback } from '../auth/host-check.ts';

/** True if a caller may see the calls of others: with the role `admin`, or without authentication. */
export function seesOthers({ roles }: Caller, { auth }: Pick<GatewaySettings, 'auth'>): boolean {
  return roles.includes('admin') || (auth?.strategy ?? 'none') === 'none';
}

/** True if the metrics may show a caller which tools were called. */
export function seesTools(caller: Caller, settings: Pick<LiveSettings, 'auth' | 'monitor'>): boolean {
  return settings.monitor.toolMetrics === 'everybody' || seesOthers(caller, settings);
}

/** True if `auth` admits more than one caller. */
export function letsSeveralIn({ auth }: Pick<GatewaySettings, 'auth'>): boolean {
  return auth?.strategy === 'jwt' || (auth?.strategy === 'api-key' && auth.apiKeys.length > 1);
}

const KEYS = 'auth: {strategy: api-key, apiKeys: ["$' + '{MCP_GATEWAY_KEY}"]}';

/** The reason not to serve at `host`: other machines reach it, and `auth` does not say who may call. Undefined: none. */
export function openBindProblem({ host, auth }: Pick<GatewaySettings, 'host' | 'auth'>): string | undefined {
  if (auth !== undefined || isLoopback(boundName(host))) return undefined;
  return (
    `host ${host} lets other machines in, and no auth.strategy says who may call. ` +
    `Write ${KEYS} to let in who has a key, ` +
    'or auth: {strategy: none} to let in everybody who can reach the port.'
  );
}

/** A warning for an edge without `auth` on a machine that `others` people can log in to. Undefined: none is needed. */
export function openToUsers({ auth }: Pick<GatewaySettings, 'auth'>, others: number): string | undefined {
  if (auth !== undefined || others === 0) return undefined;
  const who = others === 1 ? 'another user' : `${others} other users`;
  return `${who} can log in to this machine, and may use this gateway and its servers, as no auth.strategy says who may call. Write ${KEYS} to let in who has a key, or auth: {strategy: none} where they may.`;
}

/** Range of the user ids of people: lower ids belong to the system, the highest to nobody. */
const FIRST_UID = 1_000;
const LAST_UID = 59_999;
/** Shells of accounts that nobody logs in to. */
const NO_LOGIN = /(^|\/)(nologin|false|sync|halt|shutdown)$/;

/** Number of people other than `ownUid` that can log in, by the text of `/etc/passwd`. */
export function othersIn(passwd: string, ownUid: number): number {
  return passwd.split('\n').filter((line) => {
    const [, , uid, , , , shell = ''] = line.split(':');
    const number = Number(uid);
    return (
      number >= FIRST_UID && number <= LAST_UID && number !== ownUid && shell !== '' && !NO_LOGIN.test(shell.trim())
    );
  }).length;
}

/** Number of other people that can log in to this machine. Misses users of a directory service; 0 on other systems than Unix. */
export function otherPeople(): number {
  try {
    return othersIn(readFileSync('/etc/passwd', 'utf8'), process.getuid?.() ?? -1);
  } catch {
    return 0;
  }
}
