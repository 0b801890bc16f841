// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { substitute } from '../../../src/config/substitute.ts';
import { nearest } from '../../../src/core/nearest.ts';

const ENV = { A: 'alpha', EMPTY: '', BRACED: '${A}' };

test.each([
  ['plain', 'plain', [], []],
  ['{env:A}-${A}-${env:A}', 'alpha-alpha-alpha', [], []],
  ['x{env:NOPE}y', 'xy', ['NOPE'], []],
  ['x${NOPE}y', 'xy', [], ['NOPE']],
  ['${env:NOPE}', '', [], ['NOPE']],
  ['${NOPE:-d}${env:NOPE:-e}', 'de', [], []],
  ['${EMPTY:-d}', 'd', [], []],
  ['${EMPTY}{env:EMPTY}', '', [], []],
  ['${NOPE:-}', '', [], []],
  ['${NOPE:-${A}}', 'alpha', [], []],
  ['${NOPE:-{"a":1}}', '{"a":1}', [], []],
  ['${BRACED}', '${A}', [], []],
  ['${constructor}{env:__proto__}', '', ['__proto__'], ['constructor']],
  ['$A ${} ${1} ${#a} {env:}', '$A ${} ${1} ${#a} {env:}', [], []],
])('substitutes %j', (text, expected, unset, missing) => {
  expect(substitute(text, ENV)).toEqual({ text: expected, unset, missing });
});

test.each([
  ['comand', 'command'],
  ['Command', 'command'],
  ['ulr', 'url'],
  ['max_concurrency', 'maxConcurrency'],
  ['zzz', undefined],
  ['x'.repeat(1000), undefined],
])('nearest to %j is %j', (name, expected) => {
  expect(nearest(name, ['command', 'maxConcurrency', 'url'])).toBe(expected);
});

test.each([
  ['c.json', '\uFEFF{ // why\n "a": 1, /* b */ "b": [1,], }', { a: 1, b: [1] }],
  ['c.jsonc', '{}', {}],
  ['c.yml', '\uFEFFa: 1 # why\nb: [1]', { a: 1, b: [1] }],
  ['c.yaml', 'x: &x {c: 1}\ny: {<<: *x}', { x: { c: 1 }, y: { c: 1 } }],
  ['c.YML', '{"a": "http://x"}', { a: 'http://x' }],
])('reads %s %j', async (file, text, root) => {
  expect(await parseConfig(text, file)).toEqual({ root, findings: [] });
});

test.each([
  ['c.json', '{\n  "a": 1\n  "b": 2\n}', 'c.json:3:3: found a string, expected ","'],
  ['c.json', '{"a": ', 'c.json:1:7: found the end of the file, expected a value'],
  ['c.json', '{"a": 1', 'c.json:1:8: found the end of the file, expected "}"'],
  ['c.json', '{} {}', 'c.json:1:4: found "{", expected the end of the file'],
  ['c.json', "{'a': 1}", 'c.json:1:2: found "\'", expected'],
  ['c.json', '{"a": secret}', 'c.json:1:7: found a word without quotes, expected'],
  ['c.json', '', 'c.json: found an empty file, expected an object with servers'],
  ['c.json', '[]', 'c.json: found an empty array, expected an object with servers'],
  ['c.json', '"text"', 'c.json: found a string, expected an object with servers'],
  ['c.yml', 'a: [1\nb: 2', 'c.yml:2:'],
  ['c.yml', '# nothing', 'c.yml: found null, expected an object with servers'],
  ['c.yml', '- a', 'c.yml: found an array, expected an object with servers'],
  ['c.yml', 'a: &a [*a]', 'c.yml: a.0: found deep nesting, expected 100 levels at most'],
  [
    'c.yml',
    'a:\n- *secret',
    'c.yml:2:3: found an alias without its anchor, expected "&name" before "*name", or quotes',
  ],
  ['c.yml', 'a: >secret', 'c.yml:1:5: found broken YAML (UNEXPECTED_TOKEN: Block scalar header'],
  ['c.yml', 'a: !secret!x b', 'c.yml:1:4: found broken YAML (TAG_RESOLVE_FAILED: Could not resolve tag)'],
  ['c.json', `{"a": ${'['.repeat(200_000)}`, 'c.json'],
])('refuses %s %.40j', async (file, text, message) => {
  const refusal = await parseConfig(text, file).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) });
  expect(String(refusal)).not.toContain('secret');
});

test('a key of YAML that is no text brings no warning of the library to stderr', async () => {
  const warned = vi.spyOn(process, 'emitWarning');
  await parseConfig('? [a]\n: 1', 'c.yml');
  expect(warned).not.toHaveBeenCalled();
});

test('an error of the text has line and column in its details too', async () => {
  const refusal = await parseConfig('{\r\n  "a" 1}', 'c.json').catch((error: unknown) => error);
  expect(refusal).toMatchObject({ details: { file: 'c.json', line: 2, column: 7 } });
});

test.each([
  ['c.json', '{"k": {"a": 1}, "k": {"a": 2}}', ['k']],
  ['c.yml', 'k: {a: 1}\nk: {a: 2}', []],
])('warns of a key written twice in %s; the last one counts', async (file, text, path) => {
  const { root, findings } = await parseConfig(text, file);
  expect(root).toEqual({ k: { a: 2 } });
  expect(findings).toEqual([{ severity: 'warning', path, text: expect.stringContaining('twice') }]);
});

test.each([
  ['c.json', '{"__proto__": {"polluted": true}, "a": {"__proto__": {"polluted": true}}}'],
  ['c.yml', '__proto__: {polluted: true}\na: {__proto__: {polluted: true}}'],
])('drops __proto__ in %s', async (file, text) => {
  const { root, findings } = await parseConfig(text, file);
  expect(root).toEqual({ a: {} });
  expect(Object.getPrototypeOf(root.a)).toBe(Object.prototype);
  expect(findings.map(({ severity }) => severity)).toEqual(['warning', 'warning']);
  expect('polluted' in {}).toBe(false);
});
