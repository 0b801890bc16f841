// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { expect, test } from 'vitest';
import { SecretNames, withoutSecrets } from '../../../src/cli/client-configs/secrets.ts';
import { substitute, substituteAll } from '../../../src/config/substitute.ts';
import type { JsonObject } from '../../../src/core/json.ts';

/** Of no known form: only where it stands tells it. */
const WORD = 'kanarienvogel';
const RANDOM = 'q7Xk29dZkLp02mdA81zW';
const RANDOM_16 = 'kdIV1cwbdYLHvVoJ';
const HEX_16 = '80749fd86429a6d0';
const KEY_UUID = '8c1f6e1e-8a3b-4c55-9d2e-1f2a3b4c5d6e';
const HEX = '9f86d081884c7d659a2feaa0c55ad015';

/** The entry without its secrets, and the same with the variables filled in again. */
function moved(entry: JsonObject) {
  const names = new SecretNames({});
  const without = withoutSecrets('demo', entry, names);
  const env = Object.fromEntries(names.in(JSON.stringify(without)));
  const again = substituteAll(without, (text) => substitute(text, env).text);
  return { text: JSON.stringify(without), again };
}

const COMMANDS: readonly (readonly [string, readonly string[]])[] = [
  ['an option and its value', ['x', '--api-key', WORD]],
  ['an option in capitals', ['x', '--apiKey', WORD]],
  ['an option with =', ['x', `--token=${WORD}`]],
  ['an option whose name only contains the word', ['x', `--token-prod=${WORD}`]],
  ['a value with blanks behind an option', ['x', `--password=${WORD} and more`]],
  ['a header as a value', ['npx', 'mcp-remote', 'https://h/sse', '--header', `Authorization: Bearer ${WORD}`]],
  ['a header without a scheme', ['npx', 'mcp-remote', 'https://h/sse', '--header', `X-Api-Key:${WORD}`]],
  ['a header in an option', ['x', `--header=Authorization: Bearer ${WORD}`]],
  ['a header in an option, no blank', ['x', `--header=X-Auth-Token:${WORD}`]],
  ['-H', ['curl', '-H', `Authorization: Token ${WORD}`]],
  ['-H, glued', ['curl', `-HX-Api-Key: ${WORD}`]],
  ['a cookie', ['x', '--header', `Cookie: sid=${WORD}; b=1`]],
  ['docker -e', ['docker', 'run', '-i', '-e', `GITHUB_TOKEN=${WORD}`, 'img']],
  ['docker -e, glued', ['docker', 'run', `-eAPI_KEY=${WORD}`, 'img']],
  ['docker --env', ['docker', 'run', '--env', `DB_PASS=${WORD} x`, 'img']],
  ['docker --env=', ['docker', 'run', `--env=SECRET_KEY_BASE=${WORD}`, 'img']],
  ['docker -e with a harmless name', ['docker', 'run', '-e', `THING=${RANDOM}`, 'img']],
  ['env', ['env', `TOKEN=${WORD} two`, 'A=b', 'node', 's.js']],
  ['/usr/bin/env -S', ['/usr/bin/env', '-S', `API_TOKEN=${WORD} node s.js`]],
  ['sh -c', ['sh', '-c', `API_KEY=${WORD} exec node s.js`]],
  ['sh -c, exported', ['sh', '-c', `export API_KEY=${WORD} && exec node s.js`]],
  ['sh -c, quoted', ['sh', '-c', `API_KEY='${WORD} x' exec node s.js`]],
  ['sh -c, double quotes', ['bash', '-lc', `API_KEY="${WORD} x" exec node s.js`]],
  ['sh -c, odd quotes', ['sh', '-c', `API_KEY='it'\\''s ${WORD}' exec node s.js`]],
  ['sh -c, an option', ['bash', '-lc', `source ~/.profile && exec uvx srv --api-key ${WORD}`]],
  ['sh -c, a header', ['sh', '-c', `exec npx mcp-remote https://h/mcp --header "Authorization: Bearer ${WORD}"`]],
  ['sh -c, docker', ['sh', '-c', `docker run -e PASSWORD=${WORD} img`]],
  ['cmd /c set', ['cmd', '/c', `set API_KEY=${WORD} x&&npx -y srv`]],
  ['cmd /c set, quoted', ['cmd', '/c', `set "API_KEY=${WORD}" && npx -y srv`]],
  ['powershell', ['powershell', '-Command', `$env:API_KEY='${WORD}'; npx -y srv`]],
  ['powershell, blanks and double quotes', ['pwsh', '-c', `$env:GITHUB_TOKEN = "${WORD}"; npx -y srv`]],
  ['JSON', ['npx', '@smithery/cli', 'run', 'x', '--config', JSON.stringify({ apiKey: WORD, n: 1 })]],
  ['JSON within JSON', ['npx', 'x', '--config', JSON.stringify(JSON.stringify({ apiKey: WORD }))]],
  ['JSON, nested below a name', ['x', '--config', JSON.stringify({ tokens: { search: WORD }, keys: [`${WORD}2`] })]],
  ['JSON with headers', ['x', JSON.stringify({ headers: { Authorization: `Bearer ${WORD}` } })]],
  ['JSON with quotes in the value', ['x', '--config', JSON.stringify({ password: `${WORD}"\\x` })]],
  ['a connection string', ['x', `Server=h,1433;User Id=sa;Password=${WORD};Encrypt=true`]],
  ['a storage account', ['x', '--connection', `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${WORD}a==`]],
  ['an address of a database', ['x', `postgresql://me:${WORD}@db.example.com:5432/app`]],
  ['a password with odd characters', ['x', `mysql://me:${WORD}/a@b?c@db/app`]],
  ['libpq', ['x', '--dsn', `host=h user=u password=${WORD}`]],
  ['redis', ['x', `redis.example.com:6380,password=${WORD},ssl=True`]],
  ['a login', ['curl', '-u', `me:${WORD}`, 'https://h']],
  ['npm', ['npm', 'exec', `--//registry.npmjs.org/:_authToken=${WORD}`]],
  ['a token in a path', ['npx', 'mcp-remote', `https://mcp.example.com/s/${RANDOM}/mcp`]],
  ['a token in a query', ['npx', 'mcp-remote', `https://mcp.example.com/mcp?api_key=${WORD}&x=1`]],
  ['a token by itself', ['x', RANDOM]],
  ['a random word behind a harmless option', ['x', '--workspace', RANDOM]],
  ['hex', ['x', '-k', HEX]],
  ['a private key', ['x', '--pem', `-----BEGIN PRIVATE KEY-----\n${WORD}\n-----END PRIVATE KEY-----`]],
  ['a semicolon within a quoted password', ['x', `Server=h;Password="${WORD};${WORD}";Encrypt=true`]],
  ['a setting of fish', ['fish', '-c', `set -x API_KEY ${WORD}; x`]],
  ['a call of powershell', ['pwsh', '-c', `[Environment]::SetEnvironmentVariable('API_KEY', '${WORD}')`]],
  ['jdbc', ['x', `jdbc:sqlserver://h:1433;user=sa;password=${WORD};encrypt=true`]],
  ['set in words of its own', ['cmd', '/c', 'set', `API_KEY=${WORD}&&`, 'npx', 'x']],
  ['an option in capitals after a plus', ['x', '--oauth2Bearer', WORD]],
  ['a command line in one word', [`API_KEY=${WORD} npx -y srv`]],
  ['an option with a colon', ['x', `--apiKey:${WORD}`]],
  ['an option of Windows', ['x.exe', `/token:${WORD}`, `/apiKey=${WORD}`]],
  ['an option of Windows, apart', ['x.exe', '/password', WORD]],
  ['-p of mysql, glued', ['uvx', 'mysql-mcp', '-h', 'db', '-uroot', `-p${WORD}`]],
  ['-p of sshpass', ['sshpass', '-p', WORD, 'ssh', 'h']],
  ['-p of mysql, in a script', ['sh', '-c', `mysql -uroot -p${WORD} db`]],
  ['-W', ['psql-mcp', '-h', 'db', '-U', 'me', '-W', WORD]],
  ['-a of redis', ['redis-cli', '-h', 'h', '-a', WORD]],
  [
    'code of python, an index',
    ['python3', '-c', `import os; os.environ['API_KEY'] = '${WORD}'; import srv; srv.main()`],
  ],
  ['code of python, an argument', ['python', '-c', `import srv; srv.run(token="${WORD}", port=80)`]],
  ['code of python, a header', ['python', '-c', `srv.run(headers={"X-Api-Key": "${WORD}"})`]],
  ['code of python, a type', ['python', '-c', `api_key: str = "${WORD}"; run(api_key)`]],
  ['code of node, a member', ['node', '-e', `new Client({apiKey: '${WORD}', limit: 3}).start()`]],
  ['code of node, an assignment', ['node', '-e', `process.env.API_KEY='${WORD}'; require('srv')`]],
  ['code of node, an index', ['node', '-e', `process.env["API_KEY"]="${WORD}"; require('srv')`]],
  ['code of node, a constant', ['node', '--eval', `const token = \`${WORD}\`; require('srv')(token)`]],
  ['code of node, a default', ['node', '-e', `srv(process.env.API_KEY || '${WORD}')`]],
  ['code of ruby, an index', ['ruby', '-e', `ENV["SECRET"] ||= "${WORD}"; run`]],
  ['code of node, a call', ['node', '-e', `const c = client(); c.setToken("${WORD}"); c.login('me', '${WORD}')`]],
  ['code of python, a login', ['python', '-c', `requests.get(url, auth=('me', '${WORD}'))`]],
  ['-W behind a user', ['pg-mcp', '-U', 'me', '-p', '5432', '-W', WORD]],
  ['a token before the host of a repository', ['x', `git+https://${WORD}@github.com/a/b`]],
  ['a token in ?t=', ['npx', 'mcp-remote', `https://mcp.example.com/mcp?t=${WORD}`]],
  ['a token in ?k=', ['npx', 'mcp-remote', `https://mcp.example.com/mcp?a=1&k=${WORD}`]],
  ['a signature', ['npx', 'mcp-remote', `https://mcp.example.com/mcp?sv=1&sig=${WORD}`]],
  ['a token before the host', ['npx', 'mcp-remote', `https://${WORD}@mcp.example.com/mcp`]],
  ['a secret, and the same under another name', ['x', '--token', `${WORD}1`, '--other', `${WORD}1`, `${WORD}1`]],
  ['a secret within another word', ['x', '--token', `${WORD}1`, `https://h/x/${WORD}1/mcp`, `a,${WORD}1,b`]],
  ['jdbc of Oracle', ['x', '--url', `jdbc:oracle:thin:scott/${WORD}@db:1521/x`]],
  ['jdbc of Oracle, a name of a service', ['x', `jdbc:oracle:thin:scott/${WORD}@//db.example.com/svc`]],
  ['Oracle', ['x', '--dsn', `scott/${WORD}@db.example.com:1521/svc`]],
  ['an account of mail', ['x', '--account', `bob@example.com:${WORD}7`]],
  ['accounts of mail', ['x', `--accounts=a@example.com:${WORD}7,b@mail.example.org:${WORD}8`]],
  [
    'a header of its own',
    ['npx', 'mcp-remote', 'https://h', '--header', `X-Custom-Thing: ${WORD.slice(0, 6)}7${WORD}`],
  ],
  ['a UUID by itself', ['npx', 'some-mcp', KEY_UUID]],
  ['16 letters and digits', ['npx', 'some-mcp', RANDOM_16]],
  ['16 of hex', ['npx', 'some-mcp', HEX_16]],
  ['16 of hex in a path', ['npx', 'mcp-remote', 'https://h/s/80749fd86429a616/mcp']],
  ['a secret within a shell substitution', ['sh', '-c', `A=$(curl -H "X-Api-Key: ${WORD}" https://h) x`]],
];

