import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { textOf } from '../helpers/clients/results.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../helpers/gateway/gateway.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { local, remote } from '../helpers/servers/fixture.ts';

const [NODE = '', UPSTREAM = ''] = local().command as string[];
const ENTRY = JSON.stringify({ u: local() });

async function expectServed(gateway: Gateway, server = 'u'): Promise<void> {
  expect(textOf(await gateway.invoke(`${server}::add`, { a: 1, b: 1 }))).toBe('2');
}

const NAMED: [string, GatewayOptions][] = [
  ['the first argument', { args: ['config.json'] }],
  ['-c', { args: ['-c', 'config.json'] }],
  ['--config', { args: ['--config', 'config.json'] }],
  ['--config=', { args: ['--config=config.json'] }],
];

test.each(NAMED)('%s names the file [config.argument]', async (_how, options) => {
  await expectServed(await startGateway({ config: ENTRY, ...options }));
});

test('MCP_GATEWAY_CONFIG names the file [config.variable]', async () => {
  await expectServed(await startGateway({ config: ENTRY, args: [], env: { MCP_GATEWAY_CONFIG: './config.json' } }));
});

test.each(['config.json', 'config.jsonc', 'config.yml', 'config.yaml'])(
  '%s in the configuration folder is found [config.default-path]',
  async (name) => {
    await expectServed(await startGateway({ config: ENTRY, file: `.config/mcp-gateway/${name}`, args: [] }));
    const elsewhere = {
      config: ENTRY,
      file: `.config/mcp-gateway/${name}`,
      args: [],
      env: { XDG_CONFIG_HOME: undefined },
    };
    await expectServed(await startGateway(elsewhere));
  },
);

test('comments, trailing commas and a byte order mark [config.jsonc]', async () => {
  const config = `\uFEFF// servers\n{\n  /* one */ "u": {"type": "local", "command": ${JSON.stringify(local().command)},},\n}\n`;
  await expectServed(await startGateway({ config }));
});

test('YAML [config.yaml]', async () => {
  const config = `# servers\nu:\n  type: local\n  command: [${NODE}, ${UPSTREAM}]\n  enabled: true\n`;
  await expectServed(await startGateway({ config, file: 'servers.yaml' }));
});

test('the flat map, with every field of an entry [config.flat-map, config.entry-fields, config.flat-settings]', async () => {
  const far = await remote('http');
  const common = {
    enabled: true,
    tags: ['x'],
    description: 'd',
    timeoutMs: 20_000,
    maxConcurrency: 2,
    protocol: 'auto',
  };
  const config = {
    $gateway: { logLevel: 'debug' },
    near: local({}, { environment: { A: '1' }, cwd: '.', ...common }),
    far: far.entry({ transport: 'streamable_http', headers: { 'x-a': '1' }, ...common }),
  };
  const gateway = await startGateway({ config });
  await expectServed(gateway, 'near');
  await expectServed(gateway, 'far');
  expect(gateway.logs.filter(({ level }) => level === 'warning' || level === 'error')).toEqual([]);
});

test('the listed shape, with gateway settings [config.listed-shape, config.gateway-settings]', async () => {
  const [http, sse, ws] = [await remote('http'), await remote('sse'), await remote('ws')];
  const config = {
    port: 4100,
    host: '127.0.0.1',
    logLevel: 'debug',
    auth: { strategy: 'none' },
    rateLimit: { limit: 10, windowSeconds: 1 },
    corsOrigins: ['http://localhost:3000'],
    servers: [
      {
        id: 'near',
        name: 'Near',
        transport: 'stdio',
        command: NODE,
        args: [UPSTREAM],
        env: { A: 'b' },
        timeout: 20_000,
      },
      { id: 'off', transport: 'stdio', command: NODE, args: [UPSTREAM], enabled: false },
      { id: 'http', transport: 'http', url: http.url, tags: ['x'] },
      { id: 'sse', transport: 'sse', url: sse.url, maxConcurrency: 1 },
      { id: 'ws', transport: 'websocket', url: ws.url },
    ],
  };
  const gateway = await startGateway({ config });
  for (const server of ['near', 'http', 'sse', 'ws']) await expectServed(gateway, server);
  expect(textOf(await gateway.invoke('near::env', { name: 'A' }))).toBe('b');
  const wrong = await startGateway({ config: { ...config, port: 'high' } });
  await wrong.process.logged(/port/);
  await expectServed(wrong, 'near');
});

