import { expect, test } from 'vitest';
import { serverSchema } from '../../../src/config/schema.ts';
import { parseJson, writeJson } from '../../../src/core/exact-json.ts';
import { rpcError } from '../../../src/core/rpc.ts';
import { createLogger } from '../../../src/platform/log.ts';
import { redactedError, redactor } from '../../../src/upstream/redact.ts';

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

const SECRET = 'Zq7#kP2/vL9+x w';

test.each([
  [
    'a password in an address, under a harmless name',
    { environment: { DATABASE_URL: `postgres://u:${encodeURIComponent(SECRET)}@h/db` } },
  ],
  ['a password in an address that is written as it is', { environment: { DB: 'amqp://u:Zq7kP2vL9@h' } }, 'Zq7kP2vL9'],
  ['a password with an @ in it', { command: ['x', '--dsn', 'mysql://u:Zq7@kP2vL9@h/db'] }, 'Zq7@kP2vL9'],
  ['a connection string', { environment: { DB: 'Server=h;User Id=u;Password=Zq7kP2vL9;' } }, 'Zq7kP2vL9'],
  ['a query of an argument', { command: ['x', 'https://h/?access_token=Zq7kP2vL9'] }, 'Zq7kP2vL9'],
  [
    'a header in an argument',
    { command: ['npx', 'mcp-remote', '--header', 'Authorization: Bearer Zq7kP2vL9'] },
    'Zq7kP2vL9',
  ],
  ['a header in an argument of its own', { command: ['npx', '--header=X-Api-Key:Zq7kP2vL9'] }, 'Zq7kP2vL9'],
  ['a variable of docker', { command: ['docker', 'run', '-e', 'API_KEY=Zq7kP2vL9', 'image'] }, 'Zq7kP2vL9'],
  ['a variable in the words of a shell', { command: ['sh', '-c', 'TOKEN=Zq7kP2vL9 exec server'] }, 'Zq7kP2vL9'],
  ['JSON in a variable', { environment: { CONFIG: '{"a":{"apiKey":"Zq7kP2vL9"}}' } }, 'Zq7kP2vL9'],
  ['a token before the host', { command: ['git', 'https://ghx_0123456789abcdef@h/r'] }, 'ghx_0123456789abcdef'],
  ['a short password', { environment: { PASSWORD: 'Zq7k' } }, 'Zq7k'],
])('%s is blanked [secrets.blanked]', (_, entry, secret = SECRET) => {
  const blank = redact({ type: 'local', command: ['x'], ...entry });
  for (const form of [secret, `(${secret})`]) expect(blank(`said ${form}!`)).not.toContain(secret);
});

test.each([
  ['as it is', SECRET],
  ['in an address', encodeURIComponent(SECRET)],
  ['in an address with small digits', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
  ['in a form', encodeURIComponent(SECRET).replaceAll('%20', '+')],
  ['in base64', Buffer.from(SECRET).toString('base64')],
  ['in base64 for addresses', Buffer.from(SECRET).toString('base64url')],
])('a secret that is told %s is blanked [secrets.blanked]', (_, told) => {
  expect(redact({ type: 'local', command: ['x'], environment: { TOKEN: SECRET } })(`got <${told}>`)).toBe(
    'got <[redacted]>',
  );
});

test('a secret of several lines is blanked as a whole, line by line and within JSON [secrets.blanked]', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----';
  const blank = redact({ type: 'local', command: ['x'], environment: { KEY: key } });
  for (const text of [key, ...key.split('\n'), JSON.stringify({ key })]) {
    for (const line of key.split('\n')) expect(blank(text)).not.toContain(line);
  }
});

test('what was filled in is blanked whatever its name, unless it is a number or a plain word [secrets.blanked]', () => {
  const filledIn = ['Zq7kP2vL9', '8080', 'true', 'eu-1', 'production', 'abc'];
  const blank = redactor({ ...serverSchema.parse({ type: 'local', command: ['x'] }), key: 'k', filledIn });
  const text = 'port 8080 is true in eu-1 production, abc';
  expect(blank(`${text}: Zq7kP2vL9`)).toBe(`${text}: [redacted]`);
});