/** Nothing names these: the place tells what they are. */
const PLACES: readonly (readonly string[])[] = [
  ...[
    `connect('db','user','${WORD}')`,
    `srv.connect("h", 5432, "user", "${WORD}", "db")`,
    `MySQLdb.connect('db', 'root', '${WORD}')`,
    `c.login(user, '${WORD}')`,
    `c.sign_in("me", "${WORD}")`,
    `HTTPBasicAuth('me', '${WORD}')`,
    `run(credentials=("me", "${WORD}"))`,
    `Imap('h').login(b'me', b'${WORD}')`,
    `pw = ("${WORD}")`,
    `b64encode(b'me:${WORD}')`,
  ].map((code) => ['python3', '-c', code]),
  ...[
    `mysql.createConnection('h', 'u', '${WORD}')`,
    `connect({auth: ['u', '${WORD}']})`,
    `fetch(u, {headers: {Authorization: 'Basic ' + btoa('me:${WORD}')}})`,
    `Buffer.from("me:${WORD}").toString('base64')`,
  ].map((code) => ['node', '-e', code]),
  ['php', '-r', `new PDO('mysql:host=h', 'root', '${WORD}');`],
  ['php', '-r', `run(['password' => '${WORD}']);`],
  ['perl', '-e', `DBI->connect('dbi:mysql:x', 'u', '${WORD}')`],
  ['Rscript', '-e', `dbConnect(d, "h", "u", "${WORD}")`],
  ['pwsh', '-c', `x (ConvertTo-SecureString '${WORD}' -AsPlainText -Force)`],
  ...[
    `echo ${WORD} | docker login -u me --password-stdin`,
    `printf '%s' '${WORD}' | x --token-stdin`,
    `gh auth login --with-token <<< ${WORD}`,
    `read -r TOKEN <<< "${WORD}"; exec x`,
    `docker login -u me -p ${WORD} && docker run x`,
    `mongosh -u me -p ${WORD} h`,
    `ldapsearch -D cn=a -w '${WORD}'`,
    `sqlcmd -S h -U sa -P ${WORD}`,
    `smbclient //h/s -U u%${WORD}`,
    `sqlplus u/${WORD}@h`,
    `npm config set //r/:_authToken ${WORD} && exec x`,
    `aws configure set aws_secret_access_key ${WORD}; exec x`,
  ].map((script) => ['sh', '-c', script]),
  ['ldapsearch', '-D', 'cn=a', '-w', WORD],
  ['smbclient', '//h/s', '-U', `u%${WORD}`],
  ['sqlplus', `u/${WORD}@h`],
];

