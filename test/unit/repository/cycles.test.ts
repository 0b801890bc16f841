import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { importsOf, sourceFiles, targetOf } from '../../helpers/source-imports.ts';

/** Cycles that are being broken, each with all of its members. A line goes with its cycle. */
const KNOWN_CYCLES: readonly string[] = [
  'downstream/http/auth/authenticator.ts downstream/http/auth/token-authenticator.ts',
  'downstream/protocol/multi-round-request.ts downstream/protocol/multi-round-requests.ts',
];
const KNOWN_FOLDER_CYCLES: readonly string[] = [
  'config config/secrets',
  'downstream downstream/http downstream/http/api downstream/http/mcp',
];

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** A graph of `from → to`, without edges of a node to itself. */
function graphOf(edges: readonly (readonly [string, string])[]): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [from, to] of edges) if (from !== to) graph.set(from, (graph.get(from) ?? new Set()).add(to));
  return graph;
}

/** All nodes that can be reached from a node. */
function reachedFrom(node: string, graph: Graph): Set<string> {
  const reached = new Set<string>();
  const pending = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const to of graph.get(next) ?? []) {
      if (!reached.has(to)) pending.push(to);
      reached.add(to);
    }
  }
  return reached;
}

/** The nodes of each cycle in one line, in alphabetical order. */
function cyclesIn(graph: Graph): string[] {
  const reached = new Map([...graph.keys()].map((node) => [node, reachedFrom(node, graph)]));
  const cycles = [...reached]
    .filter(([node, all]) => all.has(node))
    .map(([node, all]) =>
      [...all]
        .filter((other) => reached.get(other)?.has(node))
        .sort()
        .join(' '),
    );
  return [...new Set(cycles)].sort();
}

/** The cycles but for those whose members are all in one known cycle. */
function newCycles(graph: Graph, known: readonly string[]): string[] {
  const members = known.map((cycle) => new Set(cycle.split(' ')));
  return cyclesIn(graph).filter((cycle) => !members.some((all) => cycle.split(' ').every((node) => all.has(node))));
}

/** The folder of a file; a file directly in `src` stands for itself. */
function folderOf(file: string): string {
  return file.includes('/') ? dirname(file) : file;
}

const edges = sourceFiles.flatMap((file) =>
  importsOf(file).flatMap((each) => {
    const target = targetOf(each);
    return target === undefined ? [] : [[file, target] as const];
  }),
);

test('no source file imports itself by way of others, not even for types', () => {
  expect(newCycles(graphOf(edges), KNOWN_CYCLES)).toEqual([]);
});

test('no folder imports itself by way of others, not even for types', () => {
  const folders = graphOf(edges.map(([from, to]) => [folderOf(from), folderOf(to)]));
  expect(newCycles(folders, KNOWN_FOLDER_CYCLES)).toEqual([]);
});

test('a cycle is found and named', () => {
  const pairs = [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'a'],
    ['c', 'd'],
    ['d', 'd'],
  ] as const;
  expect(cyclesIn(graphOf(pairs))).toEqual(['a b c']);
  expect(cyclesIn(graphOf(pairs.slice(1)))).toEqual([]);
  expect(newCycles(graphOf(pairs), ['a b c d'])).toEqual([]);
  expect(newCycles(graphOf(pairs), ['a b'])).toEqual(['a b c']);
});