test('the mcpServers shape [config.mcp-servers]', async () => {
  const far = await remote('http', { requireHeader: { name: 'x-key', value: 'k' } });
  const mcpServers = {
    near: { command: NODE, args: [UPSTREAM], env: { A: 'b' } },
    far: { type: 'http', url: far.url, headers: { 'X-Key': 'k' } },
  };
  const gateway = await startGateway({ config: { mcpServers } });
  await expectServed(gateway, 'near');
  await expectServed(gateway, 'far');
});

test('variables are substituted; unset ones are empty with a warning, or cost their entry [config.substitution, config.env-unset, config.dollar, config.dollar-unset]', async () => {
  const dollar = (name: string) => `\${${name}}`;
  const environment = {
    OPENCODE: '{env:PRESENT}',
    EMPTY: '<{env:ABSENT_ONE}>',
    SHELL_FORM: dollar('PRESENT'),
    ENV_FORM: dollar('env:PRESENT'),
    DEFAULT: dollar('ABSENT_TWO:-fallback'),
  };
  const config = {
    u: { type: 'local', command: [dollar('NODE'), '{env:UPSTREAM}'], environment },
    costly: local({}, { environment: { X: dollar('ABSENT_THREE') } }),
  };
  const gateway = await startGateway({ config, env: { PRESENT: 'here', NODE, UPSTREAM } });
  const value = async (name: string) => textOf(await gateway.invoke('u::env', { name }));
  expect(await value('OPENCODE')).toBe('here');
  expect(await value('EMPTY')).toBe('<>');
  expect(await value('SHELL_FORM')).toBe('here');
  expect(await value('ENV_FORM')).toBe('here');
  expect(await value('DEFAULT')).toBe('fallback');
  const warnings = gateway.logs.filter((line) => JSON.stringify(line).includes('ABSENT_ONE'));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatchObject({ level: 'warning' });
  const text = JSON.stringify(await gateway.search('echo'));
  expect(text).toContain('"costly"');
  expect(text).toContain('ABSENT_THREE');
});

test('wrong entries are named with place, finding and cure; the healthy run [config.wrong-entry, config.wrong-in-search, config.partial, config.unknown-key]', async () => {
  const config = {
    good: local(),
    lost: { type: 'remote' },
    number: { type: 'local', command: 7 },
    typo: local({}, { enviroment: { A: 'b' } }),
  };
  const gateway = await startGateway({ config });
  await expectServed(gateway, 'good');
  await expectServed(gateway, 'typo');
  const log = gateway.process.tail();
  expect(log).toMatch(/config\.json.*number\.command/);
  expect(log).toMatch(/lost.*url/);
  expect(log).toMatch(/enviroment.*did you mean.*environment/);
  const { results: _, ...rest } = await gateway.search('echo');
  expect(JSON.stringify(rest)).toMatch(/lost.*misconfigured|misconfigured.*lost/);
  expect(JSON.stringify(rest)).toMatch(/number/);
});

test.each([['[1, 2]'], ['"text"'], ['42']])(
  'a file that holds %s is an error that names it [config.not-object]',
  async (config) => {
    const gateway = await startGateway({ config });
    expect(JSON.stringify(await gateway.search('echo'))).toContain('config.json');
    expect(gateway.process.tail()).toMatch(/config\.json.*object/);
  },
);

test('a syntax error is told with line and column [config.syntax]', async () => {
  const gateway = await startGateway({ config: '{\n  "u": {"type": "local" "command": []}\n}' });
  await gateway.process.logged(/config\.json.*2.*\d+/);
});

test('schema prints the JSON Schema [config.schema-command]', () => {
  const { stdout, status } = spawnSync(process.execPath, [BIN, 'schema'], { encoding: 'utf8' });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toHaveProperty('$schema');
  expect(stdout).toContain('maxConcurrency');
});
