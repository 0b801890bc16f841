import type { Command } from './command.ts';
import { SERVER_COMMANDS } from './server-commands.ts';

const CLIENT_IDS = 'claude-code, claude-desktop, cursor, vs-code, opencode, codex, windsurf, gemini-cli';

/** Every command. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  init: {
    usage: 'init [file]',
    group: 'set up',
    summary: 'write a commented mcp-gateway.yml to begin with, and show a new API key',
    options: {},
    example: 'mcp-gateway init && mcp-gateway start',
    async run({ words }, terminal) {
      const { init } = await import('./init.ts');
      return init(words, terminal);
    },
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
    async run({ words, values }, terminal) {
      const { importServers } = await import('./import.ts');
      return importServers(
        { ...values, sources: words, dryRun: values['dry-run'], leaveSecrets: values['leave-secrets'] },
        terminal,
      );
    },
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
    async run({ words, values }, terminal) {
      const { install } = await import('./install.ts');
      return install({ ...values, clients: words }, terminal);
    },
  },
  'agents-md': {
    usage: 'agents-md',
    group: 'set up',
    summary: 'print what the model should know, for AGENTS.md or CLAUDE.md',
    options: { append: 'file to append it to, once', remove: 'file to take it out of again' },
    example: 'mcp-gateway agents-md --append ~/.claude/CLAUDE.md',
    async run({ words, values }, terminal) {
      const { agentsMd } = await import('./agents-md.ts');
      const { reportMisuse } = await import('./report.ts');
      if (words.length > 0)
        return reportMisuse(terminal, 'agents-md', `found ${JSON.stringify(words[0])}, expected options`);
      return agentsMd(values, terminal);
    },
  },
  ...SERVER_COMMANDS,
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
    async run({ words, values }, terminal) {
      const { doctor } = await import('./doctor.ts');
      return doctor({ ...values, servers: words }, terminal);
    },
  },
  stats: {
    usage: 'stats',
    group: 'use',
    summary: 'what the gateway has saved, and what was called; counted on this machine only',
    options: { json: 'the figures as JSON', reset: 'begin anew' },
    example: 'mcp-gateway stats',
    async run({ words, values }, terminal) {
      const { stats } = await import('./stats.ts');
      return stats({ ...values, words }, terminal);
    },
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
    async run({ words, values }, terminal) {
      const { login } = await import('./login.ts');
      return login({ servers: words, config: values.config, noBrowser: values['no-browser'] }, terminal);
    },
  },
  logout: {
    usage: 'logout [server]',
    group: 'set up',
    takes: 'servers',
    summary: 'forget the login to a server, and have its tokens revoked where that can be done',
    options: { all: 'every login, also of servers that are configured no more', config: 'file of the servers' },
    example: 'mcp-gateway logout tickets',
    async run({ words, values }, terminal) {
      const { logout } = await import('./logout.ts');
      return logout({ servers: words, config: values.config, all: values.all }, terminal);
    },
  },
  status: {
    usage: 'status',
    group: 'use',
    summary: 'show the login to each remote server: where, as whom, until when, where it is kept',
    options: { json: 'as JSON', config: 'file of the servers' },
    example: 'mcp-gateway status --json',
    async run({ words, values }, terminal) {
      const { loginStatus } = await import('./login-status.ts');
      return loginStatus({ words, config: values.config, json: values.json }, terminal);
    },
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
    async run({ words, values }, terminal) {
      const { hooks } = await import('./hooks.ts');
      return hooks({ ...values, clients: words }, terminal);
    },
  },
  allow: {
    usage: 'allow [file or directory]',
    group: 'set up',
    summary: 'confirm the .mcp-gateway.json of a project; shows first what it does, or what has changed',
    options: { yes: 'do not ask', config: 'your own configuration, to compare with' },
    example: 'mcp-gateway allow ~/projects/shop',
    async run({ words, values }, terminal) {
      const { allow } = await import('./allow.ts');
      return allow({ ...values, words }, terminal);
    },
  },
  disallow: {
    usage: 'disallow [file or directory]',
    group: 'set up',
    summary: "take that back: the project's file has no effect, and is not mentioned",
    options: {},
    example: 'mcp-gateway disallow ~/projects/shop',
    async run({ words }, terminal) {
      const { disallow } = await import('./disallow.ts');
      return disallow(words, terminal);
    },
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
    async run({ words, values }, terminal) {
      const { trustServers } = await import('./trust.ts');
      return trustServers({ ...values, servers: words }, terminal);
    },
  },
  start: {
    usage: 'start [config]',
    group: 'serve',
    summary: 'serve many clients over HTTP: MCP at /mcp, REST at /api/v1, until Ctrl-C',
    options: { config: 'configuration file', port: 'port to listen at (4000)', host: 'address to bind (127.0.0.1)' },
    example: 'mcp-gateway start -c team.yml --port 8080',
    async run({ words, values: { config, port, host } }, terminal) {
      const { reportMisuse } = await import('./report.ts');
      if (words.length > (config ? 0 : 1)) return reportMisuse(terminal, 'start', 'one configuration file at a time');
      const { serveHttp } = await import('./start.ts');
      return serveHttp({ config: config ?? words[0], port, host }, terminal);
    },
  },
  schema: {
    usage: 'schema',
    summary: 'print the JSON Schema of the configuration file, for editors',
    options: {},
    example: 'mcp-gateway schema > mcp-gateway.schema.json',
    async run(_line, terminal) {
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
    async run({ words }, terminal) {
      const { completion } = await import('./completion.ts');
      return completion(words, terminal);
    },
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
