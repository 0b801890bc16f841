import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, onTestFinished, test } from 'vitest';
import { connectV1 } from '../helpers/clients/clients.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { temporaryDirectory } from '../helpers/servers/fixture.ts';
import { descendants, expectDead, waitUntil } from '../helpers/system/processes.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** In the order in which a reader follows them, with one gateway. */
const DOCUMENTS = ['docs/http.md', 'docs/metrics.md', 'docs/rest.md'];
/** Followed elsewhere, step by step: no container engine runs here. */
const ELSEWHERE = /^docker /;
const META_TOOLS = ['search', 'describe', 'invoke', 'invoke_async', 'job_status'];

interface Block {
  readonly language: string;
  readonly text: string;
}

/** A command of the documents, and what it is said to print; `…` there stands for anything within a line. */
interface Step {
  readonly command: string;
  readonly shown: string | undefined;
}

const documents = DOCUMENTS.map((file) => blocksOf(readFileSync(join(ROOT, file), 'utf8')));
const blocks = documents.flat();
const steps = documents.flatMap(stepsOf);

test('the documents on HTTP work line by line: init, start, a call with the key, 429, metrics, clients [http.readme]', async () => {
  const reader = new Reader();
  for (const step of steps) if (!ELSEWHERE.test(step.command)) await reader.follow(step);
  await reader.connects(...reader.claudeEntry());
  for (const { url, headers } of httpEntries(reader)) await reader.connects(url, headers.Authorization ?? '');
  await reader.end();
}, 120_000);

test('the documents on HTTP show every step that they must show [http.readme]', () => {
  const commands = steps.map(({ command }) => command).join('\n');
  for (const word of ['mcp-gateway init', 'mcp-gateway start', '/tools/call', '429', '/metrics', 'claude mcp add'])
    expect(`${commands}\n${blocks.map(({ text }) => text).join('\n')}`).toContain(word);
  expect(steps.filter(({ shown }) => shown !== undefined).length).toBeGreaterThanOrEqual(8);
  expect(steps.filter(({ command }) => ELSEWHERE.test(command))).toHaveLength(1);
  expect(blocks.filter(({ language }) => language === 'json')).toHaveLength(2);
});

test('what a command prints is compared line by line [http.readme]', () => {
  const shown = 'first …\nsecond {"a":…,"b":2}';
  expect(missing('zero\nfirst 1\nsecond {"a":1,"b":2}\n', shown)).toBeUndefined();
  expect(missing('second {"a":1,"b":2}\nfirst 1\n', shown)).toBe('second {"a":…,"b":2}');
  expect(missing('first 1\nsecond {"a":1,"b":3}\n', shown)).toBe('second {"a":…,"b":2}');
});

/** Somebody at a terminal, in an empty folder. */
class Reader {
  readonly #home = temporaryDirectory();
  readonly #folder = join(this.#home, 'work');
  readonly #env: NodeJS.ProcessEnv;
  #key = '';
  #address = '';
  /** Lines that set variables of the terminal. */
  #exports = '';
  #started: ReturnType<typeof spawn> | undefined;
  /** What the gateway has printed. */
  #printed = '';

