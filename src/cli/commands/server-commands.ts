import type { Command } from './command.ts';

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

/** What shows a person what a model sees, and has them try it; and the servers themselves. */
export const SERVER_COMMANDS = {
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
    async run({ words, values }, terminal) {
      const { list } = await import('./list.ts');
      return list({ ...values, servers: words }, terminal);
    },
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
    async run({ words, values }, terminal) {
      const { search } = await import('./search.ts');
      return search({ ...values, words }, terminal);
    },
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
    async run({ words, values }, terminal) {
      const { describe } = await import('./describe.ts');
      return describe({ ...values, ids: words }, terminal);
    },
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
    async run({ words, values }, terminal) {
      const { call } = await import('./call.ts');
      return call({ ...values, words }, terminal);
    },
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
    async run({ words, values }, terminal) {
      const { add } = await import('./add.ts');
      const code = await add({ ...values, words, dryRun: values['dry-run'] }, terminal);
      if (code !== 0 || values['dry-run'] || values['no-try']) return code;
      const { tryServer } = await import('./try-server.ts');
      return tryServer({ ...values, server: words[0] ?? '' }, terminal);
    },
  },
  remove: {
    usage: 'remove <name…>',
    summary: 'take servers out of the configuration',
    options: { config: 'file to take them from' },
    example: 'mcp-gateway remove files',
    group: 'set up',
    takes: 'servers',
    async run({ words, values }, terminal) {
      const { remove } = await import('./remove.ts');
      return remove({ ...values, names: words }, terminal);
    },
  },
  enable: switching(true, 'switch servers of the configuration on again; gateways that run take it over'),
  disable: switching(false, 'switch servers off without taking them out'),
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
    async run({ words, values }, terminal) {
      const { logs } = await import('./logs.ts');
      return logs({ ...values, servers: words }, terminal);
    },
  },
  resources: {
    usage: 'resources [list | read <uri>]',
    summary: 'the resources of the servers, or one of them',
    options: PRIMITIVES_OPTIONS,
    example: 'mcp-gateway resources read demo://static/readme.md',
    group: 'use',
    takes: 'resources',
    async run({ words, values }, terminal) {
      const { resources } = await import('./resources.ts');
      return resources({ ...values, words }, terminal);
    },
  },
  prompts: {
    usage: 'prompts [list | get <name> [key=value…]]',
    summary: 'the prompts of the servers, or one of them filled in',
    options: PRIMITIVES_OPTIONS,
    example: 'mcp-gateway prompts get review language=go',
    group: 'use',
    takes: 'prompts',
    async run({ words, values }, terminal) {
      const { prompts } = await import('./prompts.ts');
      return prompts({ ...values, words }, terminal);
    },
  },
} satisfies Readonly<Record<string, Command>>;

function switching(isOn: boolean, summary: string): Command {
  const name = isOn ? 'enable' : 'disable';
  return {
    usage: `${name} <name…>`,
    summary,
    options: { config: 'file in which they stand' },
    example: `mcp-gateway ${name} files`,
    group: 'set up',
    takes: isOn ? 'disabled' : 'servers',
    async run({ words, values }, terminal) {
      const { switchInFile } = await import('./switch.ts');
      return switchInFile({ names: words, config: values.config, isOn }, terminal);
    },
  };
}
