import type { Command } from './command.ts';

const CLIENT_IDS = 'claude-code, claude-desktop, cursor, vs-code, opencode, codex, windsurf, gemini-cli';

const JSON_OR_TABLE = {
  json: 'as JSON, which it is anyway where stdout is no terminal',
  human: 'for people, also where stdout is no terminal',
} as const;

const WAIT = 'seconds to wait in all (4); servers that are not up by then are named, with what they wait for';

const PRIMITIVES_OPTIONS = {
  config: 'configuration file',
  server: 'only this server; may be given several times',
  timeout: WAIT,
  output: 'folder for what is no text (the working directory)',
  ...JSON_OR_TABLE,
} as const;

const CALL_OUTPUT = `What is written
${[
  '- A text goes to a file or a program byte for byte: no newline is added, and no colour. Several stand one below the other.',
  '- Images, sounds and other files are saved under new names, which are written in their place. Links are written with what is said of them.',
  '- Structured content is shown where it says more than the texts; to a file or a program only where there is no text. --json has all of it.',
  '- What a tool reports as its error goes to stderr, and the exit code is 3.',
]
  .map((line) => `  ${line}`)
  .join('\n')}`;

/**
 * Every command, in the order of `--help`. A gateway for a client does not load this table; a command loads only its
 * own module.
 */
