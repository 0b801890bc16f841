import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import type { CommandArguments } from '../../../src/cli/commands/command.ts';
import { trustServers } from '../../../src/cli/commands/trust.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { writeRecord } from '../../../src/config/project/project-file.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { ToolDefinition } from '../../../src/core/tool.ts';
import { Gateway } from '../../../src/gateway/gateway.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';
import { CHANGED, ChangingServer, READ } from '../../helpers/servers/changing-server.ts';

/** A home in which the gateway ran once with a server, and the command in it. */
async function home(entry: JsonObject = {}) {
  const files = clientFiles({ empty: true });
  const env = { HOME: files.home, XDG_DATA_HOME: join(files.home, 'd'), XDG_CACHE_HOME: join(files.home, 'k') };
  const server = new ChangingServer(READ);
  files.write('.config/mcp-gateway/config.json', JSON.stringify({ u: server.entry(entry) }));
  const session = async () => {
    const config = await loadConfig(files.config, env);
    const directories = {
      cacheDirectory: join(env.XDG_CACHE_HOME, 'mcp-gateway'),
      dataDirectory: join(env.XDG_DATA_HOME, 'mcp-gateway'),
    };
    const gateway = new Gateway(
      { ...config, servers: config.servers.map((one) => ({ ...one, start: 'eager' })) },
      directories,
    );
    gateway.startServers();
    await gateway.settled(30_000);
    await gateway.stop();
  };
  const run = async (args: Partial<CommandArguments> = {}, answer?: boolean) => {
    const asked: string[] = [];
    const ask =
      answer === undefined
        ? undefined
        : async (question: string) => {
            asked.push(question);
            return answer;
          };
    const code = await trustServers({ words: [], ...args }, { ...files.terminal, env, ask });
    return { code, said: files.said(), asked };
  };
  await session();
  const lists = async (...tools: readonly ToolDefinition[]) => {
    server.list(...tools);
    await session();
  };
  return { files, env, server, lists, run };
}

test('what changed is shown without a question where no server is named; nothing is written [trust.command]', async () => {
  const { lists, run } = await home();
  expect((await run({}, true)).said).toBe('All tools are as they were trusted.\n');
  await lists(CHANGED, { ...READ, name: 'more' });
  const { code, said, asked } = await run({}, true);
  const day = new Date().toISOString().slice(0, 10);
  expect(said).toBe(`u: 1 changed
  ~ read: description (seen since ${day})
      description
          Reads a file.
        + Also writes it.
          Takes an absolute path.

To trust them: mcp-gateway trust u; or mcp-gateway trust --all
`);
  expect([code, asked]).toEqual([0, []]);
});

test('a named server is trusted after a yes, and only then [trust.command]', async () => {
  const { lists, run } = await home({ pin: true });
  await lists(CHANGED, { ...READ, name: 'more' });
  expect((await run({ words: ['u'] }, false)).said).toContain('Nothing was changed.');
  expect((await run({ words: ['u'] })).said).toContain('--yes trusts 2 tools of u');
  const { said, asked } = await run({ words: ['u'] }, true);
  expect(asked).toEqual(['Trust 2 tools of u as shown?']);
  expect(said).toContain('u: 1 changed, 1 new; pinned: blocked until trusted');
  expect(said).toContain('  + more: new');
  expect(said).toContain('Trusted 2 tools of u.');
  expect((await run({ words: ['u'] }, true)).said).toBe('u: as it was trusted\n');
});

test('schemas are shown by their paths, and what is hidden is shown escaped [trust.command, trust.hidden]', async () => {
  const { lists, run } = await home();
  const path = { type: ['string', 'null'], description: 'Absolute\u202e path.' };
  await lists({
    ...READ,
    inputSchema: { type: 'object', properties: { path, note: { type: 'string' } }, required: ['path'] },
  });
  const { said } = await run({ words: ['u'] });
  expect(said).toContain('~ read: input schema (');
  expect(said).toContain('inputSchema.properties.path.type\n        - string\n        + ["string","null"]\n');
  expect(said).toContain('        - Absolute path.\n        + Absolute\\u{202e} path.\n');
  expect(said).toContain('inputSchema.required\n        + ["path"]\n');
  expect(said).toContain(
    '! suspicious: its inputSchema.properties.path.description overrides the direction of writing',
  );
  expect(said).not.toContain('\u202e');
});

