import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import PQueue from 'p-queue';
import { parse } from 'yaml';

const run = promisify(execFile);

/** The official suite, and what it runs on: it needs Node 22, which the gateway and its tests do not. */
const SUITE = { '@modelcontextprotocol/conformance': '0.2.0-alpha.12' };
const NODE = {
  name: `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
  version: '22.23.3',
};

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/conformance', import.meta.url));
const PACKAGE = join(CACHE, 'node_modules', ...Object.keys(SUITE));

/** Time limit of a scenario, in ms; and of one that drives a client, which starts processes of its own. */
const SERVER_TIMEOUT_MS = 20_000;
const CLIENT_TIMEOUT_MS = 60_000;
const CLIENTS_AT_A_TIME = 3;

/** Installs the suite into a cache, once for each version. */
export async function installSuite() {
  const manifest = JSON.stringify({
    private: true,
    dependencies: { ...SUITE, ...(needsNode() && { [NODE.name]: NODE.version }) },
  });
  const path = join(CACHE, 'package.json');
  if (existsSync(join(PACKAGE, 'package.json')) && (await readFile(path, 'utf8')) === manifest) return;
  await rm(CACHE, { recursive: true, force: true });
  await mkdir(CACHE, { recursive: true });
  await writeFile(path, manifest);
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: CACHE });
}

/** Names of the scenarios that a revision requires of a `server` or a `client`. */
export async function required(leg, revision) {
  return parse(await readFile(join(PACKAGE, 'requirements', `${revision}.yaml`), 'utf8'))[leg];
}

/** Runs the server scenarios of a revision against `url`. Gives failed checks by scenario, none for one that passed. */
export async function testServer(url, revision) {
  return inScratch(async (folder) => {
    await suite([
      'server',
      '--url',
      url,
      '--requirements',
      revision,
      '--timeout',
      `${SERVER_TIMEOUT_MS}`,
      '-o',
      folder,
    ]);
    return failures(folder, 'server-');
  });
}

/** Runs each of the client scenarios of a revision with the driver. Gives failed checks by scenario, as `testServer`. */
export async function testClient(scenarios, revision, environment) {
  return inScratch(async (folder) => {
    const queue = new PQueue({ concurrency: CLIENTS_AT_A_TIME });
    const args = ['--command', 'node client-driver.mjs', '--spec-version', revision, '--force'];
    const limits = ['--timeout', `${CLIENT_TIMEOUT_MS}`, '-o', folder];
    await queue.addAll(
      scenarios.map((scenario) => () => suite(['client', ...args, ...limits, '--scenario', scenario], environment)),
    );
    return failures(folder, '');
  });
}

function needsNode() {
  return Number(process.versions.node.split('.')[0]) < 22;
}

/** Its exit code only repeats what the checks that it writes say in detail. */
async function suite(args, environment = {}) {
  const node = needsNode() ? join(CACHE, 'node_modules', NODE.name, 'bin/node') : process.execPath;
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  const options = { cwd: FOLDER, env: { ...process.env, PATH, ...environment }, maxBuffer: Number.POSITIVE_INFINITY };
  await run(node, [join(PACKAGE, 'dist/index.js'), ...args], options).catch((error) => {
    if (typeof error.code !== 'number') throw error;
  });
}

async function inScratch(work) {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Reads `<prefix><scenario>-<time>/checks.json`, where a scenario may be a path. */
async function failures(folder, prefix) {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('checks.json'));
  const entries = files.map(async (file) => {
    const scenario = dirname(file)
      .slice(prefix.length)
      .replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');
    return [scenario, failedChecks(JSON.parse(await readFile(join(folder, file), 'utf8')))];
  });
  return new Map(await Promise.all(entries));
}

/** The suite itself takes a scenario for passed in which no check was reached. */
const NOTHING = 'no check was reached';

function failedChecks(checks) {
  const failed = checks.filter(({ status }) => status === 'FAILURE');
  const tested = failed.length > 0 || checks.some(({ status }) => status === 'SUCCESS');
  return tested
    ? failed.map(({ id, errorMessage, description }) => `${id}: ${errorMessage ?? description}`)
    : [NOTHING];
}
