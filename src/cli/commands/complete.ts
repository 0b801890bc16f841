import { resolve } from 'node:path';
import { type GatewayConfig, loadConfig } from '../../config/load.ts';
import { resolveConfigPath } from '../../config/locate.ts';
import type { ServerConfig } from '../../config/schema.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { cacheDirectory } from '../../platform/directories.ts';
import { serverMemory } from '../../upstream/catalog-cache.ts';
import { CLIENTS } from '../client-configs/clients.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { childAt } from './calling/read-arguments.ts';
import { type Command, OPTIONS } from './command.ts';
import { SHELLS } from './completion.ts';

/** A candidate for the word under the cursor. The shell appends no space to a value that ends with `:` or `=`. */
export interface Completion {
  readonly value: string;
  readonly about?: string;
}

/** The parsed command line before the cursor. */
interface Typed {
  /** The word under the cursor. */
  readonly current: string;
  readonly name: string | undefined;
  readonly command: Command | undefined;
  /** Words of the command before the cursor. */
  readonly words: readonly string[];
  /** The option whose value is under the cursor. */
  readonly option: string | undefined;
  readonly config: string | undefined;
}

/** Reads the cached lists of servers. */
type RememberedLists = Pick<ReturnType<typeof serverMemory>, 'recallList'>;

type Commands = Readonly<Record<string, Command>>;

/**
 * Implements `mcp-gateway complete -- <words…>` for shells: writes one candidate on each line, with a tab and a
 * description. Never fails; resolves with 0.
 */
export async function complete(words: readonly string[], commands: Commands, terminal: Terminal): Promise<number> {
  const found = await candidates(words, commands, terminal).catch(() => []);
  const lines = found.map(({ value, about }) =>
    about ? `${displayText(value)}\t${displayText(about)}` : displayText(value),
  );
  terminal.write(lines.map((line) => `${line}\n`).join(''));
  return 0;
}

/** Returns the candidates for the last of the words after `mcp-gateway`; starts and asks no server. */
export async function candidates(
  words: readonly string[],
  commands: Commands,
  terminal: Terminal,
): Promise<Completion[]> {
  const typed = takenApart(words, commands);
  const all = await wordsFor(typed, commands, terminal);
  return all.filter(({ value }) => value.startsWith(typed.current) && value !== typed.current);
}

function takenApart(all: readonly string[], commands: Commands): Typed {
  const current = all.at(-1) ?? '';
  const words: string[] = [];
  let option: string | undefined;
  let config: string | undefined;
  for (const word of all.slice(0, -1)) {
    if (option === 'config') config = word;
    if (option !== undefined) option = undefined;
    else if (word.startsWith('-')) option = valueOption(word);
    else words.push(word);
  }
  const [name, ...rest] = words;
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  return { current, name, command, words: rest, option, config };
}

/** Returns the name of an option that takes a value; undefined for any other word. */
function valueOption(word: string): string | undefined {
  const named = Object.entries(OPTIONS).find(
    ([name, option]) => word === `--${name}` || ('short' in option && word === `-${option.short}`),
  );
  return named?.[1].type === 'string' ? named[0] : undefined;
}

async function wordsFor(typed: Typed, commands: Commands, terminal: Terminal): Promise<Completion[]> {
  const { current, name, command, option, words } = typed;
  if (option !== undefined)
    return option === 'server' ? serverIds(typed, terminal) : plain(OPTION_VALUES[option] ?? []);
  if (name === undefined || (name === 'help' && words.length === 0)) return commandNames(commands);
  if (!command) return [];
  if (current.startsWith('-')) return optionsOf(command);
  switch (command.takes) {
    case 'clients':
      return CLIENTS.map((client) => ({ value: client.id, about: client.name }));
    case 'servers':
      return serverIds(typed, terminal);
    case 'disabled':
      return plain((await configuration(typed, terminal)).disabled);
    case 'resources':
    case 'prompts': {
      return primitives(
        command.takes,
        words,
        await servers(typed, terminal),
        serverMemory(cacheDirectory(terminal.env)),
      );
    }
    case 'shells':
      return plain(SHELLS);
    case 'tools':
      return name === 'call' && words.length > 0 ? argumentsOf(typed, terminal) : toolIds(typed, terminal);
    default:
      return [];
  }
}

const OPTION_VALUES: Readonly<Record<string, readonly string[]>> = { runner: ['npx', 'bunx'] };

function plain(values: readonly string[]): Completion[] {
  return values.map((value) => ({ value }));
}

function commandNames(commands: Commands): Completion[] {
  const listed = Object.entries(commands).filter(([, { hidden }]) => !hidden);
  return [
    ...listed.map(([value, { summary }]) => ({ value, about: summary })),
    { value: 'help', about: 'a command in full' },
  ];
}