test('a server that nobody knows anything of is asked, and trusted as it is [trust.command]', async () => {
  const { files, env, server, run } = await home();
  files.write('.config/mcp-gateway/config.json', JSON.stringify({ v: server.entry() }));
  const { code, said } = await run({ words: ['v'], yes: true });
  expect([code, said]).toEqual([0, 'v: nothing was known of it\nTrusted 1 tool of v.\n']);
  server.list(CHANGED);
  expect(existsSync(join(env.XDG_DATA_HOME, 'mcp-gateway', 'trust'))).toBe(true);
});

test('as JSON it tells all, and trusts with --yes only; --all takes every server [trust.command]', async () => {
  const { lists, run } = await home();
  await lists(CHANGED);
  const told = JSON.parse((await run({ json: true, all: true }, true)).said);
  expect(told).toMatchObject({
    servers: [
      {
        server: 'u',
        pinned: false,
        trusted: false,
        tools: [{ tool: 'read', kind: 'changed', changed: ['description'], before: READ, now: CHANGED }],
      },
    ],
  });
  expect(JSON.parse((await run({ json: true, all: true, yes: true })).said).servers[0].trusted).toBe(true);
  expect(JSON.parse((await run({ json: true })).said).servers[0].tools).toEqual([]);
});

test('the servers of a confirmed project are trusted in its directory [trust.project]', async () => {
  const { files, env, server } = await home();
  const project = join(files.home, 'shop');
  const text = JSON.stringify({ p: server.entry({ pin: true }) });
  const file = join(project, '.mcp-gateway.json');
  files.write('shop/.mcp-gateway.json', text);
  await writeRecord(join(env.XDG_DATA_HOME, 'mcp-gateway'), { path: file, text });
  const run = (cwd: string) => trustServers({ words: ['p'], yes: true }, { ...files.terminal, env, cwd });
  expect([await run(files.home), files.said()]).toEqual([2, expect.stringContaining('no server "p"')]);
  expect([await run(project), files.said()]).toEqual([0, 'p: nothing was known of it\nTrusted 1 tool of p.\n']);
});

test('what was trusted and cannot be read is shown whole, and trusted anew [pinned.lost]', async () => {
  const { files, env, run } = await home({ pin: true });
  const folder = join(env.XDG_DATA_HOME, 'mcp-gateway', 'trust');
  const [record = ''] = readdirSync(folder).filter((name) => name.endsWith('.record.json'));
  files.write(relative(files.home, join(folder, record)), '');
  const { code, said } = await run({ words: ['u'] }, true);
  expect(code).toBe(0);
  expect(said).toMatch(
    /^u: 1 to be trusted anew; pinned: blocked until trusted\n {2}What was trusted cannot be read \(.*\): all of it is shown\.\n/,
  );
  expect(said).toContain('        + Reads a file.\n');
  expect(said).toContain('Trusted 1 tool of u.');
  expect((await run({ words: ['u'] })).said).toBe('u: as it was trusted\n');
});

test('an unknown server is misuse, one that cannot be asked is an error with its cause [trust.command]', async () => {
  const { files, run } = await home();
  expect(await run({ words: ['w'] })).toMatchObject({ code: 2, said: expect.stringContaining('no server "w"') });
  files.write('.config/mcp-gateway/config.json', JSON.stringify({ broken: { command: ['no-such-program-here'] } }));
  const { code, said } = await run({ words: ['broken'] });
  expect(code).toBe(1);
  expect(said).toMatch(/^broken: cannot be asked; it is failing \(.*no-such-program-here/);
});