/** Code of the same shapes without a secret. */
const PLAIN_CODE = [
  `srv.connect('localhost', 5432); srv.connect('localhost', 'mydb')`,
  `srv.connect('stdio', 'localhost', 'info'); db.connect('postgres', 'me', '5432')`,
  `srv.run('stdio', 'localhost', 'main'); open('a', 'r', 'utf8'); print('a', 'b', 'c')`,
  `connect(process.env.HOST, process.env.USER, process.env.PW); login(user, 'interactive')`,
  `argparse.add_argument('--token', help='the token to use'); d.get('token', 'none')`,
  `const names = ['name', 'id']; Buffer.from('hello'); btoa('text')`,
  'echo hello | srv; printf "%s" ready | srv --keyboard x; cat <<< hello; read -r name <<< me',
  'ls -w 80; grep -w word file; psql -h h -U u db; docker run -p 80:80 x; git config user.name me',
];

const VALUES: readonly (readonly [string, string])[] = [
  ...[
    ...['PSWD', 'ROOTPW', 'PRIVKEY', 'PSK', 'WPA_PSK', 'TOTP', 'MFA', 'SEED_PHRASE', 'RECOVERY_PHRASE', 'MNEMONIC'],
    ...['WALLET_WORDS', 'ACCESS_CODE', 'HMAC', 'UNLOCK', 'CONTRASENA', 'CONTRASEÑA', 'SENHA', 'MOT_DE_PASSE', 'MDP'],
    ...['WACHTWOORD', 'KENNWORT', 'HESLO', 'LÖSENORD', 'backupCodes', 'dbPw', 'wifiPsk', 'walletSeed', 'JWT_SALT'],
  ].map((name) => [name, WORD] as const),
  ['WALLET_WORDS', `${WORD} able about above`],
  ['MFA', '471135'],
  ['SETTING', RANDOM_16],
  ['SETTING', HEX_16],
  ...['API_KEY', 'TOKEN_GITHUB', 'SECRET_VALUE', 'DB_PASSWORD_PROD', 'githubToken', 'GITHUBTOKEN', 'APIKEY', 'PAT'].map(
    (name) => [name, WORD] as const,
  ),
  ...['KEY_2', 'MY_SECRET_HERE', 'CREDENTIALS_JSON', 'AUTH', 'X_COOKIE_JAR', 'DB_PASS', 'PASSPHRASE', 'api.key'].map(
    (name) => [name, WORD] as const,
  ),
  ['DB_PASSWORD', '12345678'],
  ['THING', RANDOM],
  ['AUTH_HEADER', `Bearer ${WORD}`],
  ['SESSION_ID', WORD],
  ['DBPASS', WORD],
  ['HEADERS', `Authorization: Bearer ${WORD}`],
  ['OPENAPI_MCP_HEADERS', `{"Authorization": "Bearer ${WORD}", "Notion-Version": "2022-06-28"}`],
  ['DATABASE_URL', `postgres://me:${WORD}@db/x`],
  ['CONFIG', JSON.stringify({ a: { clientSecret: WORD } })],
  ['SENTRY', `https://${HEX}@o1.ingest.example.com/2`],
  ['WEBHOOK', `https://hooks.example.com/services/T0001/B0002/${RANDOM}`],
  ['REPO', `https://x-access-token:${WORD}@github.com/a/b.git`],
  ['REMOTE', `https://ghp_${RANDOM}@github.com/a/b.git`],
  ...['SESSION', 'LINKEDIN_SESSION', 'COOKIE', 'SLACK_COOKIE', 'PIN', 'CARD_PIN', 'LI_SESS', 'SID'].map(
    (name) => [name, WORD] as const,
  ),
  ['SLACK', `https://hooks.slack.com/services/T00000000/B00000000/${WORD}`],
  ['SLACK_FLOW', `https://hooks.slack.com/workflows/T00000000/A00000000/1/${WORD}`],
  ['DISCORD_URL', `https://discord.com/api/webhooks/123456/${WORD}`],
  ['TEAMS_URL', `https://acme.webhook.office.com/webhookb2/${WORD}@x/IncomingWebhook/y`],
  ['ZAP', `https://hooks.zapier.com/hooks/catch/1/${WORD}/`],
];

