import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { allow } from '../../../../src/cli/commands/allow.ts';
import { projectAt, readProjectFile } from '../../../../src/config/project/project.ts';
import { findProjectFile, writeRecord } from '../../../../src/config/project/project-file.ts';
import { mergeSettings } from '../../../../src/config/project/with-project.ts';
import { type GatewaySettings, settingsSchema } from '../../../../src/config/settings.ts';
import { ProjectSource } from '../../../../src/config/source/source.ts';
import { projectFiles } from '../../../helpers/command-line/project.ts';
import { temporaryDirectory } from '../../../helpers/servers/fixture.ts';

const RUN = { command: ['run', 'it'] };

test('the nearest file applies, by the order of its names; never that of the home directory or above it [project.found]', () => {
  const { home, cwd, write } = projectFiles();
  const inner = join(cwd, 'src/deep');
  mkdirSync(inner, { recursive: true });
  write('.mcp-gateway.json', {});
  writeFileSync(join(dirname(home), '.mcp-gateway.yaml'), '');
  const found = () => findProjectFile(inner, home);
  expect(found()).toBeUndefined();
  for (const none of [home, dirname(home)]) expect(findProjectFile(none, home)).toBeUndefined();
  expect(findProjectFile(inner, inner)).toBeUndefined();
  for (const name of ['.yaml', '.yml', '.jsonc', '.json']) {
    const file = write(`code/.mcp-gateway${name}`, '{}');
    expect(found()).toBe(file);
  }
  mkdirSync(join(cwd, '.git'));
  expect(found()).toBe(join(home, 'code/.mcp-gateway.json'));
  const nearer = write('code/shop/src/.mcp-gateway.yml', '');
  expect(found()).toBe(nearer);
});

test('a home directory by another name ends the search, and a project has one name [project.found]', () => {
  const { home, cwd, write } = projectFiles();
  write('.mcp-gateway.json', {});
  const link = join(temporaryDirectory(), 'home');
  symlinkSync(home, link);
  expect(findProjectFile(join(link, 'code/shop'), link)).toBeUndefined();
  expect(findProjectFile(cwd, link)).toBeUndefined();
  const file = write('code/shop/.mcp-gateway.json', {});
  expect(findProjectFile(join(link, 'code/shop'), link)).toBe(file);
});

test('a confirmed file is merged: replaced, switched off, added; it runs in its directory [project.merge]', async () => {
  const mine = { command: ['mine'] };
  const { cwd, writeProject, allow, load, loadOwn } = projectFiles({ keep: mine, swap: mine, stop: mine, bad: {} });
  const file = writeProject({
    swap: RUN,
    stop: { enabled: false },
    bad: { ...RUN, cwd: 'sub' },
    far: { url: 'http://h' },
    wrong: { command: 3 },
  });
  expect(await load()).toMatchObject({
    ...(await loadOwn()),
    named: expect.any(Function),
    problems: expect.anything(),
  });
  await allow();
  const config = await load();
  expect(config.servers).toMatchObject([
    { key: 'keep', command: ['mine'] },
    { key: 'swap', command: ['run', 'it'], cwd },
    { key: 'bad', cwd: join(cwd, 'sub') },
    { key: 'far', url: 'http://h' },
  ]);
  expect(config.servers[0]).not.toHaveProperty('cwd');
  expect(config.disabled).toEqual(['stop']);
  expect(config.misconfigured).toEqual([
    { server: 'wrong', error: expect.stringMatching(/^\/.*\/code\/shop\/\.mcp-gateway\.json: wrong\.command: found/) },
  ]);
  expect(config.project).toEqual({ path: file, status: 'confirmed', servers: ['swap', 'bad', 'far', 'wrong'] });
});

test('a project forbids more and never less [project.narrow]', async () => {
  const {
    config: path,
    writeProject,
    allow,
    load,
  } = projectFiles({
    $gateway: { expose: { prompts: false }, logLevel: 'error', invoke: { waitMs: 5 }, port: 7 },
    off: { command: ['mine'], enabled: false },
  });
  const file = writeProject({
    $gateway: { expose: { resources: false, prompts: true }, logLevel: 'debug', port: 1, auth: { strategy: 'none' } },
    off: RUN,
  });
  await allow();
  const { settings, servers, disabled, problems } = await load();
  expect(settings.expose).toEqual({ resources: false, prompts: false });
  expect(settings).toMatchObject({ logLevel: 'error', port: 7, invoke: { waitMs: 5 } });
  expect(settings.auth).toBeUndefined();
  expect([servers, disabled]).toEqual([[], ['off']]);
  const only = 'counts in your own configuration only; ignored in that of a project';
  expect(problems.map(({ message }) => message)).toEqual([
    ...['logLevel', 'port', 'auth'].map((name) => `${file}: $gateway.${name}: ${only}`),
    `${file}: off: is switched off in ${path}, and stays so`,
  ]);
  writeProject({ $gateway: { invoke: { waitMs: 9 } } });
  await allow();
  expect((await load()).settings.invoke).toEqual({ waitMs: 9 });
});

