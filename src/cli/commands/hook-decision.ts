import { isAbsolute } from 'node:path';
import type { GatewayConfig } from '../../config/load.ts';
import { clip, GatewayError } from '../../core/errors.ts';
import { type JsonObject, parseJsonObject } from '../../core/json.ts';
import { type ToolEntry, toolId } from '../../core/tool.ts';
import { findMetaTool } from '../../downstream/protocol/meta-tools.ts';
import { parseInput } from '../../downstream/protocol/parse-input.ts';
import { cacheDirectory, dataDirectory } from '../../platform/directories.ts';
import { describeCall } from '../../policy/permissions/ask-person.ts';
import { storeApproval } from '../../policy/permissions/client-approvals.ts';
import { verdictOn } from '../../policy/permissions/permissions.ts';
import { serverMemory } from '../../upstream/catalog-cache.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { readConfiguration } from './configuration.ts';

/** The call within a call of ours. */
interface InnerCall {
  readonly id: string;
  readonly args: JsonObject;
}

/** Decision of the rules, in Claude Code's words; undefined: none, so that Claude Code's own rules decide. */
type Decision = { readonly permissionDecision: 'allow' | 'ask' | 'deny'; readonly permissionDecisionReason: string };

/** Permission modes of Claude Code in which a person answers its questions. */
const ASKING_MODES: readonly unknown[] = ['default', 'acceptEdits', 'plan'];
const CALLS = /^mcp__.+__(invoke|invoke_async)$/;

/**
 * Answers a `PreToolUse` hook of Claude Code from the configuration and what is remembered of the servers; none is
 * started. Resolves with the exit code: 0, or 2, which Claude Code takes for a no, where the hook cannot be understood.
 */
export async function decideHook(path: string | undefined, terminal: Terminal): Promise<number> {
  const hook = parseJsonObject((await terminal.readInput?.()) ?? '');
  if (!hook) {
    terminal.writeError('mcp-gateway hooks: found no JSON object on stdin, expected the input of a PreToolUse hook\n');
    return 2;
  }
  const call = innerCall(hook);
  const decision = call && (await decide(call, hook, path, terminal));
  const output = { hookSpecificOutput: { hookEventName: 'PreToolUse', ...decision } };
  if (decision) terminal.write(`${JSON.stringify(output)}\n`);
  return 0;
}

/** Read as the gateway reads it; undefined: no call, or one that the gateway refuses by itself. */
function innerCall({ tool_name, tool_input }: JsonObject): InnerCall | undefined {
  const [, name = ''] = CALLS.exec(String(tool_name)) ?? [];
  const tool = findMetaTool(name);
  if (!tool) return undefined;
  try {
    const { id, args = {} } = parseInput(tool, tool_input) as Partial<InnerCall> & { id: string };
    return { id, args };
  } catch {
    return undefined;
  }
}

/** The strictest of what sessions would go by that this may come from: mostly one, whose directory all of them name. */
async function decide(
  call: InnerCall,
  hook: JsonObject,
  path: string | undefined,
  terminal: Terminal,
): Promise<Decision | undefined> {
  const named = [hook.cwd, terminal.env.CLAUDE_PROJECT_DIR, terminal.cwd];
  const directories = new Set(named.filter((each): each is string => typeof each === 'string' && isAbsolute(each)));
  const decisions = await Promise.all([...directories].map((cwd) => decideIn(call, hook, path, { ...terminal, cwd })));
  return decisions.reduce((one, other) => (strictness(other) > strictness(one) ? other : one));
}

/** To say nothing leaves it to Claude Code, which may ask. */
function strictness(decision: Decision | undefined): number {
  return ['allow', undefined, 'ask', 'deny'].indexOf(decision?.permissionDecision);
}

async function decideIn(
  { id, args }: InnerCall,
  { tool_use_id, permission_mode }: JsonObject,
  path: string | undefined,
  terminal: Terminal,
): Promise<Decision | undefined> {
  const { env } = terminal;
  const config = await readConfiguration(path, terminal).catch((error: unknown) => {
    if (error instanceof GatewayError) return error;
    throw error;
  });
  // The gateway may run by rules that it read before.
  if (config instanceof GatewayError) return saying('ask', config.message);
  const found = await toolOf(id, config, cacheDirectory(env));
  if (!found) return undefined;
  const { tool, isRemembered } = found;
  const { action, rule } = verdictOn(tool, config.settings.permissions);
  if (action === 'deny') return saying('deny', `no tool "${clip(id)}"; use search to find tools`);
  if (action === 'ask') {
    const asksItself = ASKING_MODES.includes(permission_mode) && typeof tool_use_id === 'string';
    // Where that cannot be written, the person is asked twice.
    if (asksItself) await storeApproval(dataDirectory(env), tool_use_id, id).catch(() => {});
    return saying(
      'ask',
      `${describeCall(tool, args)}\nAsked because of permissions[${rule}] in the gateway's configuration.`,
    );
  }
  // Where no rule speaks of the tool, what it does is not known, or it is a project's, whose claims about itself nobody may have
  // looked at, Claude Code's own rules are not to be passed over.
  const isProjects = config.project?.servers.includes(tool.server) === true;
  if (rule === undefined || !isRemembered || isProjects) return undefined;
  return saying('allow', `permissions[${rule}] of the gateway`);
}

function saying(permissionDecision: Decision['permissionDecision'], permissionDecisionReason: string): Decision {
  return { permissionDecision, permissionDecisionReason };
}

/**
 * The tool of that id as it was when its server was last asked; else as the protocol takes a tool that says nothing.
 */
async function toolOf(
  id: string,
  { servers }: GatewayConfig,
  cache: string,
): Promise<{ tool: ToolEntry; isRemembered: boolean } | undefined> {
  const memory = serverMemory(cache);
  const named = servers.filter(({ key }) => id.startsWith(`${key}::`));
  for (const server of named) {
    const definition = memory.recall(server)?.tools.find(({ name }) => toolId(server.key, name) === id);
    if (definition) return { tool: { id, server: server.key, tags: server.tags, definition }, isRemembered: true };
  }
  const [server] = named;
  if (!server) return undefined;
  const definition = { name: id.slice(server.key.length + 2), inputSchema: {} };
  return { tool: { id, server: server.key, tags: server.tags, definition }, isRemembered: false };
}
