import { isDeepStrictEqual } from 'node:util';
import type { PermissionRule } from '../../config/permissions.ts';
import { matchesGlob } from '../../core/glob.ts';

/** What a client keeps from a server that is there already, where the rules that are there do not keep it out yet. */
export function newDenials(
  server: string,
  wanted: readonly PermissionRule[],
  rules: readonly PermissionRule[],
): readonly PermissionRule[] {
  const own = rules.filter((rule) => [rule.server ?? '*'].flat().some((pattern) => matchesGlob(pattern, server)));
  return wanted.flatMap((rule, index): readonly PermissionRule[] => {
    const { tool, action } = rule;
    if (action !== 'deny') return [];
    if (isNarrow(rule)) return own.some((each) => isDeepStrictEqual(each, rule)) ? [] : [rule];
    if (tool !== undefined)
      return deny(
        server,
        [tool].flat().filter((name) => !isOut(name, own)),
      );
    return allOthers(
      server,
      wanted.slice(0, index).filter(({ action: before }) => before === 'allow'),
      own,
    );
  });
}

/** Nothing but what these rules let in: the rest is denied, or what more is let in by ours. */
function allOthers(
  server: string,
  allowed: readonly PermissionRule[],
  own: readonly PermissionRule[],
): readonly PermissionRule[] {
  const whole = own.findIndex((rule) => rule.tool === undefined && !isNarrow(rule));
  const letIn = own.slice(0, Math.max(whole, 0)).filter(({ action }) => action !== 'deny');
  const isClosed = own[whole]?.action === 'deny';
  if (allowed.length === 0) return isClosed && letIn.length === 0 ? [] : [{ server, action: 'deny' }];
  if (!isClosed) return [...allowed, { server, action: 'deny' }];
  const names = letIn.flatMap(({ tool = [] }) => tool);
  return deny(
    server,
    names.filter((name) => !isOut(name, own) && !allowed.some((rule) => concerns(rule, name))),
  );
}

function deny(server: string, tool: readonly string[]): PermissionRule[] {
  return tool.length > 0 ? [{ server, tool: [...tool], action: 'deny' }] : [];
}

function isOut(tool: string, own: readonly PermissionRule[]): boolean {
  return own.find((rule) => concerns(rule, tool))?.action === 'deny';
}

function concerns(rule: PermissionRule, name: string): boolean {
  if (isNarrow(rule)) return false;
  return rule.tool === undefined || [rule.tool].flat().some((pattern) => matchesGlob(pattern, name));
}

/** Whether a rule asks more of a tool than its name and its server. */
function isNarrow(rule: PermissionRule): boolean {
  return Object.keys(rule).some((name) => !['server', 'tool', 'action'].includes(name));
}
