import { fitsAny } from '../core/glob.ts';
import type { PermissionRule } from './permissions.ts';

interface Server {
  readonly key: string;
  readonly tags: readonly string[];
}

/** Whether rules leave nothing of a server: it is not to be started at all. A broken rule never stops a server. */
export function isDeniedWhole(rules: readonly PermissionRule[], server: Server): boolean {
  for (const rule of rules) {
    if (rule.broken || !mayConcern(rule, server)) continue;
    if (rule.action !== 'deny') return false;
    if (namesServersOnly(rule)) return true;
  }
  return false;
}

/** Whether the resources, prompts and completion of a server are unknown: by the first rule about servers as a whole. */
export function hidesPrimitives(rules: readonly PermissionRule[], server: Server): boolean {
  // A broken rule decides where it denies; nothing is shown on its word.
  const decides = (rule: PermissionRule) => !rule.broken || rule.action === 'deny';
  return rules.find((rule) => decides(rule) && namesServersOnly(rule) && mayConcern(rule, server))?.action === 'deny';
}

function mayConcern({ server, tags }: PermissionRule, { key, tags: own }: Server): boolean {
  return fitsAny(server, key) && (tags === undefined || tags.some((tag) => own.includes(tag)));
}

function namesServersOnly({ tool, id, ...rest }: PermissionRule): boolean {
  const hints = [rest.readOnlyHint, rest.destructiveHint, rest.idempotentHint, rest.openWorldHint];
  return [tool, id, ...hints].every((matcher) => matcher === undefined);
}
