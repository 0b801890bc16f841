import { suggestion } from '../../config/diagnostic.ts';
import { nearest } from '../../core/nearest.ts';
import { VERSION } from '../../version.ts';
import { type Command, OPTIONS } from './command.ts';

type Row = Pick<Command, 'usage' | 'summary' | 'group'>;

const STDIO: Row = {
  usage: '[config]',
  summary: "serve an MCP client over stdio (this is what a client's entry runs)",
  group: 'serve',
};
const HELP: Row = { usage: 'help <command>', summary: 'its options, with an example' };

const HEADINGS: readonly (readonly [Command['group'], string])[] = [
  ['serve', 'Serve'],
  ['set up', 'Set up'],
  ['use', 'See and try what a model sees'],
  [undefined, 'More'],
];

/** Returns the text of `mcp-gateway --help`: one line for each command, under its heading. */
export function generalHelp(commands: Readonly<Record<string, Command>>): string {
  const rows = [STDIO, ...Object.values(commands).filter(({ hidden }) => !hidden), HELP];
  const width = Math.max(...rows.map(({ usage }) => usage.length));
  const line = ({ usage, summary }: Row) => `  mcp-gateway ${usage.padEnd(width)}  ${summary}`;
  const sections = HEADINGS.map(([group, title]) =>
    [title, ...rows.filter((row) => row.group === group).map(line)].join('\n'),
  );
  return `mcp-gateway ${VERSION}: one MCP server in front of all your MCP servers

${sections.join('\n\n')}

Options
  -c, --config <file>   configuration file (.json, .jsonc, .yml, .yaml)
  --no-project          leave the .mcp-gateway.json of the project alone
  --shared              serve by one gateway for all sessions, with one set of servers; started if there is none
  -h, --help            this text, or that of a command
  -v, --version         the version

Configuration, first found
  the file named on the command line, $MCP_GATEWAY_CONFIG,
  with start: mcp-gateway.yml in the working directory (.yaml, .json and .jsonc too),
  $XDG_CONFIG_HOME/mcp-gateway/config.json (else ~/.config/mcp-gateway/config.json; .jsonc, .yml and .yaml too)
  Over stdio the .mcp-gateway.json of the project comes on top, once it is confirmed by mcp-gateway allow.
  MCP_GATEWAY_PORT, MCP_GATEWAY_HOST and MCP_GATEWAY_LOG_LEVEL win over the file.
  It is watched: edits take effect while the gateway runs.

To begin with HTTP
  mcp-gateway init && mcp-gateway start
  curl -H 'Authorization: Bearer <the key that init showed>' http://127.0.0.1:4000/api/v1/tools

Example of a file
  {"everything": {"command": ["npx", "-y", "@modelcontextprotocol/server-everything"]},
   "grep": {"url": "https://mcp.grep.app"}}

Exit codes
  0 done; 1 failed, and stderr says why; 2 the command line is wrong, arguments of a tool included;
  3 of call: the tool itself answered with an error; 130 stopped by Ctrl-C

Logs are JSON lines on stderr, and lines for people where that is a terminal. Without a command stdout belongs to the protocol.
`;
}

/** Returns the text of `mcp-gateway <command> --help`. */
export function commandHelp({ usage, summary, options, example, more }: Command): string {
  const rows = Object.entries(options).map(([name, text]) => [signature(name as keyof typeof OPTIONS), text] as const);
  const width = Math.max(0, ...rows.map(([option]) => option.length));
  const listed = rows.map(([option, text]) => `  ${option.padEnd(width)}  ${text}\n`).join('');
  return `mcp-gateway ${usage}: ${summary}\n${listed && `\nOptions\n${listed}`}${more ? `\n${more}\n` : ''}\nExample\n  ${example}\n`;
}

function signature(name: keyof typeof OPTIONS): string {
  const option = OPTIONS[name];
  const short = 'short' in option ? `-${option.short}, ` : '';
  return `${short}--${name}${option.type === 'string' ? ` <${name}>` : ''}`;
}

type Commands = Readonly<Record<string, Command>>;

/** Names of commands in other programs, and our commands for the same purpose. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ls: 'list',
  servers: 'list',
  tools: 'list',
  find: 'search',
  show: 'describe',
  info: 'describe',
  run: 'call',
  exec: 'call',
  invoke: 'call',
  rm: 'remove',
  delete: 'remove',
  uninstall: 'install <client> --undo',
  serve: 'start',
  check: 'doctor',
  tail: 'logs',
  log: 'logs',
  version: '--version',
};

/** Returns the message for an unknown command, with the nearest known one. */
export function unknownCommand(name: string, commands: Commands): string {
  const listed = Object.entries(commands).flatMap(([each, { hidden }]) => (hidden ? [] : [each]));
  const meant = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : nearest(name, [...listed, 'help']);
  const file = `a configuration file of that name is written ./${name}`;
  return `there is no command ${JSON.stringify(name)}${suggestion(meant)} (${file})`;
}

/** Returns the message for a command line that `parseArgs` refuses, with the nearest known option. */
export function refusedOption(cause: string, argv: readonly string[], own: readonly string[]): string {
  const [, written] = /^Unknown option '(-[^']*)'/.exec(cause) ?? [];
  if (written === undefined) return wrongValue(cause, argv);
  const whole = argv.find((word) => word.startsWith(written) && /^-\w/.test(word)) ?? written;
  const name = whole.replace(/^-+/, '').replace(/=.*$/s, '');
  const meant = nearest(name, own) ?? nearest(name, Object.keys(OPTIONS));
  return `there is no option ${JSON.stringify(whole.replace(/=.*$/s, ''))}${suggestion(meant && `--${meant}`)}`;
}

/** Returns the message for a known option whose value is missing or superfluous. */
function wrongValue(cause: string, argv: readonly string[]): string {
  const [, written, problem] = /^Option '(?:-\w, )?(--?[\w-]+)(?: <value>)?' (.*)/s.exec(cause) ?? [];
  // Node's further sentences explain how to pass such a word as a positional argument; they are left out.
  if (written === undefined || problem === undefined) return cause.split(/\. |\n/)[0] ?? cause;
  const [long, option] =
    Object.entries(OPTIONS).find(([each, option]) => [`--${each}`, shortOf(option)].includes(written)) ?? [];
  const name = long === undefined ? written : `--${long}`;
  if (problem.startsWith('does not take')) return `${name} takes no value`;
  const next = argv.find(
    (word, index) => word.startsWith('-') && [name, option && shortOf(option)].includes(argv[index - 1] ?? ''),
  );
  return next === undefined
    ? `${name} wants a value`
    : `${name} wants a value; if it is ${JSON.stringify(next)}, write ${name}=${next}`;
}

function shortOf(option: (typeof OPTIONS)[keyof typeof OPTIONS]): string {
  return 'short' in option ? `-${option.short}` : '';
}

/** Returns the first word of a command line that is no option, which is its command; works for wrong options too. */
export function firstWord(argv: readonly string[]): string | undefined {
  return argv.find((word) => !word.startsWith('-'));
}
