import type { PermissionAction, PermissionRule } from '../../config/permissions.ts';
import { fitsAny } from '../../core/glob.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { effectsOf } from './effects.ts';

/** What the rules say of a tool. */
export interface Verdict {
  readonly action: PermissionAction;
  /** Index of the rule that decided; absent: none fits, which allows. */
  readonly rule?: number;
}

const DEFAULT: Verdict = { action: 'allow' };
const STRICTNESS: Readonly<Record<PermissionAction, number>> = { allow: 0, ask: 1, deny: 2 };
const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const;

/** The first rule that fits a tool decides. A broken one that may fit decides nothing, but what follows cannot be milder. */
export function verdictOn(tool: ToolEntry, rules: readonly PermissionRule[]): Verdict {
  let atLeast = DEFAULT;
  for (const [index, rule] of rules.entries()) {
    if (!fits(rule, tool)) continue;
    const own = { action: rule.action, rule: index };
    const decided = STRICTNESS[own.action] >= STRICTNESS[atLeast.action] ? own : atLeast;
    if (!rule.broken) return decided;
    if (own.action !== atLeast.action) atLeast = decided;
  }
  return atLeast;
}

function fits(rule: PermissionRule, { id, server, tags, definition }: ToolEntry): boolean {
  if (!fitsAny(rule.server, server) || !fitsAny(rule.tool, definition.name) || !fitsAny(rule.id, id)) return false;
  if (rule.tags && !rule.tags.some((tag) => tags.includes(tag))) return false;
  return HINTS.every((hint) => rule[hint] === undefined || rule[hint] === effectsOf(definition)[hint]);
}

/** Verdicts on tools, each found once: a search asks for thousands of tools. */
export class Verdicts {
  readonly #read: () => readonly PermissionRule[];
  #rules: readonly PermissionRule[] = [];
  #known = new WeakMap<ToolEntry, Verdict>();

  /** `read` gives the rules as they are now: another list when they have changed. */
  constructor(read: () => readonly PermissionRule[]) {
    this.#read = read;
  }

  of(tool: ToolEntry): Verdict {
    const rules = this.#read();
    if (rules.length === 0) return DEFAULT;
    if (rules !== this.#rules) {
      this.#rules = rules;
      this.#known = new WeakMap();
    }
    const known = this.#known.get(tool);
    if (known) return known;
    const verdict = verdictOn(tool, rules);
    this.#known.set(tool, verdict);
    return verdict;
  }
}
