import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { lint, type Step } from '../helpers/docker/dockerfile.ts';
import { COMPOSE, DOCKER, DOCKERFILE, FLAT, ROOT, STAGES, volumes } from '../helpers/docker/example-image.ts';
import { temporaryDirectory } from '../helpers/servers/fixture.ts';

const KEY = 'a-key-of-the-test';

const final = STAGES.at(-1)?.steps ?? [];

describe('the Dockerfile', () => {
  test('has nothing that its linter complains of [docker.lint]', () => {
    expect(lint(DOCKERFILE)).toEqual([]);
    expect(lint(`${DOCKERFILE}\nENTRIPOINT ["x"]\nEXPOSE many`)).toHaveLength(2);
  });

  test('names its base by a tag, and builds in another stage than it runs in [docker.stages]', () => {
    expect(STAGES.map(({ image, name }) => [/^node:\d+-[\w-]+$/.test(image), name])).toEqual([
      [true, 'build'],
      [true, undefined],
    ]);
    expect(final.filter(({ keyword }) => keyword === 'COPY').map(({ flags }) => flags.from)).toContain('build');
  });

  test('runs as a user that is not root, told by number before the entry point [docker.non-root]', () => {
    const user = final.findIndex(({ keyword }) => keyword === 'USER');
    expect(final[user]?.text).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/);
    expect(final.slice(user).some(({ keyword }) => keyword === 'ENTRYPOINT')).toBe(true);
    expect(final.slice(user).map(({ keyword }) => keyword)).not.toContain('RUN');
  });

  test('starts the gateway without a shell in between that would keep signals for itself [docker.stop]', () => {
    expect(only('ENTRYPOINT')).toMatchObject({ execForm: true, args: expect.arrayContaining(['tini', 'start']) });
    expect(only('STOPSIGNAL').text).toBe('SIGTERM');
  });

  test('exposes both ports and has a health check [docker.health, docker.ports]', () => {
    expect(only('EXPOSE').args).toEqual(['3000', '4000']);
    expect(only('HEALTHCHECK').text).toMatch(/^CMD \[/);
  });
});

describe('the entry point', () => {
  const [FLAT_PORT, LISTED_PORT] = ['3000', '4000'];

  test.each<[string, { listed?: boolean; env?: Record<string, string> }, { port: string; config?: string }]>([
    ['no mcp-gateway.yml', {}, { port: FLAT_PORT }],
    ['mcp-gateway.yml', { listed: true }, { port: LISTED_PORT, config: 'mcp-gateway.yml' }],
    ['a port that is said', { listed: true, env: { MCP_GATEWAY_PORT: '8080' } }, { port: '8080' }],
    ['a JSON file that is said', { listed: true, env: { MCP_GATEWAY_CONFIG: '/a.json' } }, { port: FLAT_PORT }],
    ['a YAML file that is said', { env: { MCP_GATEWAY_CONFIG: '/a.yaml' } }, { port: LISTED_PORT, config: '/a.yaml' }],
  ])('knows the port with %s [docker.ports]', (_what, { listed, env }, { port, config }) => {
    const home = temporaryDirectory();
    if (listed) writeFileSync(join(home, 'mcp-gateway.yml'), '');
    const variables = runEntrypoint({ PATH: process.env.PATH, HOME: home, ...env }, 'env');
    expect(variables).toContain(`MCP_GATEWAY_PORT=${port}\n`);
    if (config) expect(variables).toMatch(new RegExp(`^MCP_GATEWAY_CONFIG=.*${config}$`, 'm'));
  });

  test('hands on arguments as they are [docker.ports]', () => {
    const printed = runEntrypoint({ PATH: process.env.PATH, HOME: '/' }, 'printf', '%s|', 'a b', '$HOME', '');
    expect(printed).toBe('a b|$HOME||');
  });
});

describe('the example configurations', () => {
  test.each(['config.json', 'mcp-gateway.yml'])(
    '%s: is right, and says who may call [docker.examples]',
    async (file) => {
      const config = await loadConfig(join(DOCKER, file), { GATEWAY_API_KEY: KEY });
      expect(config.problems).toEqual([]);
      expect(config.servers.map(({ key }) => key)).toEqual(['everything', 'grep']);
      expect(config.settings.auth).toMatchObject({ strategy: 'api-key' });
      expect(JSON.stringify(config.settings.auth)).toContain(KEY);
    },
  );

  test('compose.yml confines the container, and mounts what exists [docker.compose, docker.read-only]', () => {
    expect(COMPOSE).toMatchObject({
      ports: ['3000:3000'],
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      tmpfs: ['/tmp'],
    });
    expect(COMPOSE).not.toHaveProperty('user');
    expect(COMPOSE).not.toHaveProperty('privileged');
    const { context, dockerfile } = COMPOSE.build;
    expect(resolve(DOCKER, context)).toBe(ROOT);
    expect(readFileSync(join(ROOT, dockerfile), 'utf8')).toBe(DOCKERFILE);
    expect(readdirSync(DOCKER)).toContain(volumes()[FLAT]?.replace(/^\.\/|:ro$/g, ''));
  });
});

/** The only step of that kind in the final stage. */
function only(keyword: string): Step {
  const [step, ...rest] = final.filter((candidate) => candidate.keyword === keyword);
  if (!step || rest.length > 0) throw new Error(`Expected one ${keyword}`);
  return step;
}

function runEntrypoint(env: NodeJS.ProcessEnv, ...command: string[]): string {
  return execFileSync('sh', [join(DOCKER, 'entrypoint.sh'), ...command], { env, encoding: 'utf8' });
}