  constructor() {
    const programs = join(this.#home, 'bin');
    for (const folder of [programs, this.#folder]) mkdirSync(folder);
    this.#program(programs, 'mcp-gateway', `exec '${process.execPath}' '${BIN}' "$@"`);
    // Stands in for the registry: the package is the one of that name in node_modules.
    this.#program(
      programs,
      'npx',
      `[ "$1 $2" = "-y @modelcontextprotocol/server-everything" ] && exec '${ROOT}/node_modules/.bin/mcp-server-everything'`,
    );
    this.#program(programs, 'claude', `printf '%s\\n' "$@" > '${this.#claudeFile}'`);
    const { MCP_GATEWAY_CONFIG: _config, ...env } = process.env;
    const own = { HOME: this.#home, XDG_CACHE_HOME: '', XDG_CONFIG_HOME: '', XDG_DATA_HOME: '' };
    // A free port in place of 4000, which somebody else may have.
    this.#env = { ...env, ...own, PATH: `${programs}:${env.PATH}`, MCP_GATEWAY_PORT: '0' };
  }

  async follow({ command, shown }: Step): Promise<void> {
    if (command === 'mcp-gateway start') return this.#start(command, shown ?? '');
    if (/^sed /.test(command)) return this.#edit(command);
    const printed = this.#run(command);
    if (command === 'mcp-gateway init') this.#key = /^ {2}(mcpgw_\S+)$/m.exec(printed)?.[1] ?? '';
    this.#exports += command
      .split('\n')
      .filter((line) => line.startsWith('export '))
      .map((line) => `${this.#mine(line)}\n`)
      .join('');
    if (shown !== undefined) expectShown(command, printed, shown);
  }

  /** What `claude mcp add` was given: address, and value of the header Authorization. */
  claudeEntry(): [url: string, authorization: string] {
    const words = readFileSync(this.#claudeFile, 'utf8').trim().split('\n');
    const [url = '', header = ''] = [words[5], words[7]];
    expect(words).toEqual(['mcp', 'add', '--transport', 'http', 'gateway', url, '--header', header]);
    expect(header).toMatch(/^Authorization: /);
    return [url, header.replace('Authorization: ', '')];
  }

  /** Text of a document with this reader's key and address. */
  mine(text: string): string {
    return this.#mine(text).replace(/\$\{MCP_GATEWAY_KEY\}|\{env:MCP_GATEWAY_KEY\}/g, this.#key);
  }

  /** A client of such an entry is served. */
  async connects(url: string, authorization: string): Promise<void> {
    const headers = { Authorization: authorization };
    const client = await connectV1(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
    expect((await client.listTools()).map(({ name }) => name)).toEqual(META_TOOLS);
  }

  /** Ctrl-C in the terminal of the gateway. */
  async end(): Promise<void> {
    const child = this.#started;
    if (!child?.pid) throw new Error('the documents start no gateway');
    const pids = [child.pid, ...descendants(child.pid)];
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    await expectDead(pids);
  }

  get #claudeFile(): string {
    return join(this.#home, 'claude-arguments');
  }

  async #start(command: string, shown: string): Promise<void> {
    const [word = '', ...words] = command.split(' ');
    const child = spawn(word, words, { cwd: this.#folder, env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#started = child;
    onTestFinished(() => void child.kill('SIGKILL'));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (this.#printed += chunk));
    const anyPort = shown.replaceAll(':4000', ':…');
    try {
      await waitUntil(() => child.exitCode !== null || missing(this.#printed, anyPort) === undefined, {
        what: command,
      });
    } finally {
      expectShown(command, this.#printed, anyPort);
    }
    this.#address = /http:\/\/127\.0\.0\.1:\d+/.exec(this.#printed)?.[0] ?? '';
  }

  /** An edit of the file, which counts as soon as it is noticed. */
  async #edit(command: string): Promise<void> {
    this.#run(command);
    await waitUntil(() => this.#printed.includes('configuration taken over'), { what: 'the edit to be noticed' });
  }

  #run(command: string): string {
    const script = `${this.#exports}${this.#mine(command)}`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
      ...{ cwd: this.#folder, env: this.#env, encoding: 'utf8', timeout: 60_000 },
    });
    expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: '' });
    return stdout;
  }

  #mine(text: string): string {
    return text.replaceAll('mcpgw_…', this.#key).replaceAll('http://127.0.0.1:4000', this.#address);
  }

  #program(folder: string, name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
}

/** The entries of the documents that clients read from their files, filled in as these clients do. */
function httpEntries(reader: Reader): { url: string; headers: Record<string, string> }[] {
  const [claude, opencode] = blocks
    .filter(({ language }) => language === 'json')
    .map(({ text }) => JSON.parse(reader.mine(text)));
  expect(claude.mcpServers.gateway).toMatchObject({ type: 'http', alwaysLoad: true });
  expect(opencode.mcp.gateway).toMatchObject({ type: 'remote', enabled: true });
  return [claude.mcpServers.gateway, opencode.mcp.gateway];
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)\n```$/gm)].map(([, language = '', body = '']) => ({
    language,
    text: body,
  }));
}

/** Each block of commands, with the block of text after it as what it prints. */
function stepsOf(all: readonly Block[]): Step[] {
  return all.flatMap(({ language, text }, index) => {
    const next = all[index + 1];
    return language === 'sh' ? [{ command: text, shown: next?.language === 'text' ? next.text : undefined }] : [];
  });
}

/** The first shown line that was not printed in its place; undefined when all were. */
function missing(printed: string, shown: string): string | undefined {
  const lines = printed.split(/\r?\n/);
  let from = 0;
  return shown.split('\n').find((line) => {
    const pattern = new RegExp(`^${line.split('…').map(escaped).join('.*')}$`);
    const at = lines.findIndex((each, index) => index >= from && pattern.test(each));
    if (at >= 0) from = at + 1;
    return at < 0;
  });
}

function expectShown(command: string, printed: string, shown: string): void {
  const line = missing(printed, shown);
  expect(line, `${command}\nprinted\n${printed}\nwithout the line\n${line}`).toBeUndefined();
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
