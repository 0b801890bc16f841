import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { resolveConfigPath } from '../../../src/config/locate.ts';
import { isWhereStarted, workingDirectory } from '../../../src/platform/directories.ts';
import { findProgram } from '../../../src/platform/find-program.ts';
import { gatewayEnvironment, ignoredDirectories } from '../../../src/platform/gateway-environment.ts';
import { projectRoot } from '../../../src/platform/project-boundary.ts';
import { leftOut, usersEnvironment } from '../../../src/platform/users-environment.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

/** A home with a project in it, opened in one of its folders. */
function place() {
  const home = temporaryDirectory();
  const project = join(home, 'code/shop');
  const cwd = join(project, 'packages/web');
  for (const folder of [
    cwd,
    join(project, '.git'),
    join(project, 'bin'),
    join(home, '.local/bin'),
    join(home, 'tools'),
  ])
    mkdirSync(folder, { recursive: true });
  return { home, project, cwd };
}

describe('PATH', () => {
  test('loses what is relative, empty, within the project, or a package runner’s [outside.path]', () => {
    const { home, project, cwd } = place();
    symlinkSync(join(project, 'bin'), join(home, 'linked'));
    const lost = [
      ...['', '.', './bin', 'node_modules/.bin', '..', '~/bin'],
      ...[cwd, `${cwd}/node_modules/.bin`, `${project}/bin`, `${project}/.venv/bin/`, project, join(home, 'linked')],
      ...['/node_modules/.bin', `${home}/.npm/_npx/0f/node_modules/.bin`, '/tmp/bunx-0-x@latest/node_modules/.bin'],
      ...[
        `${home}/.cache/pnpm/dlx/a1/node_modules/.bin/`,
        '/usr/lib/npm/node-gyp-bin',
        '/tmp/yarn--1700-0.4',
        '/tmp/xfs-3f',
      ],
    ];
    const kept = ['/usr/local/bin', '/usr/bin', join(home, '.local/bin'), join(home, 'tools'), `${project}-other/bin`];
    const mixed = [...lost.slice(0, 8), ...kept.slice(0, 3), ...lost.slice(8), ...kept.slice(3)];
    const clean = usersEnvironment({ PATH: mixed.join(':') }, { cwd, home }).PATH;
    expect(clean).toBe(kept.join(':'));
    expect(usersEnvironment({ PATH: clean }, { cwd, home }).PATH).toBe(clean);
  });

  test('of which nothing is left is that of the system, never the working directory [outside.path]', () => {
    const { home, cwd } = place();
    for (const PATH of ['', '.', ':', './node_modules/.bin'])
      expect(usersEnvironment({ PATH }, { cwd, home }).PATH).toBe('/usr/local/bin:/usr/bin:/bin');
    expect(usersEnvironment({}, { cwd, home }).PATH).toBeUndefined();
  });

  test('is taken apart as Windows does there, where the working directory is looked into by nobody [outside.path]', () => {
    const Path = [
      'C:\\Windows',
      '"C:\\Program Files\\nodejs"',
      '.',
      '',
      'C:\\shop\\node_modules\\.bin',
      'bin',
      'D:tools',
    ];
    const clean = usersEnvironment({ Path: Path.join(';') }, { cwd: '/shop', home: '/home/me', platform: 'win32' });
    expect(clean).toEqual({
      Path: 'C:\\Windows;"C:\\Program Files\\nodejs"',
      NoDefaultCurrentDirectoryInExePath: '1',
    });
  });

  test('keeps all that is absolute where nobody works on a project [outside.path]', () => {
    const { home } = place();
    const PATH = `${home}/bin:${home}/.local/bin:/usr/bin`;
    for (const cwd of [home, join(home, '.local'), '/', '/usr', '/usr/local', join(home, '..')])
      expect(usersEnvironment({ PATH }, { cwd, home }).PATH, cwd).toBe(PATH);
  });
});

