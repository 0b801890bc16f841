// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../../src/config/load.ts';
import { parseSecrets } from '../../../../src/config/secrets/read-secrets.ts';
import { temporaryDirectory } from '../../../helpers/servers/fixture.ts';

const SECRET = 'a-secret-value';

/** A configuration beside files; `home` is its folder too. */
async function load(config: object, files: Readonly<Record<string, string>> = {}, env: NodeJS.ProcessEnv = {}) {
  const folder = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const path = process.env.PATH;
  const loaded = await loadConfig(join(folder, 'config.json'), { HOME: folder, PATH: path, ...env });
  return { ...loaded, folder, told: loaded.problems.map(({ message }) => message).join('\n') };
}

const printing = (text: string) => [process.execPath, '-e', `process.stdout.write(${JSON.stringify(text)})`];

test('{file:path} is filled in wherever variables are, without the newline at its end [secrets.file]', async () => {
  const { servers, settings, told } = await load(
    {
      $gateway: { auth: { strategy: 'api-key', apiKeys: ['{file:key}'] } },
      l: {
        command: ['run', '--token={file:~/key}'],
        environment: { KEY: '<{file:./key}>', BOTH: '${X}{file:${DIR}/key}' },
      },
      r: {
        url: 'https://h/{file:key}',
        headers: { Authorization: 'Bearer {file:key}' },
        oauth: { clientSecret: '{file:key}', issuer: 'https://h' },
      },
      fallback: { command: ['run', '${NOT_SET:-{file:key}}'] },
    },
    { key: `${SECRET}\r\n` },
    { DIR: '.', X: 'x' },
  );
  expect(told).toBe('');
  expect(servers).toMatchObject([
    {
      command: ['run', `--token=${SECRET}`],
      environment: { KEY: `<${SECRET}>`, BOTH: `x${SECRET}` },
      secrets: [SECRET],
    },
    { url: `https://h/${SECRET}`, headers: { Authorization: `Bearer ${SECRET}` }, oauth: { clientSecret: SECRET } },
    { command: ['run', SECRET] },
  ]);
  expect(settings.auth).toMatchObject({ apiKeys: [SECRET] });
});

test.each([
  ['{file:nowhere}', /found \{file:nowhere\} but there is no \/.*nowhere, expected a readable file/],
  ['{file:folder}', /folder is no file, expected a readable file/],
  ['{file:/dev/zero}', /\/dev\/zero is no file/],
  ['{file:large}', /large has more than 65536 bytes/],
])('%s is told with its place, and costs its entry only [secrets.file-missing]', async (written, why) => {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'large'), 'x'.repeat(70_000));
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ bad: { command: ['a', written] }, good: { command: ['b'] } }));
  const { servers, misconfigured } = await loadConfig(config, {});
  expect(servers.map(({ key }) => key)).toEqual(['good']);
  expect(misconfigured).toEqual([{ server: 'bad', error: expect.stringMatching(why) }]);
  expect(misconfigured[0]?.error).toContain(`${config}: bad.command[1]: `);
});

const ENTRY = {
  command: ['a'],
  environment: { A: '${NAME}', B: '{env:NAME}', C: '{secret:NAME}', D: '${env:NAME:-x}' },
};

test.each([
  ['a dotenv file', { file: 'secrets' }, `# mine\nexport NAME="${SECRET}" # it\n`],
  ['a JSON file', { file: '~/secrets' }, JSON.stringify({ NAME: SECRET })],
  ['a YAML file', { file: './secrets' }, `NAME: ${SECRET}\nOTHER: 5\n`],
  ['a command', { command: printing(`NAME=${SECRET}\n`) }, ''],
  ['a command that names variables', { command: ['cat', '${HOME}/secrets'] }, `NAME=${SECRET}`],
])('%s gives the values of names that the environment does not have [secrets.source]', async (_, secrets, text) => {
  const { servers, told } = await load({ $gateway: { secrets }, s: ENTRY }, { secrets: text });
  expect(told).toBe('');
  expect(servers).toMatchObject([{ environment: { A: SECRET, B: SECRET, C: SECRET, D: SECRET }, secrets: [SECRET] }]);
});

test.each(['NAME: 0012.50\n', '{"NAME": 12345678901234567890}'])(
  'a number is the text that is written: %s [secrets.source]',
  async (text) => {
    const { servers } = await load({ $gateway: { secrets: { file: 'f' } }, s: ENTRY }, { f: text });
    expect(servers).toMatchObject([{ environment: { C: text.match(/\d[\d.]+/)?.[0] } }]);
  },
);

test('the environment counts first, but not for {secret:NAME} [secrets.order]', async () => {
  const { servers } = await load(
    { $gateway: { secrets: { file: 'f' } }, s: ENTRY },
    { f: `NAME=${SECRET}` },
    { NAME: 'own' },
  );
  expect(servers).toMatchObject([{ environment: { A: 'own', B: 'own', C: SECRET, D: 'own' }, secrets: [SECRET] }]);
});

