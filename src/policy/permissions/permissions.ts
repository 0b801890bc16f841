import type { LiveConfig } from '../../config/load.ts';
import type { PermissionAction, PermissionRule } from '../../config/permissions.ts';
import type { CallContext, Caller, CallTool, ToolCall, ToolResult } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import { fitsAny } from '../../core/glob.ts';
import type { Guard } from '../../core/guard.ts';
import { isJsonObject } from '../../core/json.ts';
import type { ToolDefinition, ToolEntry } from '../../core/tool.ts';
import type { Consents } from './consents.ts';

interface PermissionsOptions {
  /** The configuration in effect: rules follow the file. */
  readonly config: () => LiveConfig;
  /** Directory in which a client's hook stores approvals, see `storeApproval`. Absent: none are read. */
  readonly dataDirectory?: string | undefined;
}

/**
 * The permission rules of the configuration as a guard: a denied tool is unknown, and an `ask` tool needs a person's
 * consent before each call.
 */
export class Permissions implements Guard {
  readonly #options: PermissionsOptions;
  readonly #verdicts: Verdicts;
  #consents: Promise<Consents> | undefined;

  constructor(options: PermissionsOptions) {
    this.#options = options;
    this.#verdicts = new Verdicts(() => options.config().settings.permissions);
  }

  readonly visible = (_caller: Caller, tool: ToolEntry): boolean => this.#verdicts.of(tool).action !== 'deny';

  readonly admit = (call: ToolCall, context: CallContext): Promise<number> | undefined => {
    const { action, rule = 0 } = this.#verdicts.of(call.tool);
    return action === 'ask' ? this.#ask(call, rule, context) : undefined;
  };

  /** Refuses a call whose tool was denied after the call was admitted: a job in the queue, for example. */
  readonly policy =
    (next: CallTool): CallTool =>
    (call, context) => {
      const { action } = this.#verdicts.of(call.tool);
      if (action === 'deny') return Promise.reject(denied(call));
      return action === 'ask' ? this.#callAndNote(next, call, context) : next(call, context);
    };

  async #ask(call: ToolCall, rule: number, context: CallContext): Promise<number> {
    this.#consents ??= import('./consents.ts').then((own) => new own.Consents(this.#options.dataDirectory));
    return (await this.#consents).obtain(call, `permissions[${rule}]`, context);
  }

  async #callAndNote(next: CallTool, call: ToolCall, context: CallContext): Promise<ToolResult> {
    const result = await next(call, context);
    (await this.#consents)?.answered(call, result, context);
    return result;
  }
}

function denied({ tool }: ToolCall): GatewayError {
  return new GatewayError('TOOL_NOT_FOUND', `no tool "${tool.id}" any more; use search to find tools`);
}

/**
 * Effects that a tool claims to have, with the defaults of MCP for hints that it does not give. A claim of its server,
 * not a fact.
 */
interface Effects {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/**
 * Reads the hints of a tool. Defaults of MCP's schema: not read-only, destructive unless read-only, not idempotent,
 * open to the world. A read-only tool is idempotent; a tool that claims both read-only and destructive counts as
 * destructive.
 */
export function effectsOf({ annotations }: ToolDefinition): Effects {
  const hints = isJsonObject(annotations) ? annotations : {};
  const readOnlyHint = hints.readOnlyHint === true && hints.destructiveHint !== true;
  return {
    readOnlyHint,
    destructiveHint: !readOnlyHint && hints.destructiveHint !== false,
    idempotentHint: readOnlyHint || hints.idempotentHint === true,
    openWorldHint: hints.openWorldHint !== false,
  };
}

/** Decision of the rules on a tool. */
interface Verdict {
  readonly action: PermissionAction;
  /** Index of the rule that decided. Absent: no rule fits, which allows the tool. */
  readonly rule?: number;
}

const DEFAULT: Verdict = { action: 'allow' };
const STRICTNESS: Readonly<Record<PermissionAction, number>> = { allow: 0, ask: 1, deny: 2 };
const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const;

/**
 * The first rule that fits a tool decides. A broken rule that may fit does not decide, but the decision of later rules
 * cannot be milder than its own.
 */
export function verdictOn(tool: ToolEntry, rules: readonly PermissionRule[]): Verdict {
  let floor = DEFAULT;
  for (const [index, rule] of rules.entries()) {
    if (!fits(rule, tool)) continue;
    const own = { action: rule.action, rule: index };
    const decided = STRICTNESS[own.action] >= STRICTNESS[floor.action] ? own : floor;
    if (!rule.broken) return decided;
    if (own.action !== floor.action) floor = decided;
  }
  return floor;
}

function fits(rule: PermissionRule, { id, server, tags, definition }: ToolEntry): boolean {
  if (!fitsAny(rule.server, server) || !fitsAny(rule.tool, definition.name) || !fitsAny(rule.id, id)) return false;
  if (rule.tags && !rule.tags.some((tag) => tags.includes(tag))) return false;
  return HINTS.every((hint) => rule[hint] === undefined || rule[hint] === effectsOf(definition)[hint]);
}

/** Verdicts on tools. Each is computed once for a list of rules, because a search asks for thousands of tools. */
export class Verdicts {
  readonly #read: () => readonly PermissionRule[];
  #rules: readonly PermissionRule[] = [];
  #known = new WeakMap<ToolEntry, Verdict>();

  /** `read` returns the rules in effect: another array when they have changed. */
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