export const COMMANDS: Readonly<Record<string, Command>> = {
  init: {
    usage: 'init [file]',
    group: 'set up',
    summary: 'write a commented mcp-gateway.yml to begin with, and show a new API key',
    options: {},
    example: 'mcp-gateway init && mcp-gateway start',
    run: async (args, terminal) => (await import('./init.ts')).init(args.words, terminal),
  },
  import: {
    usage: 'import [client…]',
    group: 'set up',
    takes: 'clients',
    summary: `take over the servers of other clients (${CLIENT_IDS}) or of a file; shows them first`,
    options: {
      config: 'file to add them to',
      yes: 'do not ask',
      'dry-run': 'show, and write nothing',
      'leave-secrets': 'leave secrets where they are, and set the variables yourself',
      json: 'what was found and done as JSON; writes with --yes only',
    },
    example: 'mcp-gateway import claude-code ./servers.json',
    run: async (args, terminal) => (await import('./import.ts')).importServers(args, terminal),
  },
  install: {
    usage: 'install <client>',
    group: 'set up',
    takes: 'clients',
    summary: "put the gateway into a client's file, in place of the servers that it has; shows it first",
    options: {
      undo: 'put back what was there before the first install',
      project: 'the file of the working directory instead of the user’s',
      keep: 'leave servers in the client that the gateway has too',
      yes: 'do not ask',
      shared: 'one set of servers for all sessions',
      runner: 'npx or bunx, with --package',
      package: 'package file that the runner runs; without it the entry runs this very copy',
    },
    example: 'mcp-gateway install claude-code --package ~/mcp-gateway-0.1.0.tgz',
    run: async (args, terminal) => (await import('./install.ts')).install(args, terminal),
  },
  'agents-md': {
    usage: 'agents-md',
    group: 'set up',
    summary: 'print what the model should know, for AGENTS.md or CLAUDE.md',
    options: { append: 'file to append it to, once', remove: 'file to take it out of again' },
    example: 'mcp-gateway agents-md --append ~/.claude/CLAUDE.md',
    run: async (args, terminal) => (await import('./agents-md.ts')).agentsMd(args, terminal),
  },
  list: {
    usage: 'list [server…]',
    summary: 'the servers, where they stand and what their tools would cost; or the tools of some',
    options: {
      config: 'configuration file',
      start: 'start also servers that are idle',
      timeout: WAIT,
      ...JSON_OR_TABLE,
    },
    example: 'mcp-gateway list',
    group: 'use',
    takes: 'servers',
    run: async (args, terminal) => (await import('./list.ts')).list(args, terminal),
  },
  search: {
    usage: 'search [words…]',
    summary: 'find tools as a model does',
    options: {
      config: 'configuration file',
      server: 'only this server; may be given several times',
      tag: 'only servers with this tag; may be given several times',
      limit: 'most results (10)',
      timeout: WAIT,
      ...JSON_OR_TABLE,
    },
    example: 'mcp-gateway search read a text file --limit 3',
    group: 'use',
    run: async (args, terminal) => (await import('./search.ts')).search(args, terminal),
  },
  describe: {
    usage: 'describe <id…>',
    summary: 'the definition of a tool: arguments, what it gives back, what it says of itself',
    options: {
      config: 'configuration file',
      timeout: 'seconds that the start of its server may take (30)',
      ...JSON_OR_TABLE,
    },
    example: 'mcp-gateway describe files::read_text_file',
    group: 'use',
    takes: 'tools',
    run: async (args, terminal) => (await import('./describe.ts')).describe(args, terminal),
  },
  call: {
    usage: 'call <id> [key=value…]',
    summary: 'call a tool, and write what it answers; Ctrl-C cancels',
    options: {
      config: 'configuration file',
      args: 'arguments as JSON, @file or - for stdin; key=value goes over them, key:=… is JSON, a.b=… within an object',
      output: 'folder for images and other files (the working directory)',
      timeout: 'seconds for all of it, the start of the server included (30 for each, or what its entry says of calls)',
      root: 'folder that the server is told as a root; may be given several times; without it there are none',
      json: 'the whole result as JSON, structured content included',
    },
    more: CALL_OUTPUT,
    example: 'mcp-gateway call files::read_text_file path=notes.txt head=5',
    group: 'use',
    takes: 'tools',
    run: async (args, terminal) => (await import('./call.ts')).call(args, terminal),
  },
  add: {
    usage: 'add <name> <url | -- command…>',
    summary: 'add a server to the configuration, start it once and show its tools',
    options: {
      config: 'file to add it to',
      env: "variable for a command, 'NAME=value'; may be given several times",
      header: "HTTP header for an address, 'Name: value'; may be given several times",
      description: 'what it is good for; the model reads this',
      tag: 'label that search can filter by; may be given several times',
      'dry-run': 'show, and write nothing',
      'no-try': 'do not start it to see its tools',
      timeout: 'seconds that its first start may take (30)',
    },
    example: 'mcp-gateway add files -- npx -y @modelcontextprotocol/server-filesystem ~/notes',
    group: 'set up',
    async run(args, terminal) {
      const { add } = await import('./add.ts');
      const code = await add(args, terminal);
      if (code !== 0 || args['dry-run'] || args['no-try']) return code;
      const { tryServer } = await import('./try-server.ts');
      return tryServer({ ...args, server: args.words[0] ?? '' }, terminal);
    },
  },
  remove: {
    usage: 'remove <name…>',
    summary: 'take servers out of the configuration',
    options: { config: 'file to take them from' },
    example: 'mcp-gateway remove files',
    group: 'set up',
    takes: 'servers',
    run: async (args, terminal) => (await import('./remove.ts')).remove(args, terminal),
  },
  enable: switchCommand(true, 'switch servers of the configuration on again; gateways that run take it over'),
  disable: switchCommand(false, 'switch servers off without taking them out'),
  logs: {
    usage: 'logs <server>',
    summary: 'what a server said on stderr, and what became of it, in any gateway of yours',
    options: {
      follow: 'go on showing what comes, until Ctrl-C',
      limit: 'lines to begin with (100)',
      config: 'file in which it stands',
      json: 'a JSON object a line',
    },
    example: 'mcp-gateway logs github --follow',
    group: 'use',
    takes: 'servers',
    run: async (args, terminal) => (await import('./logs.ts')).logs(args, terminal),
  },
  resources: {
    usage: 'resources [list | read <uri>]',
    summary: 'the resources of the servers, or one of them',
    options: PRIMITIVES_OPTIONS,
    example: 'mcp-gateway resources read demo://static/readme.md',
    group: 'use',
    takes: 'resources',
    run: async (args, terminal) => (await import('./resources.ts')).resources(args, terminal),
  },
  prompts: {
    usage: 'prompts [list | get <name> [key=value…]]',
    summary: 'the prompts of the servers, or one of them filled in',
    options: PRIMITIVES_OPTIONS,
    example: 'mcp-gateway prompts get review language=go',
    group: 'use',
    takes: 'prompts',
    run: async (args, terminal) => (await import('./prompts.ts')).prompts(args, terminal),
  },
  doctor: {
    usage: 'doctor [server…]',
    group: 'use',
    takes: 'servers',
    summary: 'look for what is wrong, and say what cures it; asks every server, or those named',
    options: {
      config: 'configuration file',
      timeout: 'seconds that a server may take to start (30)',
      json: 'the findings as JSON',
    },
    example: 'mcp-gateway doctor github --timeout 60',
    run: async (args, terminal) => (await import('./doctor.ts')).doctor(args, terminal),
  },
  stats: {
    usage: 'stats',
    group: 'use',
    summary: 'what the gateway has saved, and what was called; counted on this machine only',
    options: { json: 'the figures as JSON', reset: 'begin anew' },
    example: 'mcp-gateway stats',
    run: async (args, terminal) => (await import('./stats.ts')).stats(args, terminal),
  },
  login: {
    usage: 'login <server>',
    group: 'set up',
    takes: 'servers',
    summary: 'log in to a remote server that asks for it, with your browser',
    options: {
      'no-browser': 'open none: show the address, and take the one that the browser ends at from stdin (SSH)',
      config: 'file in which the server stands',
    },
    example: 'mcp-gateway login tickets --no-browser',
    run: async (args, terminal) => (await import('./login.ts')).login(args, terminal),
  },
  logout: {
    usage: 'logout [server]',
    group: 'set up',
    takes: 'servers',
    summary: 'forget the login to a server, and have its tokens revoked where that can be done',
    options: { all: 'every login, also of servers that are configured no more', config: 'file of the servers' },
    example: 'mcp-gateway logout tickets',
    run: async (args, terminal) => (await import('./logout.ts')).logout(args, terminal),
  },
  status: {
    usage: 'status',
    group: 'use',
    summary: 'show the login to each remote server: where, as whom, until when, where it is kept',
    options: { json: 'as JSON', config: 'file of the servers' },
    example: 'mcp-gateway status --json',
    run: async (args, terminal) => (await import('./login-status.ts')).loginStatus(args, terminal),
  },
  hooks: {
    usage: 'hooks <client>',
    group: 'set up',
    takes: 'clients',
    summary: 'print the permission rules as far as the client’s own file can express them',
    options: {
      config: 'file with the rules',
      entry: 'key of the gateway’s entry in the client (gateway)',
      decide: 'answer a PreToolUse hook of Claude Code, which is read from stdin',
    },
    example: 'mcp-gateway hooks claude-code',
    run: async (args, terminal) => (await import('./hooks.ts')).hooks(args, terminal),
  },
  allow: {
    usage: 'allow [file or directory]',
    group: 'set up',
    summary: 'confirm the .mcp-gateway.json of a project; shows first what it does, or what has changed',
    options: { yes: 'do not ask', config: 'your own configuration, to compare with' },
    example: 'mcp-gateway allow ~/projects/shop',
    run: async (args, terminal) => (await import('./allow.ts')).allow(args, terminal),
  },
  disallow: {
    usage: 'disallow [file or directory]',
    group: 'set up',
    summary: "take that back: the project's file has no effect, and is not mentioned",
    options: {},
    example: 'mcp-gateway disallow ~/projects/shop',
    run: async (args, terminal) => (await import('./allow.ts')).disallow(args.words, terminal),
  },
  trust: {
    usage: 'trust [server…]',
    group: 'set up',
    takes: 'servers',
    summary: 'show which tools have changed since they were first seen, and trust them as they are',
    options: {
      config: 'configuration file',
      all: 'every server whose tools have changed',
      yes: 'do not ask',
      timeout: 'seconds that servers may take to start (30)',
      json: 'what changed as JSON; trusts with --yes only',
    },
    example: 'mcp-gateway trust files',
    run: async (args, terminal) => (await import('./trust.ts')).trustServers(args, terminal),
  },
  start: {
    usage: 'start [config]',
    group: 'serve',
    summary: 'serve many clients over HTTP: MCP at /mcp, REST at /api/v1, until Ctrl-C',
    options: { config: 'configuration file', port: 'port to listen at (4000)', host: 'address to bind (127.0.0.1)' },
    example: 'mcp-gateway start -c team.yml --port 8080',
    run: async (args, terminal) => (await import('./start.ts')).serveHttp(args, terminal),
  },
  schema: {
    usage: 'schema',
    summary: 'print the JSON Schema of the configuration file, for editors',
    options: {},
    example: 'mcp-gateway schema > mcp-gateway.schema.json',
    async run(_args, terminal) {
      const { jsonSchema } = await import('../../config/schema.ts');
      terminal.write(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
      return 0;
    },
  },
  completion: {
    usage: 'completion <bash|zsh|fish>',
    summary: 'print what has the shell complete commands, options, servers and tools',
    options: {},
    example: 'mcp-gateway completion bash >> ~/.bashrc',
    takes: 'shells',
    run: async (args, terminal) => (await import('./completion.ts')).completion(args.words, terminal),
  },
  complete: {
    usage: 'complete -- [words…]',
    summary: 'for the shell: what the last word may become',
    options: {},
    example: 'mcp-gateway complete -- call files::',
    hidden: true,
    async run({ words }, terminal) {
      const { complete } = await import('./complete.ts');
      return complete(words, COMMANDS, terminal);
    },
  },
};

function switchCommand(isOn: boolean, summary: string): Command {
  const name = isOn ? 'enable' : 'disable';
  return {
    usage: `${name} <name…>`,
    summary,
    options: { config: 'file in which they stand' },
    example: `mcp-gateway ${name} files`,
    group: 'set up',
    takes: isOn ? 'disabled' : 'servers',
    run: async (args, terminal) => (await import('./switch.ts')).switchInFile(isOn, args, terminal),
  };
}
