// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Browser } from '../helpers/clients/browser.ts';
import { textOf } from '../helpers/clients/results.ts';
import { runBin, startBin } from '../helpers/command-line/bin.ts';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { startAuthorizationServer } from '../helpers/logins/openid-provider.ts';
import { local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

/** What a server that prints a variable of its environment is started with. */
const printing = (environment: object) => ({ ...local(), environment });

/** A home in which the files are there before the gateway starts. */
async function startBeside(config: object, files: Readonly<Record<string, string>>, env = {}): Promise<Gateway> {
  const gateway = await startGateway({ args: ['config.json'], env });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(gateway.home, name), text);
  gateway.writeConfig(config);
  return gateway;
}

const valueIn = async (gateway: Gateway, name: string) => textOf(await gateway.invoke('u::env', { name }));

test('files and secrets are read anew when the configuration is [secrets.reload]', async () => {
  const config = (note: string) => ({
    $gateway: { secrets: { file: 'secrets' } },
    u: printing({ FROM_FILE: '{file:token}', FROM_SECRETS: '${NAME}', NOTE: note }),
  });
  const gateway = await startBeside(config('first'), { token: 'first-token\n', secrets: 'NAME=first-secret\n' });
  await gateway.knows('u::env');
  expect([await valueIn(gateway, 'FROM_FILE'), await valueIn(gateway, 'FROM_SECRETS')]).toEqual([
    'first-token',
    'first-secret',
  ]);
  writeFileSync(join(gateway.home, 'token'), 'second-token\n');
  writeFileSync(join(gateway.home, 'secrets'), 'NAME=second-secret\n');
  gateway.writeConfig(config('second'));
  await waitUntil(async () => (await valueIn(gateway, 'FROM_FILE')) === 'second-token');
  expect(await valueIn(gateway, 'FROM_SECRETS')).toBe('second-secret');
});

test('a secrets command that hangs keeps neither the client nor other servers waiting, and one that answers late is heard [secrets.late]', async () => {
  const gate = join((await startGateway()).home, 'gate');
  const command = ['sh', '-c', `until [ -e ${gate} ]; do sleep 0.05; done; echo NAME=late-secret`];
  const gateway = await startGateway({
    config: {
      $gateway: { secrets: { command, timeoutMs: 60_000 } },
      u: printing({ FROM_SECRETS: '{secret:NAME}' }),
      other: local(),
    },
  });
  await gateway.knows('other::env');
  expect(JSON.stringify((await gateway.search('')).unavailable)).toContain('have not answered yet');
  writeFileSync(gate, '');
  await gateway.knows('u::env');
  expect(await valueIn(gateway, 'FROM_SECRETS')).toBe('late-secret');
});

const SECRETS = {
  file: 'secret-of-a-file-1a',
  second: 'second-line-of-the-file-2b',
  dotenv: 'secret of dotenv & more-3c',
  variable: 'secret-of-a-variable-4d',
};

test('no secret and no token is in a log, an answer, an output or a file that is not theirs [secrets.nowhere, secrets.others]', async () => {
  const server = await startAuthorizationServer();
  const blurts =
    'for (const n of ["NOTE", "OTHER"]) console.error("my " + n + " is " + process.env[n]); process.exit(1)';
  const gateway = await startBeside(
    {
      $gateway: { logLevel: 'debug', secrets: { file: 'secrets' } },
      vault: { url: server.url },
      u: local(),
      blurting: {
        command: [process.execPath, '-e', blurts],
        environment: { NOTE: '{file:note}', OTHER: '{secret:WORD}' },
      },
      // As reports of a crash do.
      telling: { command: [process.execPath, '-e', 'console.error(JSON.stringify(process.env)); process.exit(1)'] },
      astray: { url: 'http://127.0.0.1:9/{file:path}?q={secret:WORD}', headers: { 'X-Key': '${VARIABLE}' } },
      wrong: { url: 'no-url-{file:path}-{secret:WORD}', headers: { 'X-Key': '${VARIABLE}' } },
      wired: { url: 'ws://127.0.0.1:9/{file:path}' },
    },
    { note: `${SECRETS.file}\n${SECRETS.second}\n`, path: `${SECRETS.file}\n`, secrets: `WORD="${SECRETS.dotenv}"\n` },
    { VARIABLE: SECRETS.variable },
  );
  const env = { ...gatewayEnv(gateway), VARIABLE: SECRETS.variable };
  await gateway.knows('u::echo');
  const login = startBin(['login', 'vault', '--no-browser', '-c', gateway.configFile], env);
  const [, address = ''] = await login.says(/^ {2}(http\S+)$/m);
  await new Browser().visit(address);
  const outputs = [await login.ended];
  await gateway.knows('vault::open');
  const tokens = (await server.tokens()).map(({ token }) => token);
  for (const name of ['blurting', 'telling', 'astray', 'wired']) {
    await gateway.process.logged(new RegExp(`"server unavailable".*"${name}"`));
  }
  await gateway.process.logged(/my NOTE is \[redacted\]/);
  await gateway.process.logged(/VARIABLE\W+\[redacted\]/);
  const ids = ['vault::open', 'vault::none', 'blurting::x', 'telling::x', 'astray::x', 'wrong::x', 'u::echo'];
  const answers = [
    ...(await Promise.all(ids.flatMap((id) => [gateway.invoke(id), gateway.call('describe', { id })]))),
    await gateway.search(''),
    await gateway.search('open'),
  ];
  const commands = [['status'], ['status', '--json'], ['login', 'wrong'], ['login', 'astray']];
  const runs = [
    ...commands.map((words) => [...words, '-c', gateway.configFile]),
    ['import', '--json', gateway.configFile],
  ];
  outputs.push(...(await Promise.all(runs.map((words) => runBin(words, env)))));
  await gateway.stop();

  const said = JSON.stringify({ logs: gateway.logs, noise: gateway.process.noise, answers, outputs });
  const own = ['note', 'path', 'secrets'];
  const written = filesBelow(gateway.home).filter((file) => !own.includes(file) && !/oauth-\w+\.json$/.test(file));
  const kept = written.map((file) => readFileSync(join(gateway.home, file), 'utf8')).join('\n');
  expect(tokens).toHaveLength(2);
  for (const secret of [...tokens, ...Object.values(SECRETS), encodeURIComponent(SECRETS.dotenv)]) {
    expect({ secret, said: around(said, secret) }).toEqual({ secret, said: '' });
    expect({ secret, kept: around(kept, secret) }).toEqual({ secret, kept: '' });
  }
});

/** What stands around a secret in a text; empty where it is not in it. */
function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return at < 0 ? '' : text.slice(Math.max(0, at - 200), at + secret.length);
}

function gatewayEnv({ home }: Gateway): Record<string, string> {
  const folders = { XDG_CONFIG_HOME: '.config', XDG_CACHE_HOME: '.cache', XDG_DATA_HOME: '.data' };
  const xdg = Object.entries(folders).map(([name, folder]) => [name, join(home, folder)]);
  return { PATH: process.env.PATH ?? '', HOME: home, ...Object.fromEntries(xdg) };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
}
