import { expect, test } from 'vitest';
import { displayArguments } from '../../../src/observe/shown-arguments.ts';

const SECRET = 'hunter2SecretValue';

test.each([
  ['a key that says secret', { apiKey: SECRET }],
  ['a header', { headers: { Authorization: `Bearer ${SECRET}`, Cookie: SECRET } }],
  ['everything below such a key', { credentials: { user: 'me', parts: [SECRET] } }],
  ['a number', { password: 7_777_777, note: 'x' }],
  ['a name and its value', { env: [{ name: 'API_TOKEN', value: SECRET }] }],
  ['a value that comes before its name', { env: [{ value: SECRET, name: 'API_TOKEN' }] }],
  ['an option and the word after it', { args: ['run', '--api-key', SECRET] }],
  ['an option with =', { args: [`--token=${SECRET}`] }],
  ['a header line in a text', { command: `curl -H "Authorization: Bearer ${SECRET}" http://h/` }],
  ['basic credentials in a text', { command: `curl -H 'X: Basic ${SECRET}'` }],
  ['a password in a URL', { url: `postgres://me:${SECRET}@host/db` }],
  ['a query parameter', { url: `https://h/path?a=1&access_token=${SECRET}&b=2` }],
  ['JSON in a text', { body: `{"client_secret": "${SECRET}"}` }],
  ['a variable in a text', { script: `export DB_PASSWORD=${SECRET}\n` }],
  ['a JSON Web Token', { note: `it is eyJhbGciOiJIUzI1NiJ9.${SECRET}.${SECRET}` }],
  ['a private key', { file: `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----` }],
  ['a secret as a key', { [`token=${SECRET}`]: 1 }],
])('the secret in %s is blanked [monitor.secrets]', (_, args) => {
  const shown = JSON.stringify(displayArguments(args));
  expect(shown).not.toContain(SECRET);
  expect(shown).not.toContain('7777777');
  expect(shown).toContain('[redacted]');
});

test('what is no secret stays as it is, and the arguments themselves too [monitor.secrets]', () => {
  const args = { city: 'Oslo', days: 3, units: null, deep: { list: [1, 'two', false] }, password: null };
  const before = structuredClone(args);
  expect(displayArguments(args)).toEqual(before);
  expect(args).toEqual(before);
});

test('what is kept is bounded, however large, wide or deep the arguments are [monitor.secrets]', () => {
  let deep: unknown = 'end';
  for (let level = 0; level < 100_000; level++) deep = { deep };
  const cases = [
    { text: 'x'.repeat(10_000_000) },
    { list: Array.from({ length: 100_000 }, () => 'y'.repeat(1_000)) },
    Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`${'k'.repeat(500)}${index}`, index])),
    { deep },
  ];
  for (const args of cases) expect(JSON.stringify(displayArguments(args)).length).toBeLessThan(50_000);
});

test('a `__proto__` among the arguments is copied as any other key [monitor.secrets]', () => {
  const shown = displayArguments(JSON.parse('{"__proto__": {"a": 1}}'));
  expect(Object.getPrototypeOf(shown)).toBe(Object.prototype);
  expect(JSON.stringify(shown)).toBe('{"__proto__":{"a":1}}');
});