test('the rules of the user come before those of a project [project.narrow]', () => {
  const own = settingsSchema.parse({});
  const withRules = (...permissions: string[]) => ({ ...own, permissions }) as unknown as GatewaySettings;
  expect(mergeSettings(withRules('mine'), withRules('its'))).toEqual(withRules('mine', 'its'));
  expect(mergeSettings(own, withRules('its'))).toEqual(withRules('its'));
  expect(mergeSettings(withRules('mine'), own)).toEqual(withRules('mine'));
  expect(mergeSettings(own, own)).toEqual(own);
});

test('while the user’s own file is broken no project counts [project.narrow]', async () => {
  const { write, writeProject, allow, load } = projectFiles();
  writeProject({ run: RUN });
  await allow();
  write('.config/mcp-gateway/config.json', '{');
  await expect(load()).rejects.toThrow(/config\.json/);
});

test('without a file of the user a confirmed project is served [project.merge]', async () => {
  const { config, writeProject, allow, load } = projectFiles();
  writeProject({ mcpServers: { run: { command: 'run', args: ['it'] } } });
  rmSync(config);
  expect(await load()).toMatchObject({ found: false, servers: [] });
  await allow();
  expect(await load()).toMatchObject({ found: true, servers: [{ key: 'run', command: ['run', 'it'] }] });
});