const KNOWN = [
  ...['ghp_abcdefghijklmnop1234', 'github_pat_11ABCDEFG0abcdefghij', 'gho_abcdefghij123', 'glpat-abcdefghij12345'],
  ...[
    'sk-abcdef1234567890',
    'sk-ant-api03-abcdefg123',
    'sk_live_abcdef123456',
    'xoxb-123456-abcdef',
    'xapp-1-A0123-456',
  ],
  ...['AKIAABCDEFGHIJKLMNOP', 'AIzaSyA1234567890abcdefghijk', 'npm_abcdefghijklmnopqrstuvwxyz0123456789'],
  ...[
    'hf_abcdefghijklmnopqrstuv',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    'ntn_1234567890abcdefghij',
    'SG.abcdefghij.klmnop',
  ],
  ...[
    'lin_api_abcdefghij1234567890',
    'dop_v1_0123456789abcdef0123',
    'shpat_0123456789abcdef0123',
    'figd_abc123def456ghi789j',
  ],
  ...['tvly-dev-abcdef1234567890', 'gsk_abcdefghij1234567890', 'pypi-AgEIcHlwaS5vcmcCJDE', 'ATATT3xFfGF0abcdefgh1234'],
  '123456789:AAabcdefghijklmnopqrstuvwxyz1234567',
  ...['AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQ', 'xoxd-abcdef12345', 'lin_api_abcdefghij', 'usr_live_abcdefgh12345'],
  ...['pplx-abcdefghijklmnop', 'tvly-dev-abcdefghijk'],
];

