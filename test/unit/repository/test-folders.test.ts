import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Paths of all folders within one, relative to it. */
function foldersIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

test('each folder of unit tests is a folder of the sources', () => {
  const sources = foldersIn(join(ROOT, 'src'));
  const strays = foldersIn(join(ROOT, 'test/unit')).filter((folder) => !sources.includes(folder));
  expect(strays).toEqual(['repository']);
});

test('each helper lies in a folder, and test/README.md has a row for it', () => {
  const entries = readdirSync(join(ROOT, 'test/helpers'), { withFileTypes: true });
  const readme = readFileSync(join(ROOT, 'test/README.md'), 'utf8');
  const described = [...readme.matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, folder]) => folder);
  expect(entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name)).toEqual([]);
  expect(described).toEqual(expect.arrayContaining(entries.map(({ name }) => name)));
});

test('the second line of test/README.md says how to run one test', () => {
  const [, second = ''] = readFileSync(join(ROOT, 'test/README.md'), 'utf8').split('\n');
  const [, file = '', words = ''] = /`npm test -- (\S+) -t '([^']+)'`/.exec(second) ?? [];
  expect(readFileSync(join(ROOT, file), 'utf8')).toContain(words);
});