test('allow shows all that a file does before it asks, and keeps path and text for their owner alone [project.allow]', async () => {
  const files = projectFiles({ db: { command: ['mine'] } });
  const token = `\${TOKEN:-x}`;
  const file = files.writeProject({
    $gateway: { expose: { prompts: false } },
    db: { command: ['npx', '--password', 'two words'], environment: { API_KEY: 'sk-not-hidden-0123456789' } },
    far: { url: `https://h/${token}`, headers: { Authorization: token }, description: 'a\u202eb\u001b[2J' },
    'a (switches b off)': { enabled: false },
  });
  const asked: string[] = [];
  const answer = (yes: boolean) => async (question: string) => {
    asked.push(files.said(), question);
    return yes;
  };
  expect(await allow({ words: [] }, { ...files.terminal, ask: answer(false) })).toBe(1);
  const [shown = '', question] = asked;
  expect(question).toBe('Confirm it?');
  expect(shown).toBe(`~/code/shop/.mcp-gateway.json

  + db (in place of yours)
      command: npx --password "two words"
      environment: {"API_KEY":"sk-not-hidden-0123456789"}
  + far
      url: https://h/${token}
      headers: {"Authorization":"${token}"}
      description: "a�b\\u001b[2J"
  + "a (switches b off)" (switched off)
      enabled: false
  + (settings)
      expose: {"prompts":false}

Local servers run as you, in ~/code/shop; \${…} is filled in with your variables.

`);
  expect(projectAt(files.cwd, files)).toEqual({ path: file, status: 'unconfirmed' });
  expect(await allow({ words: ['..'] }, { ...files.terminal, ask: answer(true) })).toBe(1);
  expect(await allow({ words: ['.'] }, { ...files.terminal, ask: answer(true) })).toBe(0);
  expect(projectAt(files.cwd, files)).toMatchObject({ path: file, status: 'confirmed' });
  const folder = join(files.dataDirectory, 'projects');
  const [record = '', ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  expect([statSync(folder).mode & 0o777, statSync(join(folder, record)).mode & 0o777]).toEqual([0o700, 0o600]);
  files.said();
  expect(await files.allow(file)).toBe(0);
  expect(files.said()).toBe('~/code/shop/.mcp-gateway.json is confirmed already.\n');
});

test('where nobody can be asked nothing is confirmed; misuse is 2 [project.allow]', async () => {
  const { terminal, said, writeProject, cwd, home, dataDirectory, disallow, write } = projectFiles();
  expect(await allow({ words: [] }, terminal)).toBe(1);
  expect(said()).toContain('there is no .mcp-gateway.json');
  writeProject({ run: RUN });
  expect(await allow({ words: [] }, terminal)).toBe(1);
  expect(said()).toContain('Nothing was confirmed: nobody could be asked.');
  expect(projectAt(cwd, { home, dataDirectory })?.status).toBe('unconfirmed');
  expect(await allow({ words: ['a', 'b'] }, terminal)).toBe(2);
  expect(await disallow('a', 'b')).toBe(2);
  write('code/shop/.mcp-gateway.yml', '');
  expect(await allow({ words: ['.mcp-gateway.yml'], yes: true }, terminal)).toBe(1);
  expect(said()).toMatch(/\.yml: does not count: .*\.json does/);
});

test('no server can hide behind the settings or another server [project.allow]', async () => {
  const { terminal, said, writeProject } = projectFiles();
  const servers = ['$gateway', '(settings)', 'a'].map((id) => ({ id, command: [`run-${id}`] }));
  writeProject({ servers: [...servers, { id: 'a', command: ['again'] }], expose: { prompts: false } });
  await allow({ words: [] }, terminal);
  const shown = said();
  for (const { command } of servers) expect(shown).toContain(`command: ${command}\n`);
  expect(shown.match(/^ {2}\+ \(settings\)$/gm)).toHaveLength(1);
  expect(shown).toContain('expose: {"prompts":false}');
  expect(shown).toContain('! servers[3]: found the key "a" again');
});

test('a changed file is shown by what changed; what was confirmed stays in effect until then [project.changed]', async () => {
  const { cwd, writeProject, allow: confirm, load, said, terminal } = projectFiles();
  const file = writeProject({ a: RUN, b: RUN, c: RUN, $gateway: { invoke: { waitMs: 5 } } });
  await confirm();
  said();
  writeProject({ a: RUN, b: { command: ['run', 'evil'] }, d: { url: 'http://h' } });
  const config = await load();
  expect(config.servers.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  expect(config.servers[1]).toMatchObject({ command: ['run', 'it'] });
  expect(config.project).toMatchObject({
    status: 'changed',
    notice: expect.stringContaining(`mcp-gateway allow ${file}`),
  });
  expect(await allow({ words: [] }, terminal)).toBe(1);
  expect(said()).toBe(`~/code/shop/.mcp-gateway.json has changed since you confirmed it

  ~ b
      - command: run it
      + command: run evil
  + d
      url: http://h
  - c
  - (settings)
  = 1 as before

Local servers run as you, in ~/code/shop; \${…} is filled in with your variables.

Nothing was confirmed: nobody could be asked.
`);
  writeProject('{ broken');
  expect((await load()).servers).toHaveLength(3);
  expect(await confirm()).toBe(1);
  expect(said()).toContain(`${cwd}/.mcp-gateway.json:1:3: found a word without quotes`);
  expect((await load()).servers).toHaveLength(3);
});

test('a comment is a change too; what cannot be read any more has no effect and is no obstacle [project.changed]', async () => {
  const { writeProject, allow, load, said, dataDirectory } = projectFiles();
  const path = writeProject('{"a": {"command": ["x"]}}');
  await allow();
  writeProject('{"a": {"command": ["x"]}} // a');
  expect((await load()).project?.status).toBe('changed');
  said();
  await allow();
  expect(said()).toMatch(/has changed since you confirmed it\n\n {2}= 1 as before\n\nLocal/);
  await writeRecord(dataDirectory, { path, text: 'of another version' });
  expect(await load()).toMatchObject({ servers: [], project: { status: 'refused' } });
  expect(await allow()).toBe(0);
  expect((await load()).servers).toHaveLength(1);
});

test('disallow ends the effect and the mention of a file, and of one that is gone [project.disallow]', async () => {
  const { home, writeProject, allow, disallow, load, loadOwn, said } = projectFiles({ mine: RUN });
  const file = writeProject({ run: RUN });
  await allow();
  expect(await disallow()).toBe(0);
  expect(said()).toContain('~/code/shop/.mcp-gateway.json has no effect any more');
  writeProject({ other: RUN });
  const own = { ...(await loadOwn()), named: expect.any(Function) };
  expect(await load()).toEqual({
    ...own,
    named: expect.any(Function),
    project: { path: file, status: 'declined', servers: [] },
  });
  await allow();
  rmSync(file);
  expect(await load()).toEqual(own);
  expect(await disallow()).toBe(0);
  writeProject({ other: RUN });
  expect((await load()).servers.map(({ key }) => key)).toEqual(['mine']);
  expect(await disallow(home)).toBe(1);
  symlinkSync('nowhere', file.replace('.json', '.yml'));
  rmSync(file);
  expect((await load()).project?.status).toBe('refused');
  await disallow();
  expect((await load()).project).toMatchObject({ status: 'declined', notice: undefined });
});

test('two projects are confirmed apart, by several at the same time [project.apart]', async () => {
  const { home, write, allow, load } = projectFiles();
  const names = ['one', 'two', 'three', 'four'];
  for (const name of names) write(`code/${name}/.mcp-gateway.json`, { [name]: RUN });
  const confirmed = names.slice(0, 3);
  const codes = await Promise.all(
    [...confirmed, ...confirmed, ...confirmed].map((name) => allow(join(home, 'code', name))),
  );
  expect(new Set(codes)).toEqual(new Set([0]));
  const keysOf = async (name: string) => (await load(join(home, 'code', name))).servers.map(({ key }) => key);
  expect(await Promise.all(names.map(keysOf))).toEqual([['one'], ['two'], ['three'], []]);
});

test('a file that was moved or copied, with its record too, is another one [project.apart]', async () => {
  const { write, allow, load, home, dataDirectory } = projectFiles();
  const text = JSON.stringify({ run: RUN });
  const one = write('code/one/.mcp-gateway.json', text);
  const two = write('code/two/.mcp-gateway.json', text);
  await allow(one);
  expect((await load(dirname(two))).project?.status).toBe('unconfirmed');
  const folder = join(dataDirectory, 'projects');
  const [record = ''] = readdirSync(folder);
  await allow(two);
  const other = readdirSync(folder).find((name) => name !== record) ?? '';
  execFileSync('cp', [join(folder, record), join(folder, other)]);
  expect(projectAt(dirname(two), { home, dataDirectory })?.status).toBe('unconfirmed');
  writeFileSync(join(folder, other), '{');
  expect(projectAt(dirname(two), { home, dataDirectory })?.status).toBe('unconfirmed');
});

const HOSTILE: [string, RegExp, (file: string) => void][] = [
  ['a link', /symbolic link/, (file) => symlinkSync('elsewhere.json', file)],
  ['a link to itself', /symbolic link/, (file) => symlinkSync(file, file)],
  ['a directory', /no regular file/, (file) => mkdirSync(file)],
  ['a pipe', /no regular file/, (file) => execFileSync('mkfifo', [file])],
  ['a huge file', /1048577 bytes, expected 1048576/, (file) => writeFileSync(file, `{${' '.repeat(1_048_575)}}`)],
];

test.each(HOSTILE)('%s is refused, also where a record says otherwise [project.hostile]', async (_what, why, make) => {
  const { cwd, write, writeProject, allow, load, said } = projectFiles({ mine: RUN });
  write('code/shop/elsewhere.json', { run: RUN });
  const file = writeProject({ run: RUN });
  await allow();
  rmSync(file);
  make(join(cwd, '.mcp-gateway.json'));
  const { servers, project } = await load();
  expect(servers.map(({ key }) => key)).toEqual(['mine']);
  expect(project).toMatchObject({ status: 'refused', notice: expect.stringMatching(why) });
  said();
  expect(await allow()).toBe(1);
  expect(said()).toMatch(why);
});

test.each([
  ['half an object', '{"a": '],
  ['an array', '[]'],
  ['nothing', ''],
  ['zeros', '\0\0'],
  ['deep brackets', '['.repeat(100_000)],
  ['deep lists', '- '.repeat(100_000)],
  ['deep maps', Array.from({ length: 1_300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ['an endless alias', 'a: &a [*a]'],
])('broken text cannot be confirmed: %s [project.hostile]', async (_what, text) => {
  const { write, allow, load, said } = projectFiles();
  const file = write('code/shop/.mcp-gateway.yml', text);
  expect(await load()).toMatchObject({ servers: [], project: { status: 'unconfirmed' } });
  expect(await allow()).toBe(1);
  expect(said()).toContain(file);
  expect((await load()).project?.status).toBe('unconfirmed');
});

test('a path with a line break or a hidden character is refused, one with quotes is quoted [project.hostile]', async () => {
  const { write, load } = projectFiles();
  const noticeIn = async (name: string) => {
    const file = write(`code/${name}/.mcp-gateway.json`, {});
    return (await load(dirname(file))).project?.notice;
  };
  const hidden = await noticeIn('a\n\u202eb');
  expect(hidden).toMatch(/a��b.*no effect: there are invisible characters in its path/);
  expect(await noticeIn("it's $(x) `y`")).toMatch(
    /mcp-gateway allow '\/.*\/it'\\''s \$\(x\) `y`\/\.mcp-gateway\.json'$/,
  );
});

test('that everybody may write to a file is said before it is confirmed [project.hostile]', async () => {
  const { writeProject, terminal, said } = projectFiles();
  chmodSync(writeProject({ run: RUN }), 0o666);
  await allow({ words: [] }, terminal);
  expect(said()).toContain('! Everybody on this machine may write to it.');
});

test.runIf(process.geteuid?.() === 0)("another user's file is refused; root is warned [project.hostile]", () => {
  const file = join(temporaryDirectory(), '.mcp-gateway.json');
  writeFileSync(file, '{}');
  chmodSync(dirname(file), 0o755);
  chownSync(file, 1234, 1234);
  expect(readProjectFile(file)).toEqual({ text: '{}', warnings: ['It belongs to another user (1234).'] });
  try {
    process.seteuid?.(4321);
    expect(readProjectFile(file)).toEqual({ refused: expect.stringContaining('belongs to another user (1234)') });
    process.seteuid?.(0);
    process.seteuid?.(1234);
    expect(readProjectFile(file)).toEqual({ text: '{}', warnings: [] });
  } finally {
    process.seteuid?.(0);
  }
});

test('of what happens in a busy directory only our files are looked at [project.follow]', () => {
  const { cwd, home, config, env, dataDirectory } = projectFiles();
  const source = new ProjectSource({ path: config, cwd, env, dataDirectory });
  expect(source.directories()).toEqual([dirname(config), cwd, dirname(cwd)]);
  expect(source.concerns(cwd, 'log.txt')).toBe(false);
  expect(source.concerns(cwd, '.mcp-gateway.yml')).toBe(true);
  expect(source.concerns(dirname(config), 'anything')).toBe(true);
  expect(source.directories()).not.toContain(home);
});

test('what shows nothing, or looks like something else, is marked in the preview [preview.hidden, preview.lookalike]', async () => {
  const { terminal, said, writeProject } = projectFiles({ own: { command: ['mine'] }, mail: { command: ['mine'] } });
  const blank = ['\u2800', '\u3164', '\u115f', '\u1160', '\uffa0', '\u2028', '\u00a0', '\u3000', '\u{1d159}', '\u034f'];
  writeProject({
    оwn: { command: ['nоde', 'server.js', ...blank.map((one) => `a${one}b`)] },
    [`own${blank[1]}`]: { command: ['x'] },
    0: { command: ['ｎｏｄｅ', 'ﬁle', 'сору'] },
    maiI: { url: 'https://аpi.example.com/a․b', headers: { 'X-Kеy': 'k' } },
    host: { url: 'https://example․com/', environment: { ΡATH: '/оpt' }, cwd: 'i̲n' },
    сервер: { command: ['сервер', '工具x', 'naïve', 'café'], description: 'Mixes словo and “quotes” – all fine.' },
  });
  await allow({ words: [] }, terminal);
  const shown = said();
  for (const one of blank) {
    expect(shown).not.toContain(one);
    expect(shown).toContain(`a\\u{${one.codePointAt(0)?.toString(16)}}b`);
  }
  const remarks = shown.split('\n').filter((line) => line.startsWith('  ! '));
  expect(remarks).toEqual(
    expect.arrayContaining([
      '  ! оwn: its key: "\\u{43e}wn" mixes scripts and reads like "own" and is not',
      '  ! оwn: command: "n\\u{43e}de" mixes scripts and reads like "node" and is not',
      '  ! оwn: looks like own, which is another server',
      '  ! maiI: looks like mail, which is another server',
      '  ! 0: command: "\\u{ff4e}\\u{ff4f}\\u{ff44}\\u{ff45}" reads like "node" and is not',
      '  ! 0: command: "\\u{fb01}le" reads like "file" and is not',
      '  ! 0: command: "\\u{441}\\u{43e}\\u{440}\\u{443}" reads like "copy" and is not',
      '  ! maiI: url: "\\u{430}pi" mixes scripts and reads like "api" and is not',
      '  ! maiI: url: "a\\u{2024}b" reads like "a.b" and is not',
      '  ! maiI: headers: "K\\u{435}y" mixes scripts and reads like "Key" and is not',
      '  ! host: url: "example\\u{2024}com" reads like "example.com" and is not',
      '  ! host: environment: "\\u{3a1}ATH" mixes scripts and reads like "PATH" and is not',
      '  ! host: environment: "\\u{43e}pt" mixes scripts and reads like "opt" and is not',
      '  ! host: cwd: "i\\u{332}n" has marks on its letters',
    ]),
  );
  expect(shown).toContain('  + "own\\u{3164}"\n');
  expect(remarks.filter((line) => line.includes('сервер'))).toEqual([]);
});