/** Whether anything of the secrets is left. */
const LEFT = new RegExp(
  [WORD, RANDOM, HEX, RANDOM_16, HEX_16, KEY_UUID, '80749fd86429a616', '471135', '12345678', ...KNOWN]
    .map((text) => text.replace(/[.+]/g, '\\$&'))
    .join('|'),
);

test.each(COMMANDS)('in a command, %s becomes a variable and comes back as it was [moving.secrets]', (_, command) => {
  const { text, again } = moved({ command });
  expect(text).not.toMatch(LEFT);
  expect(again).toEqual({ command });
});

test.each(PLACES)('what only its place tells becomes a variable: %s %s %s [moving.secrets]', (...command) => {
  const { text, again } = moved({ command });
  expect(text).not.toMatch(LEFT);
  expect(again).toEqual({ command });
});

test.each(PLAIN_CODE)('%s stays as it is written [moving.secrets]', (code) => {
  for (const program of [
    ['node', '-e'],
    ['sh', '-c'],
  ])
    expect(moved({ command: [...program, code] }).text).toBe(JSON.stringify({ command: [...program, code] }));
});

test.each(VALUES)('%s=%s becomes a variable and comes back as it was [moving.secrets]', (name, value) => {
  const entry = { command: ['x'], environment: { [name]: value } };
  const { text, again } = moved(entry);
  expect(text).not.toMatch(LEFT);
  expect(again).toEqual(entry);
});

test.each(KNOWN)('%s is known wherever it stands [moving.secrets]', (token) => {
  const entry = {
    command: ['x', '--thing', token, `sh -c "x ${token}"`, `a=${token}`],
    environment: { THING: token, LIST: `a, ${token}` },
    cwd: `/srv/${token}`,
  };
  const { text, again } = moved(entry);
  expect(text).not.toMatch(LEFT);
  expect(again).toMatchObject({ command: entry.command, environment: entry.environment });
  const remote = { url: `https://h/${token.replace(':', '%3A')}/mcp`, headers: { 'X-Thing': token } };
  expect(moved(remote).text).not.toMatch(LEFT);
});

