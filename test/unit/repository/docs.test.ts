import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { loadConfig } from '../../../src/config/load.ts';
import { jsonSchema } from '../../../src/config/schema.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { META_TOOLS } from '../../../src/downstream/protocol/meta-tools.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const README = read('README.md');
const CLIENTS = read('docs/clients.md');
const CONFIGURATION = read('docs/configuration.md');
const AGENTS = read('AGENTS.template.md');
const MAP = read('src/README.md');

const SCHEMA = jsonSchema() as { anyOf: unknown[]; $defs: JsonObject };
const [listedShape, namedShape, flatShape] = SCHEMA.anyOf.map(resolved) as [JsonObject, JsonObject, JsonObject];

test('the README names the two commands, and they exist [docs.readme-commands]', () => {
  expect(README).toContain('npm ci && npm run demo');
  expect(README).toContain('npm ci && npm test');
  expect(manifest.scripts).toMatchObject({ predemo: expect.stringContaining('build'), demo: 'node examples/demo.mjs' });
  expect(read('.ci/run')).toMatch(/npm ci.*npm test/s);
});

test('the entries for clients are what these clients read [docs.client-entries]', () => {
  const entries = (client: string) =>
    [README, CLIENTS].flatMap((text) => blocks(section(text, client), 'json')).map((text) => JSON.parse(text));
  const claude = entries('Claude Code').map(({ mcpServers }) => mcpServers.gateway);
  const opencode = entries('OpenCode').map(({ mcp }) => mcp.gateway);
  const claudeCommands = claude.map((entry) => [entry.command, ...entry.args]);
  expect(claude.every((entry) => entry.alwaysLoad === true)).toBe(true);
  expect(opencode.every((entry) => entry.type === 'local' && entry.enabled === true)).toBe(true);
  for (const commands of [claudeCommands, opencode.map((entry) => entry.command)]) {
    // The first one is that of `install`: it trusts no project.
    expect(commands.map(([runner]) => runner)).toEqual(['/usr/bin/node', 'npx', 'bunx']);
    expect(commands.every((words) => /\bmcp-gateway(?:$|\/)/.test(words.at(-1)))).toBe(true);
  }
  const added = /claude mcp add-json.* '(\{.*\})'/.exec(README)?.[1] ?? '';
  expect(JSON.parse(added)).toMatchObject({ type: 'stdio', command: '/usr/bin/node', alwaysLoad: true });
});

test.each([
  ['Fields of a server', () => rows(flatShape.additionalProperties)],
  ['Fields of the other shapes', () => foreignRows()],
  ['Settings of the gateway', () => settingRows(propertiesOf(flatShape).$gateway)],
])(
  'the reference "%s" has every field of the schema with its default, and no other [docs.config-reference]',
  (title, expected) => {
    expect(tableRows(section(CONFIGURATION, title))).toEqual(expected());
  },
);

test.each([
  ['README.md', README, 1],
  ['docs/configuration.md', CONFIGURATION, 9],
  ['docs/logins.md', read('docs/logins.md'), 1],
  ['docs/permissions.md', read('docs/permissions.md'), 2],
  ['docs/shared-gateway.md', read('docs/shared-gateway.md'), 1],
  ['docs/security.md', read('docs/security.md'), 1],
])('the configurations shown in %s load without a complaint [docs.config-reference]', async (_file, shown, count) => {
  const samples = [
    ...blocks(shown, 'jsonc').map((text) => ({ text, name: 'config.jsonc' })),
    ...blocks(shown, 'yaml').map((text) => ({ text, name: 'config.yml' })),
  ];
  expect(samples).toHaveLength(count);
  for (const { text, name } of samples) {
    const file = join(temporaryDirectory(), name);
    await writeFile(file, text);
    await writeFile(join(file, '../secrets.env'), 'TRACKER_TOKEN=x', { mode: 0o600 });
    const env = { API_TOKEN: 'x', TRACKER_TOKEN: 'x', BOT_SECRET: 'x', HOME: '/home/someone' };
    const { servers, problems } = await loadConfig(file, env);
    expect({ text, problems }).toEqual({ text, problems: [] });
    expect(servers.length).toBeGreaterThan(0);
  }
});