test('a short or common secret does not blank every text [secrets.blanked]', () => {
  const environment = { TOKEN: 'abc', AUTH: 'true', SESSION: 'none', PASSWORD: 'cats' };
  const blank = redact({ type: 'local', command: ['x'], environment });
  expect(blank('true, none, abcdef, concatscript')).toBe('true, none, abcdef, concatscript');
  expect(blank('it was "cats"')).toBe('it was "[redacted]"');
});

test.each([
  ['postgres://me:pw@h/db refused', 'postgres://me:[redacted]@h/db refused'],
  ['GET https://h/x?api_key=abc&page=2', 'GET https://h/x?api_key=[redacted]&page=2'],
  ['sent Authorization: Bearer abc123def456', 'sent Authorization: Bearer [redacted]'],
  ['use Bearer authentication at https://h:8080/@scope/x', 'use Bearer authentication at https://h:8080/@scope/x'],
])('a credential is known by its form: %s [secrets.blanked]', (text, blanked) => {
  expect(redact({ type: 'local', command: ['x'] })(text)).toBe(blanked);
});

test('an error keeps its code, its numbers and its shape; the address that a client is to open passes whole [secrets.blanked]', () => {
  const blank = redact({ type: 'local', command: ['x'], environment: { TOKEN: 'Zq7kP2vL9' } });
  const data = { why: ['Zq7kP2vL9 is wrong', 3, null], deep: { a: true } };
  expect(redactedError({ code: -5, message: 'Zq7kP2vL9?', data }, blank)).toEqual({
    code: -5,
    message: '[redacted]?',
    data: { why: ['[redacted] is wrong', 3, null], deep: { a: true } },
  });
  const asked = { code: -32_042, message: 'open it', data: { elicitations: [{ url: 'https://h/?auth=abc' }] } };
  expect(redactedError(asked, blank)).toEqual(asked);
  const nested = JSON.parse(`${'['.repeat(5_000)}"Zq7kP2vL9"${']'.repeat(5_000)}`);
  expect(JSON.stringify(redactedError({ code: 1, message: '', data: nested }, blank))).not.toContain('Zq7');
});

test('a line of the log shows no password of an address, whoever wrote it [secrets.log]', () => {
  let written = '';
  const log = createLogger((line) => {
    written += line;
  });
  log.error('cannot reach postgres://me:pw@h', {
    tried: ['https://h/?token=abc'],
    deep: { at: 'Bearer abc123def456' },
  });
  expect(written).not.toMatch(/pw@|abc/);
  expect(JSON.parse(written)).toMatchObject({ message: 'cannot reach postgres://me:[redacted]@h' });
});

const LETTERS = 'correcthorsebatterystaple';
const PIN = '86429753';
const LONG_PIN = '98765432109876543210';

test('in the data of an error keys and numbers are blanked as texts are [secrets.data]', () => {
  const environment = { TOKEN: LETTERS, SECRET, PIN_TOKEN: PIN, LONG_TOKEN: LONG_PIN };
  const blank = redact({ type: 'local', command: ['x'], environment });
  const text = `{"code":1,"message":"m","data":{"${LETTERS}":1.0,"https://h?x=${encodeURIComponent(SECRET)}":"k","deep":[{"${PIN}":{}}],
    "n":${PIN},"list":[${PIN},-${PIN},${PIN}.0,7.0,8642],"long":${LONG_PIN},"e":9.50}}`;
  const written = writeJson(redactedError(rpcError(parseJson(text)), blank));
  for (const secret of [LETTERS, encodeURIComponent(SECRET), PIN, LONG_PIN]) expect(written).not.toContain(secret);
  expect(written).toContain(
    '"n":"[redacted]","list":["[redacted]","[redacted]","[redacted]",7.0,8642],"long":"[redacted]","e":9.50',
  );
  const bare = rpcError(parseJson(`{"code":1,"message":"m","data":${LONG_PIN}}`));
  expect(writeJson(redactedError(bare, blank))).not.toContain(LONG_PIN);
});

test('of an error that asks to open addresses only these pass whole [secrets.data]', () => {
  const blank = redact({ type: 'local', command: ['x'], environment: { TOKEN: LETTERS } });
  const url = `https://h/?token=${LETTERS}`;
  const asked = (secret: string) => ({
    elicitations: [{ mode: 'url', elicitationId: '1', url, message: `use ${secret}` }, null, secret],
    env: { TOKEN: secret },
  });
  const error = (data: unknown) => ({ code: -32_042, message: '', data });
  expect(redactedError(error(asked(LETTERS)), blank)).toEqual(error(asked('[redacted]')));
  for (const data of [LETTERS, [LETTERS], { elicitations: { url } }, { url }])
    expect(JSON.stringify(redactedError(error(data), blank))).not.toContain(LETTERS);
});

