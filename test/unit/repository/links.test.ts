import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const DOCS = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

test.each(['README.md', ...DOCS.map((name) => `docs/${name}`)])('every link in %s leads somewhere', (file) => {
  const links = [...read(file).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
  const dead = links.filter(([, path = '', heading]) => {
    const target = path ? resolve(ROOT, file, '..', path) : join(ROOT, file);
    if (!existsSync(target)) return true;
    return heading !== undefined && !headings(readFileSync(target, 'utf8')).includes(heading);
  });
  expect(dead.map(([link]) => link)).toEqual([]);
});

test('README.md has at most 250 lines, and it and docs/README.md name every document', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(250);
  for (const name of DOCS.filter((each) => each !== 'README.md')) {
    expect(read('README.md')).toContain(`(docs/${name}`);
    expect(read('docs/README.md')).toContain(`\n- [${name}](${name}): `);
  }
});

/** Names by which GitHub links to the headings of a text. */
function headings(text: string): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