test('the settings shown in docs/http.md load without a complaint [docs.config-reference]', async () => {
  const samples = blocks(read('docs/http.md'), 'yaml');
  expect(samples.length).toBeGreaterThanOrEqual(4);
  for (const sample of samples) {
    const text = /^servers:/m.test(sample) ? sample : `${sample}\nservers: []\n`;
    const file = join(temporaryDirectory(), 'mcp-gateway.yml');
    await writeFile(file, text);
    const { problems } = await loadConfig(file, { TEAM_KEY: 'a-team-key', BUILD_KEY: 'a-build-key' });
    expect({ text, problems }).toEqual({ text, problems: [] });
  }
});

test.each([
  ['docs/tools.md', read('docs/tools.md')],
  ['AGENTS.template.md', AGENTS],
])('every call shown in %s is one that its meta-tool accepts [docs.agents-template]', (_file, text) => {
  const calls = [...text.matchAll(/^(?:.*`|> )(\w+) (\{.*\})`?/gm)].map(([, name, input]) => ({ name, input }));
  expect(new Set(calls.map(({ name }) => name))).toEqual(new Set(META_TOOLS.map(({ name }) => name)));
  for (const { name, input = '' } of calls) {
    const tool = META_TOOLS.find((each) => each.name === name);
    expect({ name, input, error: tool?.input.safeParse(JSON.parse(input)).error }).toEqual({ name, input });
  }
});

test('AGENTS.template.md is short and names what the meta-tools know [docs.agents-template]', () => {
  expect(AGENTS.split('\n').length).toBeLessThan(40);
  const fields = META_TOOLS.flatMap(({ input }) => Object.keys((input as unknown as { shape: object }).shape));
  const statuses = ['queued', 'running', 'completed', 'failed', 'cancelled'];
  const known = [
    ...META_TOOLS.map(({ name }) => name),
    ...fields,
    ...statuses,
    'unavailable',
    'warnings',
    'signature',
    'sharedParameters',
    '?',
    '…',
  ];
  const words = [...AGENTS.matchAll(/`([^`]+)`/g)].flatMap(([, word = '']) => (/^\w+ \{/.test(word) ? [] : [word]));
  expect(words.filter((word) => !known.includes(word))).toEqual([]);
});

test('the table of errors has each code once, and no other', () => {
  const codes = [...read('src/core/errors.ts').matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code]) => code);
  const rowsOfCodes = [...section(MAP, 'Errors').matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(0);
  expect(rowsOfCodes.sort()).toEqual(codes.sort());
});

test('the tree has one line for each folder of src, and no other', () => {
  const folders: string[] = [];
  const listed = (blocks(section(MAP, 'The tree'), 'text')[0] ?? '').split('\n').flatMap((line) => {
    const [, indent = '', name = ''] = /^( *)(\S+)/.exec(line) ?? [];
    if (!name.endsWith('/')) return [];
    folders.length = indent.length / 2;
    folders.push(name);
    return [folders.join('')];
  });
  const entries = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true });
  const found = entries.filter((entry) => entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
  expect(listed.sort()).toEqual(['src/', ...found.map((path) => `${relative(ROOT, path)}/`)].sort());
});

test('each package that the project builds on is explained', () => {
  const explained = [...section(read('docs/design/packages.md'), 'Packages').matchAll(/^\| `([^`]+)`/gm)].map(
    ([, name]) => name,
  );
  expect(explained.sort()).toEqual(Object.keys(manifest.devDependencies).sort());
});

test('the first dated decision says which SDK generation does what [docs.sdk-decision]', () => {
  const [first = ''] = read('docs/design/protocol-eras.md')
    .split(/\n(?=## )/)
    .slice(1);
  expect(first).toContain('**Date:** 2026-11-20');
  for (const name of ['client', 'server', 'sdk']) expect(first).toContain(`@modelcontextprotocol/${name}`);
  expect(first).toMatch(/2024-10-07.*2026-07-28.*2025-11-25/s);
});

/** What stands under a heading, up to the next one of its level or a higher one. */
function section(text: string, title: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === title);
  expect(start, `a heading "${title}"`).toBeGreaterThanOrEqual(0);
  const level = lines[start]?.indexOf(' ') ?? 0;
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level);
  return lines.slice(start, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** Contents of the fenced blocks in that language. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)\\n\`\`\`$`, 'gm'))].map(([, body = '']) => body);
}