test.each([
  [`https://me:${WORD}@h/mcp`],
  [`https://h/mcp?token=${WORD}`],
  [`https://h/mcp?x=1&access_token=${WORD}#y`],
  [`https://h/mcp#access_token=${WORD}`],
  [`https://h/mcp?config=${encodeURIComponent(JSON.stringify({ apiKey: WORD }))}`],
  [`https://h/mcp?config=${Buffer.from(JSON.stringify({ apiKey: WORD })).toString('base64url')}`],
  [`https://h/mcp/token/${WORD}7`],
  [`https://h/v1/${RANDOM}/sse`],
  ['https://h/partner/0b0e6b44-6d2f-4e2c-9d59-3f1d2f0a1b2c/mcp'],
  [`https://\${HOST}/mcp?token=${WORD}`],
])('the address %s loses its credential and gets it back [moving.secrets]', (url) => {
  const { text, again } = moved({ url });
  expect(text).not.toMatch(LEFT);
  expect(text).not.toContain('0b0e6b44');
  expect(text).not.toContain(Buffer.from(JSON.stringify({ apiKey: WORD })).toString('base64url'));
  if (!url.includes('${HOST}')) expect(again).toEqual({ url });
});

test('a number under a name of a password or PIN is one, and a secret is known under every name of an entry [moving.secrets]', () => {
  const environment = { PIN: '471135', DB_PASSWORD: '4711', OTHER: `${WORD}1`, MORE: `a ${WORD}1`, TOKEN: `${WORD}1` };
  const entry = { command: ['x', `${WORD}1`], environment, description: `Uses ${WORD}1` };
  const { text, again } = moved(entry);
  expect(text).not.toMatch(/4711|kanarien/);
  expect(again).toMatchObject({ command: entry.command, environment });
  // One name for it all; a word that happens to be a password as well stays where it is another thing.
  expect(text.match(/\$\{[A-Z_]+\}/g)?.sort()).toEqual(['${DB_PASSWORD}', '${PIN}', ...Array(4).fill('${TOKEN}')]);
  const common = moved({
    command: ['postgres', 'x', '--database', 'postgres', 'postgres://postgres:postgres@postgres/postgres'],
    environment: { PGPASSWORD: 'postgres', MODE: 'postgres-mcp' },
  });
  expect(JSON.parse(common.text)).toMatchObject({
    command: [
      'postgres',
      'x',
      '--database',
      expect.any(String),
      expect.stringMatching(/^postgres:\/\/postgres:\$\{\w+\}@postgres\/postgres$/),
    ],
    environment: { MODE: 'postgres-mcp' },
  });
});

test('what only reads like a reference is a part of the secret, and arrives as it is meant [moving.secrets, moving.literal]', () => {
  const texts = [`pa{{env:X}}${WORD}`, 'x$${Y}zz', '{{file:/etc/x}}', `$\${Z:-${WORD} 1}`, `p{{{env:A}}}q${WORD}`];
  const command = texts.flatMap((text) => ['--token', text]);
  const environment = Object.fromEntries(texts.map((text, index) => [`API_KEY_${index}`, text]));
  const { text, again } = moved({ command: ['x', ...command], environment });
  expect(text).not.toMatch(/kanarien|etc|env:|zz/);
  const meant = [`pa{env:X}${WORD}`, 'x${Y}zz', '{file:/etc/x}', `\${Z:-${WORD} 1}`, `p{{env:A}}q${WORD}`];
  expect(again).toEqual({
    command: ['x', ...meant.flatMap((each) => ['--token', each])],
    environment: Object.fromEntries(meant.map((each, index) => [`API_KEY_${index}`, each])),
  });
});

test('headers keep their scheme, and what counts where a variable is unset is a secret too [moving.secrets]', () => {
  const headers = { Authorization: `Bearer ${WORD}`, 'X-Key': `\${X_KEY:-${WORD}}`, 'X-Plain': '${PLAIN:-eu}' };
  const { text } = moved({ url: 'https://h/mcp', headers, oauth: { clientId: 'a', clientSecret: 'b' } });
  expect(text).not.toMatch(LEFT);
  expect(JSON.parse(text)).toMatchObject({
    headers: { Authorization: 'Bearer ${DEMO_TOKEN}', 'X-Plain': '${PLAIN:-eu}' },
    oauth: { clientId: 'a', clientSecret: '${DEMO_CLIENT_SECRET}' },
  });
});

