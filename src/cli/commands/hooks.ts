import { resolve } from 'node:path';
import { type GatewayConfig, loadConfig } from '../../config/load.ts';
import { resolveConfigPath } from '../../config/locate.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { CLIENTS } from '../client-configs/clients.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CommandArguments } from './command.ts';
import { unknownClient } from './import.ts';
import { reportErrors, reportMisuse } from './report.ts';

/** The rules in a client's form: JSON for its file, and notes for people. */
interface Printed {
  readonly file?: string;
  readonly json?: object;
  readonly notes: readonly string[];
}

const ENTRY = 'gateway';
/** Our tools that call tools of servers. */
const CALLING = ['invoke', 'invoke_async'];
/** Seconds that Claude Code waits for the hook, which takes a fraction of a second. */
const HOOK_TIMEOUT_SECONDS = 10;
const EVERYWHERE =
  'The gateway goes by its own rules whichever client calls: what is denied is unknown, and what is to be asked about is asked through the client where it can ask (elicitation), else refused.';

/**
 * Implements `mcp-gateway hooks <client>`: prints the rules as far as the client's own file can express them. Resolves
 * with the exit code.
 */
export async function hooks(args: CommandArguments, terminal: Terminal): Promise<number> {
  const [name] = args.words;
  const client = CLIENTS.find(({ id }) => id === name);
  if (name === undefined)
    return reportMisuse(terminal, 'hooks', `names no client (known: ${CLIENTS.map(({ id }) => id).join(', ')})`);
  if (args.words.length > 1)
    return reportMisuse(terminal, 'hooks', `found ${args.words.length} arguments, expected one client`);
  if (!client) return reportMisuse(terminal, 'hooks', unknownClient(name));
  if (args.decide && client.id !== 'claude-code')
    return reportMisuse(terminal, 'hooks', '--decide answers hooks of claude-code only');
  if (args.decide) {
    const { decideHook } = await import('./hook-decision.ts');
    return decideHook(args.config, terminal);
  }
  return reportErrors(terminal, 'hooks', async () => {
    const config = await loadConfig(resolveConfigPath({ argument: args.config, env: terminal.env }), terminal.env);
    const { file, json, notes } = printedFor(client.id, client.name, config, args, terminal);
    if (json) terminal.write(`${JSON.stringify(json, undefined, 2)}\n`);
    const where = file === undefined ? [] : [`This goes into ${file}.`];
    terminal.writeError([...where, ...notes, ...rulesNote(config)].map((note) => `${displayText(note)}\n`).join(''));
    return 0;
  });
}

function printedFor(
  id: string,
  name: string,
  config: GatewayConfig,
  args: CommandArguments,
  terminal: Terminal,
): Printed {
  const entry = args.entry ?? ENTRY;
  if (id === 'claude-code') return claudeCodeHook(entry, args.config, terminal);
  if (id === 'opencode') return opencodeBlock(entry, config);
  return {
    notes: [
      `There is nothing to print for ${name}: the rules are not translated into anything of its own.`,
      EVERYWHERE,
    ],
  };
}

/**
 * Returns a hook for Claude Code, which runs its command before each call; the command decides by our rules on the tool
 * that the call names.
 */
function claudeCodeHook(entry: string, path: string | undefined, { self, cwd, env }: Terminal): Printed {
  const named = path ?? env.MCP_GATEWAY_CONFIG;
  const config = named ? ['--config', resolve(cwd, named)] : [];
  const command = [...self, 'hooks', 'claude-code', '--decide', ...config].map(quoted).join(' ');
  const matcher = CALLING.map((tool) => `mcp__${plain(entry)}__${tool}`).join('|');
  return {
    file: '~/.claude/settings.json',
    json: {
      hooks: { PreToolUse: [{ matcher, hooks: [{ type: 'command', command, timeout: HOOK_TIMEOUT_SECONDS }] }] },
    },
    notes: [
      'The hook reads the rules at each call: it need not be printed again when they change.',
      'What Claude Code has asked about, the gateway does not ask about again. Where no rule speaks of a tool, Claude Code goes by its own.',
    ],
  };
}

/** Returns rules for OpenCode, which match only the names of the tools that OpenCode sees. */
function opencodeBlock(entry: string, { settings: { permissions } }: GatewayConfig): Printed {
  const limits = [
    'OpenCode has rules for the names of the tools it sees. It sees "invoke" and not the tool within: no rule of its own can tell one from the other.',
    'What the gateway denies is unknown in OpenCode too.',
  ];
  if (!permissions.some(({ action }) => action === 'ask'))
    return { notes: [...limits, 'No rule asks: there is nothing to print.'] };
  const asked = Object.fromEntries(CALLING.map((tool) => [`${plain(entry)}_${tool}`, 'ask']));
  return {
    file: 'opencode.json',
    json: { permission: asked, mcp: { [entry]: { environment: { MCP_GATEWAY_ASK: 'client' } } } },
    notes: [
      ...limits,
      'With "permission" OpenCode asks before every call. The variable, beside the other fields of the entry, tells the gateway to leave the asking to it. An "always" there is for every tool.',
      'Without both, what is to be asked about is refused in OpenCode, as long as it cannot be asked by the gateway (elicitation).',
    ],
  };
}

function rulesNote({ path, settings: { permissions } }: GatewayConfig): string[] {
  return permissions.length > 0 ? [] : [`There are no rules yet in ${path}.`];
}

/** Returns the name of a server as clients write it within names of tools. */
function plain(name: string): string {
  return name.replace(/[^\w-]/g, '_');
}

/** Quotes a word for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w/.:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
