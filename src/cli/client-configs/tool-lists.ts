import { isDeepStrictEqual } from 'node:util';
import type { PermissionRule } from '../../config/permissions.ts';
import { matchesGlob } from '../../core/glob.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ToolRule } from './client.ts';

type Kind = 'deny' | 'only' | 'allow';

/**
 * Meaning of each list of tools in clients' entries: excluded tools (`deny`), the only usable tools (`only`), and tools
 * that need no confirmation (`allow`).
 */
const LISTS: Readonly<Record<string, Kind>> = {
  ...{ disabledTools: 'deny', disabled_tools: 'deny', excludeTools: 'deny', exclude_tools: 'deny' },
  ...{ excludedTools: 'deny', deniedTools: 'deny', blockedTools: 'deny' },
  ...{ includeTools: 'only', include_tools: 'only', enabledTools: 'only', enabled_tools: 'only' },
  ...{ allowedTools: 'only', allowed_tools: 'only', available_tools: 'only', availableTools: 'only' },
  ...{
    alwaysAllow: 'allow',
    always_allow: 'allow',
    autoApprove: 'allow',
    autoApproved: 'allow',
    auto_approve: 'allow',
  },
};
/** Fields that hold a mode for each tool, or one mode for all tools. */
const OTHERS = ['tools', 'trust', 'default_tools_approval_mode'];
const MODES: Readonly<Record<string, ToolRule['action']>> = {
  ...{ approve: 'allow', allow: 'allow', always_allow: 'allow', prompt: 'ask', ask: 'ask', ask_before: 'ask' },
  ...{ deny: 'deny', never_allow: 'deny', disabled: 'deny' },
};

/** True if a field holds a list of tools, or modes for tools. */
export function isToolList(name: string): boolean {
  return Object.hasOwn(LISTS, name) || OTHERS.includes(name);
}

/**
 * Converts the fields of an entry to rules, denials first. Drops the rules behind the first rule for all tools, which
 * never apply.
 */
export function toolRules(entry: JsonObject): readonly ToolRule[] {
  const lists = Object.entries(entry).flatMap(([name, value]) => listsOf(name, value));
  const denied = namesOf(lists, 'deny');
  const allowed = namesOf(lists, 'allow');
  const only = lists.filter(({ kind }) => kind === 'only');
  const modes = isJsonObject(entry.tools) ? modesOf(entry.tools) : [];
  const rules: readonly ToolRule[] = [
    ...(denied.length > 0 ? [ruleFor(denied, 'deny')] : []),
    ...deniesFirst(modes.filter(({ action }) => action !== 'allow')),
    ...(only.length > 0 ? onlyThese(only.map(({ tools }) => tools)) : []),
    ...modes.filter(({ action }) => action === 'allow'),
    ...(allowed.length > 0 ? [ruleFor(allowed, 'allow')] : []),
    ...(entry.trust === true ? [{ action: 'allow' } as const] : []),
    ...ruleOfMode(entry.default_tools_approval_mode),
  ];
  const whole = rules.findIndex(({ tools }) => tools === undefined);
  return whole < 0 ? rules : rules.slice(0, whole + 1);
}

/** Moves denials to the front: in these clients a denial applies at any position, in ours the first rule that fits. */
export function deniesFirst(rules: readonly ToolRule[]): readonly ToolRule[] {
  return [...rules].sort((one, other) => Number(other.action === 'deny') - Number(one.action === 'deny'));
}

interface List {
  readonly kind: Kind;
  readonly tools: readonly string[];
}

function listsOf(name: string, value: unknown): List[] {
  if (name === 'tools' && isJsonObject(value))
    return [...listsOf('includeTools', value.include), ...listsOf('excludeTools', value.exclude)];
  const kind = name === 'tools' ? 'only' : LISTS[name];
  const tools = (Array.isArray(value) ? value : [value]).filter((tool) => typeof tool === 'string').map(nameOf);
  if (kind === undefined || (!Array.isArray(value) && tools.length === 0)) return [];
  // An `only` list with `*` restricts nothing.
  return kind === 'only' && tools.includes('*') ? [] : [{ kind, tools }];
}

/** Returns the tool's name without its arguments, as in `shell(git status)`: our rules cannot match arguments. */
function nameOf(tool: string): string {
  return tool.replace(/\(.*\)$/s, '');
}

function namesOf(lists: readonly List[], kind: Kind): string[] {
  return [...new Set(lists.filter((list) => list.kind === kind).flatMap(({ tools }) => tools))];
}

function ruleFor(tools: readonly string[], action: ToolRule['action']): ToolRule {
  return tools.includes('*') ? { action } : { tools, action };
}

/** Returns rules that allow the tools in all of these lists and deny the others; an empty list denies every tool. */
function onlyThese(lists: readonly (readonly string[])[]): ToolRule[] {
  const [first = [], ...others] = lists;
  const tools = first.filter((tool) => others.every((list) => list.includes(tool)));
  return [...(tools.length > 0 ? [{ tools, action: 'allow' } as const] : []), { action: 'deny' }];
}

/** Converts the modes of single tools, such as `{"drop": {"approval_mode": "prompt"}}`, to rules. */
function modesOf(tools: JsonObject): ToolRule[] {
  return Object.entries(tools).flatMap(([name, settings]): ToolRule[] => {
    if (settings === false) return [{ tools: [name], action: 'deny' }];
    if (!isJsonObject(settings)) return [];
    if (settings.enabled === false || settings.disabled === true) return [{ tools: [name], action: 'deny' }];
    return ruleOfMode(settings.approval_mode ?? settings.permission).map((rule) => ({ ...rule, tools: [name] }));
  });
}

function ruleOfMode(mode: unknown): ToolRule[] {
  const action = typeof mode === 'string' && Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
  return action === undefined ? [] : [{ action }];
}

/**
 * Returns the client's denials for a server that our configuration already has, without those that our rules contain.
 */
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

/**
 * Returns rules that deny all tools except the allowed ones: one rule for all others, or, if our rules already deny the
 * rest, a rule for the names that only ours allow.
 */
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

/** True if a rule has conditions beside the names of tool and server. */
function isNarrow(rule: PermissionRule): boolean {
  return Object.keys(rule).some((name) => !['server', 'tool', 'action'].includes(name));
}