function tableRows(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('| `'));
}

/** A JSON Schema with its reference followed: what stands beside the reference counts. */
function resolved(schema: unknown): JsonObject {
  if (!isJsonObject(schema)) return {};
  const { $ref, ...own } = schema;
  return typeof $ref === 'string' ? { ...resolved(SCHEMA.$defs[$ref.replace('#/$defs/', '')]), ...own } : own;
}

function propertiesOf(schema: unknown): JsonObject {
  const { properties, oneOf, anyOf } = resolved(schema);
  // `false` or an object: the fields are those of the object.
  if (Array.isArray(anyOf)) return Object.assign({}, ...anyOf.map(propertiesOf));
  if (!Array.isArray(oneOf)) return (properties ?? {}) as JsonObject;
  // The variants of `auth`: all their fields, and of the field that tells them apart every value.
  const variants = oneOf.map(propertiesOf);
  const strategies = variants.map((variant) => resolved(variant.strategy));
  const strategy = {
    enum: strategies.map((each) => each.const),
    description: `${strategies.map((each) => `\`${each.const}\`: ${each.description}`).join('; ')}.`,
  };
  return { ...Object.assign({}, ...variants), strategy };
}

/** A line of the reference for each field, those within a field after it. */
function rows(schema: unknown, prefix = ''): string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([name, field]) => [
    row(`${prefix}${name}`, resolved(field)),
    ...rows(field, `${prefix}${name}.`),
  ]);
}

function row(name: string, field: JsonObject): string {
  const value = field.default === undefined || isGroup(field) ? '' : `\`${JSON.stringify(field.default)}\``;
  return `| \`${name}\` | ${typeName(field)} | ${value} | ${field.description ?? ''} |`.replace(/ +/g, ' ');
}

/** The same, and in a column of its own when a changed setting takes effect: it or what it stands within says so. */
function settingRows(schema: unknown, prefix = '', outer?: unknown): string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([name, reference]) => {
    const field = resolved(reference);
    const applies = field['x-applies'] ?? outer;
    const effect = isGroup(field) && applies === undefined ? '' : EFFECTS[String(applies)];
    const line = row(`${prefix}${name}`, field)
      .replace(/^((?:[^|]*\|){4})/, `$1 ${effect} |`)
      .replace(/ +/g, ' ');
    return [line, ...settingRows(field, `${prefix}${name}.`, applies)];
  });
}

const EFFECTS: Readonly<Record<string, string>> = { live: 'at once', session: 'next session', start: 'next start' };

function isGroup(field: JsonObject): boolean {
  return Object.keys(propertiesOf(field)).length > 0;
}

function typeName(schema: unknown): string {
  const { type, enum: values, items, anyOf, additionalProperties } = resolved(schema);
  // Numbers and booleans are taken for the texts that they are written as.
  if (Array.isArray(type)) return String(type[0]);
  if (Array.isArray(values)) return values.map((value) => `\`${value}\``).join(', ');
  if (Array.isArray(anyOf)) return anyOf.map(typeName).join(' or ');
  if (type === 'array') return `list of ${typeName(items)}s`;
  if (type === 'integer') return 'whole number';
  return isJsonObject(additionalProperties)
    ? 'map of name to text'
    : isGroup(resolved(schema))
      ? 'object'
      : String(type);
}

/** Fields that only the listed or the mcpServers shape has, or that mean more there. */
function foreignRows(): string[] {
  const native = rows(flatShape.additionalProperties);
  const listed = rows(resolved(propertiesOf(listedShape).servers).items);
  const named = rows(resolved(propertiesOf(namedShape).mcpServers).additionalProperties);
  return [...new Set([...listed, ...named])].filter((line) => !native.includes(line));
}