function optionsOf({ options }: Command): Completion[] {
  const named = Object.entries(options).map(([name, about]) => ({ value: `--${name}`, about }));
  return [...named, { value: '--help', about: 'its options, with an example' }];
}

function configuration({ config }: Typed, { cwd, env }: Terminal): Promise<GatewayConfig> {
  return loadConfig(resolveConfigPath({ argument: config && resolve(cwd, config), env }), env);
}

async function servers(typed: Typed, terminal: Terminal): Promise<readonly ServerConfig[]> {
  return (await configuration(typed, terminal)).servers;
}

async function serverIds(typed: Typed, terminal: Terminal): Promise<Completion[]> {
  return (await servers(typed, terminal)).map(({ key, description }) => ({
    value: key,
    ...(description && { about: description }),
  }));
}

/**
 * Returns the servers' keys, or the cached tools of a server if its key is already typed: so at most one server's cache
 * is read.
 */
async function toolIds(typed: Typed, terminal: Terminal): Promise<Completion[]> {
  const all = await servers(typed, terminal);
  const server = all.find(({ key }) => typed.current.startsWith(`${key}::`));
  if (!server)
    return all.map(({ key, description }) => ({ value: `${key}::`, ...(description && { about: description }) }));
  return toolsOf(server, terminal).map(({ name, description }) => {
    const about = typeof description === 'string' ? description.split('\n')[0]?.slice(0, 100) : undefined;
    return { value: `${server.key}::${name}`, ...(about && { about }) };
  });
}

function toolsOf(server: ServerConfig, { env }: Terminal): readonly ToolDefinition[] {
  return serverMemory(cacheDirectory(env)).recall(server)?.tools ?? [];
}

/** Returns `name=` for each argument not yet given, or the possible values of the argument that is being typed. */
async function argumentsOf(typed: Typed, terminal: Terminal): Promise<Completion[]> {
  const [id = '', ...given] = typed.words;
  const server = (await servers(typed, terminal)).find(({ key }) => id.startsWith(`${key}::`));
  const tool = server && toolsOf(server, terminal).find(({ name }) => id === `${server.key}::${name}`);
  if (!tool || !isJsonObject(tool.inputSchema.properties)) return [];
  const [, name] = /^([^=]+)=/.exec(typed.current) ?? [];
  if (name !== undefined) return plain(choices(tool.inputSchema, name).map((value) => `${name}=${value}`));
  const names = Object.entries(tool.inputSchema.properties).filter(
    ([each]) => !given.some((word) => word.startsWith(`${each}=`)),
  );
  return names.map(([each, schema]) => ({ value: `${each}=`, ...aboutOf(schema) }));
}

function choices(root: JsonObject, name: string): readonly string[] {
  const { schema } = childAt({ schema: root, root }, name);
  if (!isJsonObject(schema)) return [];
  if (schema.type === 'boolean') return ['true', 'false'];
  return Array.isArray(schema.enum) ? schema.enum.map(String) : [];
}

function aboutOf(schema: unknown): { about?: string } {
  const text = isJsonObject(schema) && typeof schema.description === 'string' ? schema.description.split('\n')[0] : '';
  return text ? { about: text.slice(0, 100) } : {};
}

/**
 * Returns the candidates after `resources` or `prompts`: a verb, then a URI or name, then the arguments of a prompt.
 */
function primitives(
  kind: 'resources' | 'prompts',
  [verb, name, ...given]: readonly string[],
  servers: readonly ServerConfig[],
  memory: RememberedLists,
): Completion[] {
  const one = kind === 'resources' ? 'read' : 'get';
  if (verb === undefined) return [{ value: 'list' }, { value: one }];
  if (verb !== one) return [];
  const items = servers.flatMap((server) => memory.recallList(server, kind)?.items ?? []);
  const called = kind === 'resources' ? 'uri' : 'name';
  if (name === undefined) return items.map((item) => candidate(item[called], item.title ?? item.description));
  const prompt = items.find((item) => item[called] === name);
  const taken = kind === 'prompts' && Array.isArray(prompt?.arguments) ? prompt.arguments.filter(isJsonObject) : [];
  return taken
    .filter((argument) => !given.some((word) => word.startsWith(`${argument.name}=`)))
    .map((argument) => candidate(`${argument.name}=`, argument.description));
}

function candidate(value: unknown, about: JsonObject[string]): Completion {
  const text = typeof about === 'string' ? about.split('\n')[0]?.slice(0, 100) : undefined;
  return { value: String(value), ...(text && { about: text }) };
}
