import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REQUIREMENTS } from '../../requirements.ts';

const TESTS = new URL('../..', import.meta.url).pathname;
const AREAS = [...new Set(Object.keys(REQUIREMENTS).map((id) => id.split('.')[0]))].join('|');

/** One id or several, separated by a comma and a space, in brackets within a string literal. */
const CITATION = new RegExp(`(['"\`])(?:(?!\\1).)*?\\[((?:${AREAS})\\.[a-z0-9-]+(?:, [a-z0-9.-]+)*)\\]`, 'g');

function citations(): { id: string; file: string }[] {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  return files.flatMap((file) => citedIn(readFileSync(join(TESTS, file), 'utf8')).map((id) => ({ id, file })));
}

function citedIn(source: string): string[] {
  return [...source.matchAll(CITATION)].flatMap((match) => match[2]?.split(', ') ?? []);
}

test('every citation names a known promise', () => {
  expect(citations().filter(({ id }) => !(id in REQUIREMENTS))).toEqual([]);
});

test('every promise is cited by a test', () => {
  const cited = new Set(citations().map(({ id }) => id));
  expect(Object.keys(REQUIREMENTS).filter((id) => !cited.has(id))).toEqual([]);
});