test('what is too long, or assigned too deep, to be looked at is put aside as a whole [moving.secrets]', () => {
  for (const text of [`${'a '.repeat(5_000)}${WORD}`, `${'a='.repeat(500)}${WORD}`]) {
    const entry = { command: ['x', text] };
    const { text: without, again } = moved(entry);
    expect(without).not.toMatch(LEFT);
    expect(again).toEqual(entry);
  }
});

test('a secret around a variable is one too [moving.secrets]', () => {
  const { text } = moved({
    command: ['x', `--token=${WORD}\${X}`],
    environment: { API_KEY: `\${X}${WORD}`, A: `Bearer \${X}` },
  });
  expect(text).not.toMatch(LEFT);
  expect(JSON.parse(text)).toMatchObject({
    environment: { API_KEY: expect.stringContaining('${X}'), A: 'Bearer ${X}' },
  });
});

test.each<readonly [string, string]>([
  ['SUPABASE_PROJECT_REF', 'abcdefghijklmnopqrst'],
  ['PROJECT', 'xkcdwqzjvbnmplokijuh'],
  ['WORKSPACE_ID', '8c1f6e1e-8a3b-4c55-9d2e-1f2a3b4c5d6e'],
  ['WORKSPACE', '8c1f6e1e-8a3b-4c55-9d2e-1f2a3b4c5d6e'],
  ['LINEAR_TEAM', '8c1f6e1e-8a3b-4c55-9d2e-1f2a3b4c5d6e'],
  ...['claude-3-5-sonnet-20241022', 'gpt-4o-mini-2024-07-18', 'Llama-3.1-8B-Instruct', 'text-embedding-3-large'].map(
    (model) => ['LLM', model] as const,
  ),
  ...['gemini-2.0-flash-exp', 'Qwen2VL7BInstruct', 'mixtral-8x7b-32768', 'DeepSeekR1Distill8B'].map(
    (model) => ['LLM', model] as const,
  ),
  ['GIT_REF', '9f86d08'],
  ['GIT_COMMIT', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b'],
  ['RELEASE', '2024.12.31-beta.4+build.5'],
  ['BUILD', 'server2024config1'],
  ['STAMP', '20240101120000000'],
  ['MFA', 'true'],
  ['MFA_SERIAL', 'arn:aws:iam::123456789012:mfa/me'],
  ['HMAC', 'sha256'],
  ['COUNTRY_CODE', 'germany'],
  ['WORDS', 'some plain words'],
  ['RANDOM_SEED', '12345'],
  ['CATCH_PHRASE', 'to the moon'],
  ['BYPASS', 'localhost'],
  ['COMPASS', 'north-east'],
  ['SSH_TARGET', 'me@host.example.com:2222'],
  ['REPO', 'git@git.example.com:team2/repo.git'],
  ['REPO', 'git@git.example.com:repo2.git'],
  ['IMAGE', 'registry.example.com/team/app@sha256:9f86d081884c7d65'],
])('%s=%s stays as it is written [moving.secrets]', (name, value) => {
  const entry = { command: ['x'], environment: { [name]: value } };
  expect(moved(entry).text).toBe(JSON.stringify(entry));
});

test.each([
  [['npx', 'srv', '--workspace', '8c1f6e1e-8a3b-4c55-9d2e-1f2a3b4c5d6e', '--header', 'X-Region: eu-central-1']],
  [['npx', 'mcp-remote', 'https://h', '--header', 'X-Tenant: acme2024prod', '--header', 'X-Mode: readonly']],
  [['npx', '-y', '@scope/pplx-mcp-server@1.2.3', '@supabase/mcp-server-supabase@0.4.5', 'pplx-mcp-server']],
  [['uvx', '--from', 'git+https://github.com/a/b@9f86d081884c7d65', 'srv']],
  [['docker', 'run', 'ghcr.io/team/app@sha256:9f86d081884c7d65', '-v', '/srv/data2024x:/data']],
])('%j stays as it is written [moving.secrets]', (command) => {
  expect(moved({ command }).text).toBe(JSON.stringify({ command }));
});

test('what is no secret stays as it is written [moving.secrets]', () => {
  const entry = {
    command: [
      ...['npx', '-y', '@modelcontextprotocol/server-filesystem@2025.8.21', '/Users/me/My Documents/Project2024'],
      ...['--model', 'claude-3-5-sonnet-20241022', '--auth', 'oauth', '--token-limit', '4000', '--max-tokens=8192'],
      ...['uvx', '--from', 'git+https://github.com/oraios/serena@9f86d081884c7d659a2feaa0c55ad015a3bf4f1b', 'serena'],
      ...['--key', './certs/key.pem', '--header', 'X-Region: eu', '--header', 'Authorization: Bearer ${TOKEN}'],
      `ghcr.io/github/github-mcp-server@sha256:${HEX}${HEX}`,
      ...['/nix/store/0c0h7y8q1m5x9w2r4t6v8b0n3k5j7l9p-node/bin/node', 'C:\\Users\\me\\AppData\\Roaming\\npm\\srv.cmd'],
      ...['--host=0.0.0.0', '--port', '8080', '--timezone=Europe/Berlin', 'mcp-server-kubernetes', 'task-master-ai'],
      ...['sh', '-c', 'for i in a b; do echo ${i}; done; exec node server.js --root "${_R%/}"', '-v', '${PWD}:/w'],
      ...['-e', 'GITHUB_TOKEN', '--config', '{"limit": 3, "name": "a", "tokenLimit": 5}', '--keyboard', 'german'],
    ],
    environment: {
      ...{ TOKEN_FILE: '/run/token', MAX_TOKENS: '4000', API_KEY: '${API_KEY}', LANGUAGE: 'en', AUTHOR: 'someone' },
      ...{ AWS_REGION: 'eu-central-1', PATH: '/usr/bin:/bin', TOKEN_URL: 'https://login.example.com/oauth/token' },
      ...{
        AUTH_TYPE: 'basic',
        PROJECT_ID: '0b0e6b44-6d2f-4e2c-9d59-3f1d2f0a1b2c',
        NODE_OPTIONS: '--max-old-space-size=4096',
      },
      ...{ GOOGLE_APPLICATION_CREDENTIALS: '/home/me/key.json', SINCE: '2024-01-01T00:00:00Z', KEY: '$OTHER' },
      ...{ npm_config_registry: 'https://registry.npmjs.org/', SSH_KEY: '~/.ssh/id_ed25519', T: '{env:TOK}' },
    },
    cwd: '/srv/data',
  };
  entry.command.push('--token-env-var', 'GITHUB_TOKEN');
  entry.command.push(
    ...[
      'sh',
      '-c',
      'A_TOKEN=$(pass show x/y) B_TOKEN="$(op read op://a/b)" C_TOKEN=`cat /run/t` exec x --token "$(cat t)"',
    ],
    ...['sh', '-c', 'exec npx mcp-remote https://h/mcp --header "Authorization: Bearer $(cat ~/.t)"'],
    ...['node', '-e', 'run({ tokenLimit: "5", mode: "token", key: process.env.KEY || "" })'],
    ...['https://mcp.example.com/mcp?t=10&k=5&s=abc', 'https://git@github.com/a/b', 'ssh://git@github.com/a'],
    ...['postgres://me@db/x', 'https://hooks.example.com/mcp', 'https://n8n.example.com/webhook/my-mcp/sse'],
    ...['-print', '-path', '/x', '/workspace', '/tmp:/tmp'],
  );
  Object.assign(entry.environment, {
    XDG_SESSION_TYPE: 'x11',
    DESKTOP_SESSION: 'gnome',
    SESSION_TIMEOUT: '30',
    MAX_PASSWORD_LENGTH: '8',
  });
  expect(moved(entry).text).toBe(JSON.stringify(entry));
  for (const command of [
    ['docker', 'run', '-u', '1000:1000', '-p', '8080:80', '-p3306:3306', '--user', '501:20', 'mysql-mcp', '-p', '3306'],
    ['docker', 'run', '-u', 'node:node', '-P', 'img', '-w', '/srv'],
    ['node', '-e', 'run({ auth: { mode: "basic" }, keys: ["a"] })'],
    ['mysql-mcp', '-production', '-P', '3306', '-h', 'db'],
    ['npx', '-p', 'mysql-mcp-server', 'mysql-mcp', '-port', '1'],
    ['python', '-W', 'ignore', '-m', 'mysql_mcp'],
  ])
    expect(moved({ command }).text).toBe(JSON.stringify({ command }));
  expect(moved({ url: 'https://h', proxy: `http://me:${WORD}@proxy:3128`, tags: [WORD] }).text).not.toContain(
    `:${WORD}`,
  );
  const remote = {
    url: 'https://api.example.com:8443/v1beta2/mcp?region=eu&profile=team',
    headers: { 'X-Env': 'prod' },
  };
  expect(moved(remote).text).toBe(JSON.stringify(remote));
});
