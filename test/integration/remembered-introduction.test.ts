import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { type Gateway, launchGateway } from '../helpers/gateway/gateway.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { local, temporaryDirectory } from '../helpers/servers/fixture.ts';

/** A home in which gateways start one after the other with the same command line. */
class Home {
  readonly #directory = temporaryDirectory();
  readonly #bin: string;
  readonly introductions = join(this.#directory, 'cache', 'mcp-gateway', 'introductions');

  constructor(config: object, bin = BIN) {
    this.#bin = bin;
    this.write(config);
  }

  get #config(): string {
    return join(this.#directory, 'config.json');
  }

  write(config: object): void {
    writeFileSync(this.#config, JSON.stringify(config));
  }

  launch(env: Readonly<Record<string, string>> = {}): Gateway {
    return launchGateway({
      command: [process.execPath, this.#bin],
      args: [this.#config],
      cwd: this.#directory,
      env: { HOME: this.#directory, XDG_CACHE_HOME: join(this.#directory, 'cache'), ...env },
    });
  }

  /** What a start tells its client, as received; with `learns`, after a session in which that tool became known. */
  async told(env: Readonly<Record<string, string>> = {}, learns?: string): Promise<string> {
    const gateway = this.launch(env);
    const told = await introduction(gateway);
    if (learns !== undefined) await (await gateway.connect('raw')).knows(learns);
    expect((await gateway.stop()).code).toBe(0);
    return told;
  }

  /** What a start tells that knows no earlier introduction. */
  async fresh(env: Readonly<Record<string, string>> = {}): Promise<string> {
    rmSync(this.introductions, { recursive: true, force: true });
    return this.told(env);
  }

  /** The files in which introductions are kept. */
  kept(): readonly string[] {
    return readdirSync(this.introductions).map((name) => readFileSync(join(this.introductions, name), 'utf8'));
  }
}

function hello({ process: { peer } }: Gateway) {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '0' } };
  return peer.request('initialize', params);
}

async function introduction(gateway: Gateway): Promise<string> {
  const answers = [await hello(gateway), await gateway.process.peer.request('tools/list')];
  return JSON.stringify(answers.map(({ result }) => result));
}

test('a remembered introduction is what a start would find out, byte for byte [memory.introduction]', async () => {
  const home = new Home({ fixture: local({ tools: ['echo'] }), other: local({ tools: ['add'] }) });
  const first = await home.told({}, 'fixture::echo');
  const remembered = await home.told();
  expect(remembered).not.toBe(first);
  expect(home.kept()).toHaveLength(1);
  expect(await home.told()).toBe(remembered);
  expect(await home.fresh()).toBe(remembered);
});

test('a remembered introduction needs nothing else of the gateway [memory.introduction]', async () => {
  const copy = join(temporaryDirectory(), 'dist');
  cpSync(dirname(BIN), copy, { recursive: true });
  const home = new Home({ fixture: local({ tools: ['echo'] }) }, join(copy, 'index.js'));
  await home.told({}, 'fixture::echo');
  const [remembered] = JSON.parse(await home.told());
  for (const name of readdirSync(join(copy, 'chunks')))
    if (name.startsWith('main-')) rmSync(join(copy, 'chunks', name));
  expect((await hello(home.launch())).result).toEqual(remembered);
});

test('the next start tells what an edit, a variable and another server made of it [memory.introduction-edits]', async () => {
  const fixture = local({ tools: ['echo'] });
  const remote = { url: 'http://127.0.0.1:$' + '{A_PORT}/mcp' };
  const home = new Home({ fixture, remote });
  await home.told({ A_PORT: '1' }, 'fixture::echo');
  const before = await home.told({ A_PORT: '1' });
  expect(before).toContain('127.0.0.1:1');
  const moved = await home.told({ A_PORT: '2' });
  expect(moved).toContain('127.0.0.1:2');
  home.write({ fixture, remote, later: { ...fixture, description: 'what came later' } });
  expect(await home.told({ A_PORT: '2' })).toContain('what came later');
  home.write({ fixture, remote });
  expect(await home.told({ A_PORT: '1' })).toBe(before);
  expect(await home.fresh({ A_PORT: '1' })).toBe(before);
});

test('gateways that start at one time tell the same [memory.introduction]', async () => {
  const home = new Home({ fixture: local({ tools: ['echo'] }) });
  await home.told({}, 'fixture::echo');
  const all = await Promise.all([home.told(), home.told(), home.told()]);
  expect(new Set([...all, await home.told(), await home.fresh()]).size).toBe(1);
});

test('no value of a variable is kept, and nothing where the file names secrets [memory.introduction-secrets]', async () => {
  const environment = { KEY: '$' + '{A_KEY}' };
  const home = new Home({ fixture: local({ tools: ['echo'] }, { environment }) });
  await home.told({ A_KEY: 'correct-horse-battery' }, 'fixture::echo');
  await home.told({ A_KEY: 'correct-horse-battery' });
  expect(home.kept()).toHaveLength(1);
  expect(home.kept().join()).not.toContain('correct-horse-battery');
  rmSync(home.introductions, { recursive: true });
  home.write({ fixture: local({ tools: ['echo'] }, { environment: { KEY: '{file:config.json}' } }) });
  await home.told({}, 'fixture::echo');
  await home.told();
  expect(() => home.kept()).toThrow('ENOENT');
});
