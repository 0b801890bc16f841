// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { expect, test } from 'vitest';
import { configOfObject } from '../../../src/config/load.ts';
import { knownSecrets } from '../../../src/gateway/known-secrets.ts';
import { redactor } from '../../../src/upstream/redact.ts';

const local = { command: ['x'] };

/** What the server "st" of that configuration is told to have said. */
function told(said: string, config: object, env: Record<string, string> = {}): string {
  const checked = configOfObject({ st: local, ...config }, env);
  const [st] = checked.servers;
  if (!st) throw new Error('no server');
  const secrets = knownSecrets(checked, env);
  return redactor(st, () => secrets)(said);
}

const VALUE = 'tOk9-AbCdEf0123';

test.each([
  ['a header of another entry', { o: { url: 'http://h/', headers: { Authorization: 'Bearer ${MINE}' } } }],
  ['a part of an address', { o: { url: 'http://h/${env:MINE}/mcp' } }],
  ['an argument', { o: { command: ['x', '{env:MINE}'] } }],
  ['a default', { o: { command: ['x', '${OTHER:-${MINE}}'] } }],
  ['an entry that is switched off', { o: { enabled: false, command: ['x', '${MINE}'] } }],
  ['an entry that is wrong', { o: { command: ['x', '${MINE}'], url: 'http://h/' } }],
  [
    'an entry that is denied',
    { o: { command: ['x', '${MINE}'] }, $gateway: { permissions: [{ server: 'o', action: 'deny' }] } },
  ],
  ['a key of a caller', { $gateway: { auth: { strategy: 'api-key', apiKeys: ['${MINE}'] } } }],
  [
    'a key of a caller with an id',
    { $gateway: { auth: { strategy: 'api-key', apiKeys: [{ key: '${MINE}', id: 'a' }] } } },
  ],
  [
    'the key of an endpoint',
    { $gateway: { search: { embeddings: { url: 'http://h/', model: 'm', apiKey: '${MINE}' } } } },
  ],
])('a variable is blanked in the texts of every server: %s [secrets.others]', (_, config) => {
  const said = told(`MINE=${VALUE} ${encodeURIComponent(VALUE)} ${Buffer.from(VALUE).toString('base64')}`, config, {
    MINE: VALUE,
  });
  expect(said).toBe('MINE=[redacted] [redacted] [redacted]');
});

test.each([
  ['an entry', { o: { url: 'http://h/', headers: { 'X-Api-Key': VALUE } } }],
  ['the variables of an entry', { o: { ...local, environment: { A_TOKEN: VALUE } } }],
  ['the settings', { $gateway: { auth: { strategy: 'api-key', apiKeys: [VALUE] } } }],
  [
    'the secret of tokens',
    { $gateway: { auth: { strategy: 'jwt', jwt: { secret: VALUE.repeat(3), audience: 'a' } } } },
  ],
])('so is what is written in %s [secrets.others]', (_, config) => {
  expect(told(`got ${VALUE.repeat(3)}`, config)).not.toContain(VALUE);
});

test.each([
  ...['GITHUB_TOKEN', 'OPENAI_API_KEY', 'PGPASSWORD', 'MYSQL_PWD', 'SESSION_SECRET', 'SENTRY_DSN', 'apikey'].map(
    (name) => ({ [name]: VALUE }),
  ),
  { DATABASE_URL: `postgres://u:${VALUE}@h/db` },
  { CONNECTION: `Server=h;Password=${VALUE};` },
  { SETTINGS: JSON.stringify({ auth: { secret: VALUE } }) },
  { NO_FILE_KEY: `/${VALUE}` },
])(
  'an inherited variable is blanked under a name that tells, and a password within any: %j [secrets.inherited]',
  (env) => {
    expect(told(JSON.stringify(env), {}, env)).not.toContain(VALUE);
  },
);

test('what says something of the system, where files lie and who wrote stays readable [secrets.inherited]', () => {
  const env = {
    PWD: process.cwd(),
    HOME: '/home/me',
    SSH_AUTH_SOCK: process.execPath,
    GIT_AUTHOR_NAME: 'Ada Lovelace',
    DESKTOP_SESSION: 'plasma',
    AUTH_TRACE: 'true',
    KEYTIMEOUT: '1',
    MAX_TOKENS: '32000',
    WORK: import.meta.dirname,
    REGION: 'eu-west-1',
  };
  const said = JSON.stringify(env);
  expect(told(said, { o: { command: ['x', '${WORK}', '${HOME}'] } }, env)).toBe(said);
});

test('a text is looked through by what is known now, and by nothing of others where none is in it [secrets.others]', () => {
  const [st] = configOfObject({ st: { ...local, environment: { OWN_KEY: 'own-secret-1' } } }, {}).servers;
  if (!st) throw new Error('no server');
  let secrets: readonly string[] = [];
  const redact = redactor(st, () => secrets);
  expect(redact('own-secret-1 other-secret-2')).toBe('[redacted] other-secret-2');
  secrets = ['other-secret-2', 'own-secret-1-and-more'];
  expect(redact('own-secret-1 other-secret-2')).toBe('[redacted] [redacted]');
  // Whole, though a part of it is a secret too.
  expect(redact('own-secret-1-and-more')).toBe('[redacted]');
  secrets = [];
  expect(redact('own-secret-1 other-secret-2')).toBe('[redacted] other-secret-2');
});
