import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../../src');

/** Who may import whom, by folder of src or file directly in it; a path allows one file, `type` its types alone. */
const LAYERS: Record<string, readonly string[]> = {
  core: [],
  version: [],
  'process-streams': [],
  'process-memory': [],
  'process-signals': [],
  'process-log': ['core', 'process-streams', 'server-logs', 'commands/log-line'],
  outbound: ['core'],
  'process-environment': ['core'],
  config: ['core'],
  clients: ['core', 'config'],
  catalog: ['core', 'type config/schema'],
  arguments: ['core'],
  jobs: ['core', 'type config/schema'],
  primitives: ['core', 'type config/schema'],
  login: ['core', 'outbound', 'type config/schema'],
  upstream: ['core', 'version', 'login', 'outbound', 'type config/schema'],
  remembered: ['core', 'type config/schema'],
  results: ['core'],
  semantics: ['core', 'outbound', 'type config/schema'],
  usage: ['core'],
  receipt: ['core'],
  trust: ['core', 'type config/schema', 'type config/settings'],
  finder: ['core', 'catalog', 'type config/schema', 'type usage', 'type upstream'],
  broker: ['core', 'arguments', 'catalog', 'jobs', 'upstream', 'finder'],
  mcp: ['core', 'version', 'results', 'broker', 'type config/schema'],
  announcements: ['core', 'type primitives', 'type upstream'],
  'upstream-primitives': ['primitives', 'trust/remarks', 'type remembered', 'type upstream'],
  'call-policies': ['core'],
  backend: [
    'core',
    'announcements',
    'primitives',
    'upstream',
    'upstream-primitives',
    'type config/schema',
    'type remembered',
  ],
  'offered-tools': ['core', 'type config/schema'],
  'server-views': ['core', 'type config', 'type catalog', 'type upstream'],
  notices: ['type config'],
  guards: ['core'],
  permissions: ['core', 'observe/shown-arguments', 'type config'],
  'optional-parts': [
    ...['core', 'guards', 'permissions', 'trust', 'usage', 'semantics', 'receipt'],
    ...['type config', 'type catalog', 'type finder', 'type jobs'],
  ],
  sharing: [
    'core',
    'backend',
    'upstream/reverse-requests',
    'type remembered',
    ...['config/schema', 'mcp', 'offered-tools', 'primitives', 'results', 'upstream'].map((name) => `type ${name}`),
  ],
  edge: [
    ...['core', 'version', 'http', 'observe', 'sharing', 'mcp', 'server-views', 'edge-session', 'type edge-host'],
    ...['backend', 'broker', 'catalog', 'config', 'jobs', 'offered-tools', 'primitives', 'remembered', 'upstream'].map(
      (name) => `type ${name}`,
    ),
    ...['type receipt', 'type optional-parts'],
  ],
  'edge-session': ['core', 'mcp', 'type edge-host', 'type http/edge-parts', 'type sharing'],
  'local-edge': [
    ...['core', 'sharing', 'edge-session', 'local-session', 'daemon/messages'],
    ...['type config/schema', 'type edge-host', 'type http/edge-parts', 'type mcp'],
  ],
  'local-session': ['core', 'mcp', 'daemon/messages', 'type http/edge-parts'],
  daemon: [
    'core',
    'version',
    'process-streams',
    'config',
    'mcp',
    'server-memory',
    'server-logs',
    'gateway',
    'local-edge',
  ],
  'stdio-edge': ['core', 'mcp', 'type backend', 'type edge-host'],
  'edge-host': [
    'core',
    ...['backend', 'broker', 'catalog', 'config', 'jobs', 'mcp', 'offered-tools', 'optional-parts', 'primitives'].map(
      (name) => `type ${name}`,
    ),
    ...['type receipt', 'type remembered', 'type upstream'],
  ],
  composition: [
    ...['core', 'config', 'catalog', 'jobs', 'results', 'upstream', 'broker', 'mcp', 'call-policies'],
    ...[
      'backend',
      'known-secrets',
      'notices',
      'offered-tools',
      'optional-parts',
      'trust/is-pinned',
      'trust/repeatable',
    ],
    ...[
      'type edge-host',
      'type guards',
      'type primitives',
      'type receipt',
      'type remembered',
      'type semantics',
      'type usage',
    ],
  ],
  gateway: [
    ...['core', 'config', 'composition', 'edge', 'stdio-edge', 'mcp', 'server-memory', 'server-views'],
    ...['type backend', 'type edge-host', 'type remembered'],
  ],
  'known-secrets': ['config/secrets', 'upstream/entry-secrets', 'type config/load'],
  'server-memory': ['remembered', 'upstream/redact'],
  'server-logs': ['core'],
  observe: ['core'],
  http: [
    ...['core', 'version', 'config', 'outbound', 'results', 'mcp', 'observe', 'broker'],
    ...['type config/schema', 'type config/settings', 'type server-views'],
  ],
  doctor: [
    ...['core', 'version', 'config', 'clients', 'gateway', 'outbound/proxy', 'receipt/definition-tokens'],
    'upstream/start-policy',
    'type upstream',
  ],
  commands: [
    'core',
    'doctor',
    'receipt',
    'version',
    'process-log',
    'process-signals',
    'process-streams',
    'config',
    'clients',
    'login',
    'upstream/redact',
    'server-memory',
    'server-logs',
    'gateway',
    'mcp/meta-tools',
    'mcp/parse-input',
    'permissions',
    'trust',
    'type server-views',
    ...['arguments', 'catalog', 'mcp/instructions', 'mcp/meta-tools', 'type edge-host', 'type finder'],
    ...['primitives/lists', 'type upstream'],
  ],
  lib: ['core', 'config', 'broker', 'gateway', 'type server-views'],
  cli: [
    'core',
    'process-log',
    'process-signals',
    'process-streams',
    'config',
    'mcp',
    'server-memory',
    'upstream',
    'gateway',
    'commands',
    'daemon',
  ],
};

