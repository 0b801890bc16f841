import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Message, RawPeer } from '../clients/raw-peer.ts';
import { blocks, textOf } from '../clients/results.ts';
import { removeFolder } from '../system/folders.ts';
import { commandOf, expectDead, processesWith, waitUntil } from '../system/processes.ts';
import { BIN, GatewayProcess } from './gateway-process.ts';

const CAPABILITIES = { roots: { listChanged: true }, sampling: {}, elicitation: { form: {} } };

export interface SessionOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly capabilities?: JsonObject;
  /** Beside `--shared` and the configuration. */
  readonly args?: readonly string[];
  /** Told to the daemon by the directory it is started in; absent: one that has the session's name. */
  readonly cwd?: string;
}

/** One client of `mcp-gateway --shared`, which answers what it is asked with its own name. */
export class SharedSession {
  readonly name: string;
  readonly process: GatewayProcess;
  /** Methods of what it was asked, in order. */
  readonly asked: Message[] = [];

  constructor(name: string, process: GatewayProcess) {
    this.name = name;
    this.process = process;
    this.peer.onMessage((message) => this.#answer(message));
  }

  get peer(): RawPeer {
    return this.process.peer;
  }

  async connect(capabilities: JsonObject): Promise<this> {
    const clientInfo = { name: this.name, version: '1' };
    await this.peer.request('initialize', { protocolVersion: '2025-11-25', capabilities, clientInfo });
    this.peer.notify('notifications/initialized');
    return this;
  }

  /** The whole answer to a call of a meta-tool. */
  call(name: string, args: JsonObject, meta?: JsonObject): Promise<Message> {
    return this.peer.request('tools/call', { name, arguments: args, ...(meta && { _meta: meta }) });
  }

  /** The text of what a tool answers. */
  async invoke(id: string, args: JsonObject = {}): Promise<string> {
    const { result, error } = await this.call('invoke', { id, args });
    if (!result) throw new Error(JSON.stringify(error));
    return textOf(result);
  }

  /** Begins a job; resolves with its id. */
  async job(id: string, args: JsonObject): Promise<string> {
    const { result } = await this.call('invoke_async', { id, args });
    return JSON.parse(textOf(result ?? {})).jobId as string;
  }

  /** A call that is begun and not waited for; `settled` tells whether it has its answer. */
  begin(id: string, args: JsonObject = {}): { readonly text: Promise<string>; readonly settled: () => boolean } {
    let isSettled = false;
    const text = this.invoke(id, args).finally(() => {
      isSettled = true;
    });
    text.catch(() => {});
    return { text, settled: () => isSettled };
  }

  /** Ids of requests with the number of answers to each. */
  answers(): Map<unknown, number> {
    const counts = new Map<unknown, number>();
    for (const { id, method } of this.peer.messages)
      if (method === undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  }

  /** The record of a job when it has ended, and the text of its result. */
  async ended(jobId: string): Promise<{ status: unknown; text: unknown; error?: { message?: string } }> {
    const { result } = await this.call('job_status', { jobId, waitMs: 20_000 });
    const [first, second] = blocks(result ?? {});
    return { ...JSON.parse(String(first?.text)), text: second?.text };
  }

  #answer(message: Message): void {
    const { id, method } = message;
    if (id === undefined || method === undefined) return;
    this.asked.push(message);
    if (JSON.stringify(message.params).includes('hold')) return;
    const answers: Record<string, JsonObject> = {
      'roots/list': { roots: [{ uri: `file:///${this.name}` }] },
      'elicitation/create': { action: 'accept', content: { who: this.name } },
      'sampling/createMessage': { role: 'assistant', model: this.name, content: { type: 'text', text: this.name } },
    };
    this.peer.send({ id, result: answers[method] ?? {} });
  }
}

/** A home in which sessions share a daemon. When the test ends, all are ended, and nothing may be left running. */
export class SharedHome {
  readonly home = mkdtempSync(join(tmpdir(), 'mcpgw-'));
  readonly config = join(this.home, 'config.json');
  readonly sessions: SharedSession[] = [];
  readonly #attachments: GatewayProcess[] = [];

  constructor(servers: JsonObject, idleSeconds = 0.2) {
    this.writeConfig(servers, idleSeconds);
    mkdirSync(join(this.home, 'run'), { mode: 0o700 });
    onTestFinished(async () => {
      await Promise.all(this.#attachments.map((each) => each.exit ?? each.stop()));
      await expectDead(this.processes(), 15_000);
      await removeFolder(this.home);
    });
  }

  /** `servers` may have `$gateway`, whose settings are set beside those of the daemon. */
  writeConfig({ $gateway, ...servers }: JsonObject, idleSeconds = 0.2): void {
    const settings = { ...($gateway as JsonObject | undefined), daemon: { idleSeconds } };
    writeFileSync(this.config, JSON.stringify({ ...servers, $gateway: settings }));
  }

  get env(): NodeJS.ProcessEnv {
    const directories = {
      XDG_RUNTIME_DIR: 'run',
      XDG_CACHE_HOME: 'cache',
      XDG_STATE_HOME: 'state',
      XDG_DATA_HOME: 'data',
    };
    const own = Object.entries(directories).map(([name, folder]) => [name, join(this.home, folder)]);
    return {
      ...process.env,
      NODE_OPTIONS: undefined,
      MCP_GATEWAY_CONFIG: undefined,
      HOME: this.home,
      ...Object.fromEntries(own),
    };
  }

  /** Starts an attachment, for a client that is not one of ours. */
  start({ env, args = [], cwd = this.home }: SessionOptions = {}): GatewayProcess {
    mkdirSync(cwd, { recursive: true });
    const command: [string, ...string[]] = [process.execPath, BIN, '--shared', this.config, ...args];
    const running = new GatewayProcess(command, { cwd, env: { ...this.env, ...env } });
    this.#attachments.push(running);
    return running;
  }

  /** Starts a session, without a handshake. */
  launch(options: SessionOptions = {}): SharedSession {
    const name = `s${this.sessions.length}`;
    const session = new SharedSession(name, this.start({ cwd: join(this.home, name), ...options }));
    this.sessions.push(session);
    return session;
  }

  open(options: SessionOptions = {}): Promise<SharedSession> {
    return this.launch(options).connect(options.capabilities ?? CAPABILITIES);
  }

  /** So many sessions, started at once. */
  openMany(count: number, options?: SessionOptions): Promise<SharedSession[]> {
    return Promise.all(Array.from({ length: count }, () => this.open(options)));
  }

  /** All that runs with this home. */
  processes(): number[] {
    return processesWith('HOME', this.home);
  }

  /** The daemons that run: several while one is being started or stopped. */
  daemons(): number[] {
    return this.processes().filter((pid) => commandOf(pid).includes('--daemon'));
  }

  /** The one daemon, when there is one. */
  daemon(): Promise<number> {
    return waitUntil(() => (this.daemons().length === 1 ? this.daemons()[0] : undefined), {
      what: 'there is one daemon',
    });
  }

  /** Messages of the daemons' log, all there have been. */
  logged(message: string): JsonObject[] {
    const lines = this.log().trimEnd().split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as JsonObject).filter((line) => line.message === message);
  }

  log(): string {
    try {
      return readFileSync(join(this.home, 'state/mcp-gateway/daemon.log'), 'utf8');
    } catch {
      return '';
    }
  }

  /** Names of the sockets of daemons, those that died included. */
  sockets(): string[] {
    const directory = join(this.home, 'run/mcp-gateway');
    return (existsSync(directory) ? readdirSync(directory) : []).filter((name) => /^\w+\.\w+$/.test(name));
  }
}
