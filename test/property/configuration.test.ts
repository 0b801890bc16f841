// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type GatewayConfig, loadConfig } from '../../src/config/load.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { removeFolder } from '../helpers/system/folders.ts';
import { json, mutationsOf, oddKey } from './arbitraries.ts';

const folder = mkdtempSync(join(tmpdir(), 'configuration-'));
afterAll(() => removeFolder(folder));

/** Stands in every place that may hold a secret: no message may ever show it. */
const SECRET = 's3cr3t-m4rk';
const ENV = { HOME: '/home/someone', TOKEN: SECRET };

const LOCAL = {
  command: ['a', SECRET],
  environment: { KEY: SECRET },
  cwd: '~/x',
  tags: ['t'],
  expose: { prompts: false },
};
const REMOTE = {
  type: 'remote',
  url: `https://h/?token=${SECRET}`,
  headers: { Authorization: `Bearer ${SECRET}` },
  oauth: { clientId: 'c', clientSecret: SECRET },
  timeoutMs: 5,
};
const FILLED = {
  url: 'https://h/',
  headers: { Authorization: 'Bearer ${TOKEN}' },
  oauth: { clientSecret: '{env:TOKEN}' },
};
const SETTINGS = {
  logLevel: 'info',
  port: 1,
  auth: { strategy: 'jwt', jwt: { secret: '${TOKEN}', algorithms: ['HS256'] } },
  search: { embeddings: { url: 'https://h/', model: 'm', apiKey: SECRET, headers: { A: '${TOKEN}' } } },
  jobs: { concurrency: 2 },
};
const OTHER = { command: 'npx -y a', args: [SECRET], env: { KEY: '${TOKEN}' }, disabled: false, timeout: 5 };
const HIDDEN = { ...SETTINGS, auth: { strategy: '${TOKEN}', apiKeys: [SECRET] } };
const FLAT = { $gateway: SETTINGS, a: LOCAL, b: REMOTE, c: FILLED };
const LISTED = {
  ...SETTINGS,
  servers: [
    { id: 'a', transport: 'stdio', ...OTHER },
    { name: 'b', ...REMOTE },
  ],
};
const NAMED = { ...SETTINGS, mcpServers: { a: OTHER, b: { ...REMOTE, type: 'http' }, c: FILLED } };

const files = mutationsOf([FLAT, LISTED, NAMED], json).filter(isJsonObject);
const SYNTAXES = ['json', 'jsonc', 'yml'] as const;
type Syntax = (typeof SYNTAXES)[number];
const syntax = fc.constantFrom(...SYNTAXES);

function write(value: unknown, as: Syntax): string {
  if (as === 'yml') return stringify(value);
  const text = JSON.stringify(value, null, 1);
  return as === 'json' ? text : `\uFEFF// a comment\n${text.replace(/\n\s*([}\]])/g, ',\n$1')}/* the end */`;
}

const edit = fc.tuple(
  fc.nat(),
  fc.nat(4),
  fc.constantFrom('', '"', '{', ']', ':', '*', '&a ', '!x ', '|', '\n', '\t', '\\', '%'),
);
/** The text of a file with a few characters taken out and others put in. */
const brokenText = fc.tuple(files, syntax, fc.array(edit)).map(([value, as, edits]) =>
  edits.reduce(
    (text, [at, length, other]) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + other + text.slice(start + length);
    },
    write(value, as),
  ),
);
const anyText = fc.string({ unit: 'binary' });

/** What comes of a file, which names its places: a configuration and its problems, or one error. */
async function load(text: string, as: Syntax): Promise<GatewayConfig | GatewayError> {
  const path = join(folder, `config.${as}`);
  writeFileSync(path, text);
  try {
    const config = await loadConfig(path, ENV);
    for (const message of messagesOf(config)) expect(message.startsWith(`${path}: `), message).toBe(true);
    return config;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toMatch(new RegExp(`^${path}(:\\d+:\\d+)?: `));
    expect(error.message).not.toContain(SECRET);
    return error;
  }
}

function messagesOf({ problems, misconfigured }: GatewayConfig): string[] {
  return [...problems.map(({ message }) => message), ...misconfigured.map(({ error }) => error)];
}

/** As `load`, of a value as a file, which is a configuration that tells no secret. */
async function configOf(value: unknown, as: Syntax): Promise<GatewayConfig> {
  const config = await load(write(value, as), as);
  if (config instanceof GatewayError) throw config;
  expect(messagesOf(config).join('\n')).not.toContain(SECRET);
  return config;
}

test('a file after any changes to its text is read, or refused with its place and no secret [properties.configuration]', async () => {
  const texts = fc.oneof(brokenText, anyText);
  await fc.assert(
    fc.asyncProperty(texts, syntax, async (text, as) => void (await load(text, as))),
    { numRuns: 500 },
  );
});

test('plain JSON is read as JSON with comments is, keys that stand twice included [properties.configuration]', async () => {
  const key = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'x:"y\\'), fc.string());
  const members = fc.array(fc.tuple(key, json));
  const objectOf = (pairs: readonly [string, unknown][], more = '') =>
    `{${[...pairs.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`), ...(more && [more])].join(', ')}}`;
  await fc.assert(
    fc.asyncProperty(members, members, async (outer, inner) => {
      const text = objectOf(outer, `"within": ${objectOf(inner)}`);
      expect(await parseConfig(text, 'c.json')).toEqual(await parseConfig(`${text} // a comment`, 'c.json'));
    }),
  );
});

test('whatever the values are, each problem is told with its place and without a secret [properties.configuration]', async () => {
  await fc.assert(
    fc.asyncProperty(files, syntax, async (value, as) => void (await configOf(value, as))),
    { numRuns: 300 },
  );
});

test('a healthy server runs whatever stands beside it, in every shape [properties.configuration]', async () => {
  const key = oddKey.filter((name) => !['healthy', '__proto__'].includes(name));
  const shapes = fc.constantFrom<(name: string, entry: unknown) => JsonObject>(
    (name, entry) => ({ [name]: entry, healthy: { command: ['a'] } }),
    (_, entry) => ({ servers: [entry, { id: 'healthy', command: 'a' }] }),
    (name, entry) => ({ mcpServers: { [name]: entry, healthy: { command: 'a' } } }),
  );
  await fc.assert(
    fc.asyncProperty(
      shapes,
      key,
      fc.oneof(mutationsOf([LOCAL, REMOTE, FILLED, OTHER], json), json),
      syntax,
      async (shape, name, entry, as) => {
        const config = await configOf(shape(name, entry), as);
        expect(config.servers.map((server) => server.key)).toContain('healthy');
      },
    ),
    { numRuns: 300 },
  );
});

test('settings hold whatever is written for them, each wrong one replaced [properties.configuration]', async () => {
  await fc.assert(
    fc.asyncProperty(mutationsOf([SETTINGS, HIDDEN], json), syntax, async (settings, as) => {
      const config = await configOf({ $gateway: settings, a: LOCAL }, as);
      expect(config.servers).toHaveLength(1);
      expect(config.settings).toMatchObject({
        logLevel: expect.any(String),
        port: expect.any(Number),
        jobs: expect.any(Object),
      });
    }),
    { numRuns: 300 },
  );
});