/** The protocol engine stays at the two ends of the hop; the middle knows its types at most. */
const SDK: Record<string, 'value' | 'type'> = { upstream: 'value', login: 'value', mcp: 'value', core: 'type' };

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const IMPORT =
  /^(?:import|export)\s+(type\s+)?[^'"`;()]*?from\s+'([^']+)'|^import\s+()'([^']+)'|\bimport\(\s*()'([^']+)'/gm;

function importsOf(file: string): Import[] {
  const source = readFileSync(join(SRC, file), 'utf8');
  return [...source.matchAll(IMPORT)].map(([, type, from, , bare, , lazy]) => {
    return { file, specifier: from ?? bare ?? lazy ?? '', typeOnly: Boolean(type) };
  });
}

function layerOf(path: string): string {
  return path.split('/')[0]?.replace(/\.ts$/, '') ?? path;
}

function violation({ file, specifier, typeOnly }: Import): string | undefined {
  const layer = layerOf(file);
  const allowed = LAYERS[layer];
  if (!allowed) return `src/${file}: the layer ${layer} is unknown; say in LAYERS what it may import`;
  if (specifier.startsWith('@modelcontextprotocol/')) return sdkViolation(layer, file, specifier, typeOnly);
  if (!specifier.startsWith('.')) return undefined;
  const target = relative(SRC, resolve(SRC, dirname(file), specifier)).replace(/\.ts$/, '');
  if (target.startsWith('..') || layerOf(target) === layer) return undefined;
  const names = [target, layerOf(target)].flatMap((name) => (typeOnly ? [name, `type ${name}`] : [name]));
  if (names.some((name) => allowed.includes(name))) return undefined;
  return `src/${file} imports ${specifier}: ${layer} may import ${allowed.join(', ') || 'nothing of ours'}`;
}

function sdkViolation(layer: string, file: string, specifier: string, typeOnly: boolean): string | undefined {
  const allowed = SDK[layer];
  if (allowed === 'value' || (allowed === 'type' && typeOnly)) return undefined;
  return `src/${file} imports ${specifier}: the SDK belongs into upstream, login and mcp, its types also into core`;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

test('imports point inward only', () => {
  const imports = files.flatMap(importsOf);
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.map(violation).filter(Boolean)).toEqual([]);
});

test('a forbidden import is found and named', () => {
  const outward = { file: 'catalog/catalog.ts', specifier: '../config/schema.ts', typeOnly: false };
  expect(violation(outward)).toMatch(
    /^src\/catalog\/catalog.ts imports ..\/config\/schema.ts: catalog may import core/,
  );
  expect(violation({ ...outward, typeOnly: true })).toBeUndefined();
  const sdk = { file: 'core/call.ts', specifier: '@modelcontextprotocol/server', typeOnly: false };
  expect(violation(sdk)).toMatch(/the SDK belongs into upstream, login and mcp/);
  expect(violation({ ...sdk, typeOnly: true })).toBeUndefined();
});