test('a project is the outermost directory with a .git, or the one somebody is in [outside.path]', () => {
  const { home, project, cwd } = place();
  expect(projectRoot(cwd, home)).toBe(project);
  expect(projectRoot(join(home, 'code'), home)).toBe(join(home, 'code'));
  mkdirSync(join(cwd, '.git'));
  expect(projectRoot(cwd, home)).toBe(project);
  mkdirSync(join(home, '.git'));
  expect(projectRoot(cwd, home)).toBe(project);
  expect(projectRoot(home, home)).toBeUndefined();
});

test.each(['TMPDIR', 'SystemRoot', 'ProgramFiles'])('%s within a project does not end it [outside.path]', (name) => {
  const { home, project, cwd } = place();
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv(name, join(cwd, 'tmp'));
  expect(projectRoot(cwd, home)).toBe(project);
  expect(projectRoot(project, home)).toBe(project);
});

test('a home within a project is no home to be careful of [outside.path]', () => {
  const { home, project, cwd } = place();
  expect(projectRoot(cwd, join(project, '.home'))).toBe(project);
  expect(projectRoot(cwd, home)).toBe(project);
});

test('a folder of PATH that is made later counts where its links lead [outside.path]', () => {
  const { home, project, cwd } = place();
  symlinkSync(project, join(home, 'lnk'));
  expect(usersEnvironment({ PATH: `${home}/lnk/later/bin:/usr/bin` }, { cwd, home }).PATH).toBe('/usr/bin');
});