test.each([
  ['t%3D', '%26x'],
  ['{"a":"x\\n', '\\n"}'],
  ['\\u003d', '\\u0026'],
  ['\\t', ''],
  ['\u001b[31m', '\u001b[0m'],
  ['\u001b[1;31m', ''],
  ['token_', '_x'],
])('a secret of letters is blanked after %j [secrets.blanked]', (before, after) => {
  for (const secret of ['hunters', LETTERS]) {
    const blank = redact({ type: 'local', command: ['x'], environment: { TOKEN: secret } });
    expect(blank(`${before}${secret}${after}`)).toBe(`${before}[redacted]${after}`);
  }
});

test('a long secret of letters is blanked within a word, a short one is not [secrets.blanked]', () => {
  const blank = redact({ type: 'local', command: ['x'], environment: { TOKEN: LETTERS, PASSWORD: 'hunters' } });
  expect(blank(`a${LETTERS}b headhunters`)).toBe('a[redacted]b headhunters');
});

test.each(['Zq7kP2vL9', 'abcdef', SECRET, LETTERS])(
  'within base64 and hex the secret %s is blanked, wherever it begins [secrets.blanked]',
  (secret) => {
    const blank = redact({ type: 'local', command: ['x'], environment: { API_USER: 'joe', API_PASSWORD: secret } });
    for (const user of ['', 'a:', 'jo:', 'joe:', 'user:']) {
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        for (const rest of ['', '@h', '\n']) {
          const text = Buffer.from(user + secret + rest).toString(encoding);
          const shown = Buffer.from(blank(text).replace('[redacted]', ''), encoding).toString('latin1');
          expect(blank(`Basic ${text}`)).toContain('[redacted]');
          expect(shown).not.toContain(secret.slice(1, -1));
        }
      }
    }
  },
);

test.each([
  [['srv', 'sk_live_51H8abcdEFGH1234ijkl'], 'sk_live_51H8abcdEFGH1234ijkl'],
  [['srv', '--id=AKIAABCDEFGHIJKLMNOP'], 'AKIAABCDEFGHIJKLMNOP'],
  [['srv', 'pypi-AgEIcHlwaS5vcmcCJDU2'], 'pypi-AgEIcHlwaS5vcmcCJDU2'],
  [['srv', '-u', 'joe:p4ss/w0rd x'], 'p4ss/w0rd x'],
  [['curl', '--user', 'joe:p4ssw0rd'], 'p4ssw0rd'],
  [['curl', '--user=joe:p4ssw0rd'], 'p4ssw0rd'],
  [['curl', '--proxy-user', 'joe:p4ssw0rd'], 'p4ssw0rd'],
  [['sh', '-c', 'curl -u "joe:p4ssw0rd" https://h'], 'p4ssw0rd'],
])('a secret that is written into the command %j is blanked [secrets.blanked]', (command, secret) => {
  expect(redact({ type: 'local', command })(`bad (${secret})`)).toBe('bad ([redacted])');
});

test.each([
  ['-u', '1000:1000'],
  ['--user', 'node:node'],
  ['-u', 'joe'],
])('%s %s is no secret [secrets.blanked]', (option, value) => {
  const text = `cannot run as ${value} on node 1000`;
  expect(redact({ type: 'local', command: ['docker', 'run', option, value, 'image'] })(text)).toBe(text);
});

test.each([
  'sk_live_51H8abcdEFGH1234ijkl',
  'AKIAABCDEFGHIJKLMNOP',
  'AIzaSyA1234567890abcdefghijk',
  'hf_AbCdEfGhIjKlMnOpQrStUv',
  'npm_abcdefghijklmnopqrstuvwxyz0123456789',
])('whoever it belongs to, %s is blanked by its form [secrets.blanked]', (token) => {
  expect(redact({ type: 'local', command: ['x'] })(`bad ${token}!`)).toBe('bad [redacted]!');
  const text = 'npm_config_registry, sk_live_mode, hf_hub_download_timeout';
  expect(redact({ type: 'local', command: ['x'] })(text)).toBe(text);
});
