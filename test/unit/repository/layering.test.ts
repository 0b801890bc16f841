import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../../../src');

/** Who may import whom, by folder of src or file directly in it, lowest first; `type` allows types alone. */
const LAYERS: Record<string, readonly string[]> = {
  core: [],
  version: [],
  platform: ['core'],
  config: ['core', 'platform'],
  search: ['core', 'platform'],
  observe: ['core'],
  policy: ['core', 'platform', 'observe', 'type config'],
  upstream: ['core', 'version', 'platform', 'policy', 'type config'],
  broker: ['core', 'search', 'type config', 'type upstream'],
  downstream: ['core', 'version', 'platform', 'config', 'observe', 'upstream', 'broker', 'type search', 'type policy'],
  gateway: ['core', 'platform', 'config', 'search', 'policy', 'upstream', 'broker', 'downstream'],
  daemon: ['core', 'version', 'platform', 'config', 'upstream', 'downstream', 'gateway'],
  lib: ['core', 'platform', 'config', 'gateway', 'type broker'],
  cli: [
    ...['core', 'version', 'platform', 'config', 'search', 'policy', 'upstream', 'broker', 'downstream'],
    ...['gateway', 'daemon'],
  ],
};

/** The protocol engine stays at the two ends of the hop; the middle knows its types at most. */
const SDK: Record<string, 'value' | 'type'> = { upstream: 'value', downstream: 'value', core: 'type' };

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
  const name = layerOf(target);
  if (allowed.includes(name) || (typeOnly && allowed.includes(`type ${name}`))) return undefined;
  return `src/${file} imports ${specifier}: ${layer} may import ${allowed.join(', ') || 'nothing of ours'}`;
}

function sdkViolation(layer: string, file: string, specifier: string, typeOnly: boolean): string | undefined {
  const allowed = SDK[layer];
  if (allowed === 'value' || (allowed === 'type' && typeOnly)) return undefined;
  return `src/${file} imports ${specifier}: the SDK belongs into upstream and downstream, its types also into core`;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

test('imports point inward only', () => {
  const imports = files.flatMap(importsOf);
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.map(violation).filter(Boolean)).toEqual([]);
});

test('each row names rows above it only, so nothing imports upwards', () => {
  const rows = Object.keys(LAYERS);
  const upward = Object.entries(LAYERS).flatMap(([layer, allowed], at) =>
    allowed.filter((name) => rows.indexOf(name.replace(/^type /, '')) >= at).map((name) => `${layer}: ${name}`),
  );
  expect(upward).toEqual([]);
});

test('src has one folder for each row, and no other', () => {
  const rooms = readdirSync(SRC).filter((name) => !name.endsWith('.md'));
  expect(rooms.map((name) => name.replace(/\.ts$/, '')).sort()).toEqual(Object.keys(LAYERS).sort());
});

test('a forbidden import is found and named', () => {
  const outward = { file: 'broker/broker.ts', specifier: '../config/schema.ts', typeOnly: false };
  expect(violation(outward)).toMatch(/^src\/broker\/broker.ts imports ..\/config\/schema.ts: broker may import core/);
  expect(violation({ ...outward, typeOnly: true })).toBeUndefined();
  const sdk = { file: 'core/call.ts', specifier: '@modelcontextprotocol/server', typeOnly: false };
  expect(violation(sdk)).toMatch(/the SDK belongs into upstream and downstream/);
  expect(violation({ ...sdk, typeOnly: true })).toBeUndefined();
});

/** Folders of the command line, lowest first: each may import those before it, types included. */
const CLI_FOLDERS = ['terminal', 'client-configs', 'doctor', 'commands'];

test('folders of the command line import one another in one direction', () => {
  const folderOf = (path: string) => /^cli\/([\w-]+)\//.exec(path)?.[1];
  const upward = files.flatMap(importsOf).flatMap(({ file, specifier }) => {
    const target = specifier.startsWith('.') ? relative(SRC, resolve(SRC, dirname(file), specifier)) : '';
    const [from, to] = [folderOf(file), folderOf(target)];
    if (from === undefined || to === undefined) return [];
    return CLI_FOLDERS.indexOf(to) > CLI_FOLDERS.indexOf(from) ? [`src/${file} imports ${specifier}`] : [];
  });
  expect(upward).toEqual([]);
});