test.each([
  ['fails', { command: ['false'] }, /the command "false": it ended with 1; run it by hand to see why/],
  ['is not there', { command: ['no-such-program'] }, /the command "no-such-program": spawn no-such-program ENOENT/],
  ['hangs', { command: ['sleep', '1000'], timeoutMs: 50 }, /the command "sleep": no end within 50 ms/],
  ['prints what is no map', { command: ['echo', '- a'] }, /it is no map of names to texts/],
  ['is a file that is missing', { file: 'nowhere' }, /the file nowhere: there is no .*nowhere/],
])('a source that %s costs those who want something of it [secrets.failure]', async (_, secrets, why) => {
  const config = {
    $gateway: { secrets },
    strict: { command: ['a', '${NAME}'] },
    own: { command: ['a', '{secret:NAME}'] },
    lenient: { command: ['a', '{env:NAME}'] },
    set: { command: ['a', '${HERE}', '${NAME:-default}'] },
    plain: { command: ['a'] },
  };
  const { servers, misconfigured, problems } = await load(config, {}, { HERE: 'h' });
  expect(servers.map(({ key }) => key)).toEqual(['lenient', 'set', 'plain']);
  expect(misconfigured.map(({ server }) => server)).toEqual(['strict', 'own']);
  for (const { error } of misconfigured) expect(error).toMatch(why);
  expect(problems.find(({ server }) => server === 'lenient')).toMatchObject({
    severity: 'warning',
    message: expect.stringMatching(why),
  });
});

test('what is not among the secrets is said to be missing [secrets.failure]', async () => {
  const { misconfigured } = await load(
    { $gateway: { secrets: { file: 'f' } }, s: { command: ['{secret:A}'] } },
    { f: 'B=c' },
  );
  expect(misconfigured[0]?.error).toMatch(/found \{secret:A\} but the secrets have no A, expected a secret/);
  const none = await load({ s: { command: ['{secret:A}'] } });
  expect(none.misconfigured[0]?.error).toMatch(/the settings of the gateway have no "secrets"/);
});

test('the command is run only where something needs it [secrets.lazy]', async () => {
  const folder = temporaryDirectory();
  const command = ['touch', join(folder, 'ran')];
  await load({ $gateway: { secrets: { command } }, s: { command: ['a', '${HERE}'] } }, {}, { HERE: 'h' });
  expect(() => writeFileSync(join(folder, 'ran'), '', { flag: 'wx' })).not.toThrow();
});

test('who does not wait for it gets the others at once, and the rest later [secrets.lazy]', async () => {
  const folder = temporaryDirectory();
  const path = join(folder, 'config.json');
  const gate = join(folder, 'gate');
  const command = ['sh', '-c', `until [ -e ${gate} ]; do sleep 0.05; done; echo NAME=${SECRET}`];
  const config = { $gateway: { secrets: { command } }, s: { command: ['a', '{env:NAME}'] }, p: { command: ['b'] } };
  writeFileSync(path, JSON.stringify(config));
  const first = await loadConfig(path, { PATH: process.env.PATH }, { patienceMs: 0 });
  expect(first.servers.map(({ key }) => key)).toEqual(['p']);
  expect(first.problems).toEqual([]);
  expect(first.misconfigured).toEqual([{ server: 's', error: expect.stringContaining('have not answered yet') }]);
  writeFileSync(gate, '');
  expect((await first.later)?.servers).toMatchObject([{ command: ['a', SECRET] }, { key: 'p' }]);
});

test('wrong settings of it are told, and name no secret [secrets.failure]', async () => {
  const { told, settings } = await load({
    $gateway: { secrets: { file: 'a', command: ['b'] } },
    s: { command: ['${NAME}'] },
  });
  expect(told).toMatch(/secrets: found an object, expected either file or command; the default is used/);
  expect(settings.secrets).toBeUndefined();
});

test.each([
  ['', {}],
  ['# nothing\n\n', {}],
  ['A=1\nB = two words # c\nC=a#b\nD=\n', { A: '1', B: 'two words', C: 'a#b', D: '' }],
  [`A='it "is" # $x'\nexport B="a\\nb \\"c\\" \\d"\n`, { A: 'it "is" # $x', B: 'a\nb "c" \\d' }],
  ['A="-----BEGIN\nKEY-----"\r\nB=c', { A: '-----BEGIN\nKEY-----', B: 'c' }],
  ['A=x=y==\n', { A: 'x=y==' }],
  ['{"A": "b", "N": 1, "T": true}', { A: 'b', N: '1', T: 'true' }],
  ['---\nA: b\nM: |\n  one\n  two\n', { A: 'b', M: 'one\ntwo\n' }],
])('reads %j [secrets.formats]', async (text, expected) => {
  expect(await parseSecrets(text)).toEqual(expected);
});

test.each([
  ['A=1\nsome s3cret text\n', 'line 2 is no NAME=value'],
  ['A="s3cret\n', 'line 1 is no NAME=value'],
  ['{"A": s3cret}', 'it is broken JSON'],
  ['A: [s3cret\nB: }', 'it is neither lines of NAME=value nor JSON nor YAML'],
  ['{"A": {"B": "s3cret"}}', 'A is no text'],
  ['s3cret', 'it is no map of names to texts'],
])('%j is refused without a word of it [secrets.formats]', async (text, why) => {
  await expect(parseSecrets(text)).rejects.toThrow(new Error(why));
});
