import type { Command } from './command.ts';

const JSON_OR_TABLE = {
  json: 'as JSON, which it is anyway where stdout is no terminal',
  human: 'for people, also where stdout is no terminal',
} as const;

/** What shows a person what a model sees, and has them try it; and the servers themselves. */
export const PEOPLE_COMMANDS = {
  list: {
    usage: 'list [server…]',
    summary: 'the servers, where they stand and what their tools would cost; or the tools of some',
    options: { config: 'configuration file', start: 'start also servers that are idle', ...JSON_OR_TABLE },
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
    options: { config: 'configuration file', ...JSON_OR_TABLE },
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
    summary: 'call a tool; images and other files are saved, Ctrl-C cancels',
    options: {
      config: 'configuration file',
      args: 'arguments as JSON, @file or - for stdin; key=value goes over them, key:=… is JSON, a.b=… within an object',
      output: 'folder for images and other files (the working directory)',
      timeout: 'seconds that it may take (30, or what the server’s entry says)',
      json: 'the whole result as JSON',
    },
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
    summary: 'add a server to the configuration',
    options: {
      config: 'file to add it to',
      env: "variable for a command, 'NAME=value'; may be given several times",
      header: "HTTP header for an address, 'Name: value'; may be given several times",
      description: 'what it is good for; the model reads this',
      tag: 'label that search can filter by; may be given several times',
      'dry-run': 'show, and write nothing',
    },
    example: 'mcp-gateway add files -- npx -y @modelcontextprotocol/server-filesystem ~/notes',
    group: 'set up',
    async run({ words, values }, terminal) {
      const { add } = await import('./add.ts');
      return add({ ...values, words, dryRun: values['dry-run'] }, terminal);
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
} satisfies Readonly<Record<string, Command>>;
