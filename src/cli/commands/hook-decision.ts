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

/** The call of a server's tool within a call of our `invoke`. */
interface InnerCall {
  readonly id: string;
  readonly args: JsonObject;
}

/**
 * Decision of the rules in Claude Code's format. Undefined instead of a decision leaves it to Claude Code's own rules.
 */
type Decision = { readonly permissionDecision: 'allow' | 'ask' | 'deny'; readonly permissionDecisionReason: string };

/** Permission modes of Claude Code in which the user answers its questions. */
const ASKING_MODES: readonly unknown[] = ['default', 'acceptEdits', 'plan'];
const CALLS = /^mcp__.+__(invoke|invoke_async)$/;

/**
 * Answers a `PreToolUse` hook of Claude Code from the configuration and the catalog cache; starts no server. Resolves
 * with the exit code: 0, or 2 if the hook's input is no JSON object; Claude Code then blocks the call.
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

/**
 * Reads the inner call as the gateway does; undefined if it is no such call, or one that the gateway itself refuses.
 */
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

/**
 * Returns the strictest decision for the directories from which the session may have been started; mostly these are one
 * directory.
 */
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

/** Ranks decisions. Undefined is stricter than `allow`, because Claude Code may then ask. */
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
  // The configuration is broken; a running gateway may still use rules that it read before, so the user is asked.
  if (config instanceof GatewayError) return saying('ask', config.message);
  const found = await toolOf(id, config, cacheDirectory(env));
  if (!found) return undefined;
  const { tool, isRemembered } = found;
  const { action, rule } = verdictOn(tool, config.settings.permissions);
  if (action === 'deny') return saying('deny', `no tool "${clip(id)}"; use search to find tools`);
  if (action === 'ask') {
    const asksItself = ASKING_MODES.includes(permission_mode) && typeof tool_use_id === 'string';
    // If the approval cannot be written, the gateway asks the user a second time.
    if (asksItself) await storeApproval(dataDirectory(env), tool_use_id, id).catch(() => {});
    return saying(
      'ask',
      `${describeCall(tool, args)}\nAsked because of permissions[${rule}] in the gateway's configuration.`,
    );
  }
  // Claude Code's own rules must decide if no rule matches the tool, if the tool's annotations are unknown, or if it
  // belongs to a project's server, whose annotations the user may not have checked.
  const isProjects = config.project?.servers.includes(tool.server) === true;
  if (rule === undefined || !isRemembered || isProjects) return undefined;
  return saying('allow', `permissions[${rule}] of the gateway`);
}

function saying(permissionDecision: Decision['permissionDecision'], permissionDecisionReason: string): Decision {
  return { permissionDecision, permissionDecisionReason };
}

/**
 * Finds the tool of that id in the catalog cache; for an unknown tool of a configured server, returns one without
 * annotations, for which the protocol's defaults apply.
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
