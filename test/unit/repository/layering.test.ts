import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Import, importsOf, SRC, sourceFiles, targetOf } from '../../helpers/repository/source-imports.ts';

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

function layerOf(path: string): string {
  return path.split('/')[0]?.replace(/\.ts$/, '') ?? path;
}

function violation(imported: Import): string | undefined {
  const { file, specifier, typeOnly } = imported;
  const layer = layerOf(file);
  const allowed = LAYERS[layer];
  if (!allowed) return `src/${file}: the layer ${layer} is unknown; say in LAYERS what it may import`;
  if (specifier.startsWith('@modelcontextprotocol/')) return sdkViolation(layer, file, specifier, typeOnly);
  const target = targetOf(imported);
  if (target === undefined || layerOf(target) === layer) return undefined;
  const name = layerOf(target);
  if (allowed.includes(name) || (typeOnly && allowed.includes(`type ${name}`))) return undefined;
  return `src/${file} imports ${specifier}: ${layer} may import ${allowed.join(', ') || 'nothing of ours'}`;
}

function sdkViolation(layer: string, file: string, specifier: string, typeOnly: boolean): string | undefined {
  const allowed = SDK[layer];
  if (allowed === 'value' || (allowed === 'type' && typeOnly)) return undefined;
  return `src/${file} imports ${specifier}: the SDK belongs into upstream and downstream, its types also into core`;
}

test('imports point inward only', () => {
  const imports = sourceFiles.flatMap(importsOf);
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
  const upward = sourceFiles.flatMap(importsOf).flatMap((imported) => {
    const [from, to] = [folderOf(imported.file), folderOf(targetOf(imported) ?? '')];
    if (from === undefined || to === undefined) return [];
    const isUpward = CLI_FOLDERS.indexOf(to) > CLI_FOLDERS.indexOf(from);
    return isUpward ? [`src/${imported.file} imports ${imported.specifier}`] : [];
  });
  expect(upward).toEqual([]);
});