describe('variables', () => {
  const kept = { HOME: '/h', GITHUB_TOKEN: 't', NPM_CONFIG_REGISTRY: 'https://mine', LANG: 'C' };
  const none = (env: object) => Object.fromEntries(Object.keys(env).map((name) => [name, undefined]));

  test('that a package runner has set, for itself or out of an .npmrc, are not handed on [outside.variables]', () => {
    const { home, cwd } = place();
    const set = {
      ...{
        npm_command: 'exec',
        npm_config_registry: 'http://evil',
        npm_config_userconfig: '/x',
        npm_package_json: '/x',
      },
      ...{ npm_config_node_options: '--import=data:x', NODE_OPTIONS: '--import=data:x', npm_config_local_prefix: cwd },
      ...{ INIT_CWD: cwd, PROJECT_CWD: cwd, npm_node_execpath: '/x/node', OLDPWD: cwd },
    };
    expect(usersEnvironment({ ...kept, ...set }, { cwd, home })).toEqual(kept);
  });

  test('that a person has exported stay, unless they lead into the project [outside.variables]', () => {
    const { home, project, cwd } = place();
    const own = { ...kept, npm_config_registry: 'https://mine', NODE_OPTIONS: '--max-old-space-size=4096', PWD: cwd };
    const into = {
      ...{
        NODE_PATH: `${project}/node_modules`,
        PYTHONPATH: `${cwd}/lib`,
        VIRTUAL_ENV: `${project}/.venv`,
        LD_PRELOAD: './x.so',
      },
      ...{
        NPM_CONFIG_USERCONFIG: `${project}/.npmrc`,
        PYENV_DIR: cwd,
        BASH_ENV: `${cwd}/.env`,
        UV_CONFIG_FILE: './uv.toml',
      },
    };
    expect(usersEnvironment({ ...own, ...into }, { cwd, home })).toEqual(own);
    expect(usersEnvironment({ NODE_OPTIONS: '--require ./evil.js' }, { cwd, home })).toEqual(none({}));
  });

  test.each([
    ...['JDK_JAVA_OPTIONS', 'JAVA_HOME', 'MAVEN_OPTS', 'KUBECONFIG', 'AWS_CONFIG_FILE', 'DOCKER_CONFIG', 'CHROME_PATH'],
    ...['PUPPETEER_EXECUTABLE_PATH', 'CORECLR_PROFILER_PATH', 'MISE_CONFIG_FILE', 'ASDF_DATA_DIR', 'PYENV_ROOT'],
    ...['GTK_MODULES', 'LESSOPEN', 'EDITOR', 'PAGER', 'SHELL', 'SVN_SSH', 'HELM_PLUGINS', 'XDG_CONFIG_HOME', 'TMPDIR'],
    ...['XDG_CONFIG_DIRS', 'PSModulePath', 'NODE_EXTRA_CA_CERTS', 'MCP_GATEWAY_CONFIG', 'A_TOOL_OF_NEXT_YEAR', 'x'],
  ])('are not inherited where they lead into the project, whatever their name: %s [outside.variables]', (name) => {
    const { home, project, cwd } = place();
    const written = ['X', '-agent:X=1', 'exec X --y', 'file://X', '/usr/bin/less -k X', 'a=/b,c=X', '|X %s', 'X;/b'];
    const within = [...written.map((each) => each.replace('X', `${project}/x`)), './x', 'exec ../x', cwd, project];
    for (const value of within) {
      expect(usersEnvironment({ ...kept, [name]: value }, { cwd, home }), value).toEqual(kept);
      expect(leftOut({ ...kept, [name]: value }, { cwd, home })).toEqual([name]);
    }
    for (const value of [`${home}/tools/x`, `-agent:${home}/x`, 'x', `${project}-other`])
      expect(usersEnvironment({ [name]: value }, { cwd, home }), value).toEqual({ [name]: value });
  });

  test('that are lists of paths lose the parts that lead into the project [outside.variables]', () => {
    const { home, project, cwd } = place();
    symlinkSync(project, join(home, 'linked'));
    const cut = (name: string, value: string) => usersEnvironment({ [name]: value }, { cwd, home })[name];
    for (const name of ['NODE_PATH', 'PYTHONPATH', 'LD_LIBRARY_PATH', 'XDG_DATA_DIRS', 'KUBECONFIG', 'HELM_PATHS']) {
      expect(cut(name, `/usr/lib:${project}/lib:${home}/x:${home}/linked/y`), name).toBe(`/usr/lib:${home}/x`);
      expect(cut(name, `${project}/lib:${cwd}`), name).toBeUndefined();
      expect(cut(name, `:${project}/lib`), name).toBeUndefined();
      expect(cut(name, `/usr/lib:`), name).toBe('/usr/lib:');
    }
    expect(cut('MANPATH', `${project}/man:/usr/man:`)).toBe('/usr/man:');
    expect(cut('PYTHONPATH', `lib:${project}/lib`)).toBeUndefined();
    expect(cut('MOUNT', `${project}:/data`)).toBeUndefined();
  });

  test('that are not set stay so [outside.variables]', () => {
    const { home, cwd } = place();
    expect(usersEnvironment({ GONE: undefined }, { cwd, home }).GONE).toBeUndefined();
  });

  test('are inherited by what a configuration within the project names [outside.variables]', () => {
    const { home, project, cwd } = place();
    const env = { ...kept, KUBECONFIG: `${project}/kube`, PATH: `${project}/bin:/usr/bin` };
    const folders = [project, join(project, 'packages'), join(home, 'code/shop/.')];
    for (const folder of folders)
      expect(usersEnvironment(env, { cwd, home, folder }), folder).toEqual({ ...env, PATH: '/usr/bin' });
    for (const folder of [home, `${project}-other`, undefined])
      expect(usersEnvironment(env, { cwd, home, folder }), folder).toEqual({ ...kept, PATH: '/usr/bin' });
  });

  test('stay for the gateway itself, which fills them in, but for those of its own directories [outside.directories]', () => {
    const { home, project, cwd } = place();
    const own = { ...kept, KUBECONFIG: `${project}/kube`, MCP_GATEWAY_CONFIG: `${project}/gateway.yml`, PWD: cwd };
    const names = ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'];
    for (const name of [...names, 'APPDATA', 'LOCALAPPDATA', 'TMPDIR', 'TEMP', 'TMP']) {
      for (const value of [`${project}/.config`, cwd, `${home}/code/gone/../shop/x`]) {
        expect(gatewayEnvironment({ ...own, [name]: value }, { cwd, home }), name).toEqual(own);
        expect(ignoredDirectories({ ...own, [name]: value }, { cwd, home })).toEqual([name]);
      }
      const outside = { ...own, [name]: join(home, '.config') };
      expect(gatewayEnvironment(outside, { cwd, home })).toEqual(outside);
      expect(ignoredDirectories(outside, { cwd, home })).toEqual([]);
    }
  });

  test('for a home within the project the home of the account counts [outside.directories]', () => {
    const { project, cwd } = place();
    for (const name of ['HOME', 'USERPROFILE']) {
      const env = { [name]: join(project, '.home'), ...(name !== 'HOME' && { HOME: userInfo().homedir }) };
      expect(gatewayEnvironment(env, { cwd })[name]).toBe(userInfo().homedir);
      expect(ignoredDirectories(env, { cwd })).toEqual([name]);
    }
  });

  test('lead into the project however the path is written [outside.variables]', () => {
    const { home, project, cwd } = place();
    symlinkSync(join(home, 'code'), join(home, 'lnk'));
    symlinkSync(project, join(home, 'my shop'));
    writeFileSync(join(project, 'pre.js'), '');
    const link = join(home, 'lnk/shop');
    const url = pathToFileURL(join(project, 'pre.js')).href;
    const into = [
      ...[
        `--require ${link}/pre.js`,
        `--require ${link}/not-there-yet.js`,
        `--require ${home}/code/gone/../shop/pre.js`,
      ],
      ...[`--require ${home}//code/./shop/pre.js`, `--require=${link}/pre.js`, `--require "${home}/my shop/pre.js"`],
      ...[`--require ${home}/my\\ shop/pre.js`, `-r /usr/lib/x.js -r ${link}/pre.js`, `-I${link}/lib`],
      ...[`--import ${url}`, `--import ${url.replace('/shop', '/%73hop')}`, `--import file://${link}/pre.js`],
      ...[`/usr/lib:${link}`, `/a;${link}/lib;/b`, `-javaagent:${link}/a.jar=x`, `${project}/`, `"${link}"/pre.js`],
      ...['--require $PWD/pre.js', `--require \${PWD}/pre.js`, '--require ~/lnk/shop/pre.js', '$HOME/lnk/shop/x'],
    ];
    const env = { PWD: link, HOME: home };
    for (const value of into)
      expect(usersEnvironment({ ...env, NODE_OPTIONS: value }, { cwd, home }), value).toEqual(env);
    const own = [
      ...['--max-old-space-size=4096', `--require ${home}/tools/pre.js`, `--require ${link}-other/pre.js`],
      ...[
        `--import file://${home}/tools/a%20b.mjs`,
        '/usr/lib:/usr/local/lib',
        `--require ${home}/lnk/other.js`,
        '%',
        '',
      ],
    ];
    for (const value of own)
      expect(usersEnvironment({ ...env, NODE_OPTIONS: value }, { cwd, home }).NODE_OPTIONS).toBe(value);
  });

  test.each(['', '.', './home', 'home'])(
    'HOME=%j is the home of the account, not where we start [outside.home]',
    (HOME) => {
      const { HOME: meant } = usersEnvironment({ HOME, PATH: '/usr/bin' });
      expect(meant).toMatch(/^\//);
      expect(resolveConfigPath({ env: { HOME } })).toBe(join(meant ?? '', '.config/mcp-gateway/config.json'));
    },
  );
});

test('programs run in the place of their entry, of their configuration, or at home [outside.where-started]', () => {
  const { home, cwd } = place();
  expect(workingDirectory({ cwd, folder: home })).toBe(cwd);
  expect(workingDirectory({ folder: home })).toBe(home);
  expect(workingDirectory({ folder: join(home, 'gone') })).not.toBe(process.cwd());
  expect(workingDirectory()).not.toBe(process.cwd());
  expect(['.', './', '.\\', './x', '..', '', undefined].filter(isWhereStarted)).toEqual(['.', './', '.\\']);
});

test('the doctor finds programs where a start would find them [outside.path]', async () => {
  const { home, cwd } = place();
  writeFileSync(join(cwd, 'tool'), '', { mode: 0o755 });
  writeFileSync(join(home, 'tools/tool'), '', { mode: 0o755 });
  const env = usersEnvironment({ PATH: `:.:${cwd}:${home}/tools` }, { cwd, home });
  expect(await findProgram('tool', { cwd, env, platform: 'linux' })).toEqual({ path: join(home, 'tools/tool') });
});
