import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { importsOf, sourceFiles, targetOf } from '../../helpers/repository/source-imports.ts';

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
  expect(cyclesIn(graphOf(edges))).toEqual([]);
});

test('no folder imports itself by way of others, not even for types', () => {
  const folders = graphOf(edges.map(([from, to]) => [folderOf(from), folderOf(to)]));
  expect(cyclesIn(folders)).toEqual([]);
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
});
