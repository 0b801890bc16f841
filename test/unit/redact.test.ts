import { expect, test } from 'vitest';
import { serverSchema } from '../../src/config/schema.ts';
import { redactor } from '../../src/upstream/redact.ts';

const redact = (entry: object) => redactor({ ...serverSchema.parse(entry), key: 'k' });

test.each([
  ['a variable', { type: 'local', command: ['x'], environment: { API_KEY: 'abcdef123' } }, 'got abcdef123 here'],
  ['an option with =', { type: 'local', command: ['x', '--token=abcdef123'] }, 'bad token abcdef123'],
  ['an option and its value', { type: 'local', command: ['x', '--api-key', 'abcdef123'] }, 'abcdef123'],
  ['a header', { type: 'remote', url: 'http://h/', headers: { 'X-Any': 'abcdef123' } }, 'X-Any: abcdef123'],
  [
    'a bearer token',
    { type: 'remote', url: 'http://h/', headers: { authorization: 'Bearer abcdef123' } },
    'abcdef123!',
  ],
  ['a query parameter', { type: 'remote', url: 'http://h/?apikey=abcdef123' }, 'GET http://h/?apikey=abcdef123'],
  ['a password in the URL', { type: 'remote', url: 'http://me:abcdef123@h/' }, 'http://me:abcdef123@h/ refused'],
])('the secret in %s is blanked [log.secrets]', (_, entry, text) => {
  expect(redact(entry)(text)).not.toContain('abcdef123');
  expect(redact(entry)(text)).toContain('[redacted]');
});

test('what is no secret stays readable', () => {
  const entry = {
    type: 'local',
    command: ['npx', '-y', 'server'],
    environment: { KUBECONFIG: '/home/me/.kube/config' },
  };
  expect(redact(entry)('cannot read /home/me/.kube/config')).toBe('cannot read /home/me/.kube/config');
});
