import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ToolResult } from '../../../src/core/call.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { type CallOptions, connectClient, type Sdk, type TestClient } from '../clients/clients.ts';
import { blocks, jsonOf } from '../clients/results.ts';
import { removeFolder } from '../system/folders.ts';
import { waitUntil } from '../system/processes.ts';
import { BIN, type Ending, type Exit, GatewayProcess } from './gateway-process.ts';

export interface GatewayOptions {
  /** Written to `file` before the start: an object as JSON, a string as it is. Absent: no file. */
  readonly config?: object | string;
  /** Relative to the home directory of the run. */
  readonly file?: string;
  /** Added to the environment of the tests; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Absent: the path of the configuration when there is one. */
  readonly args?: readonly string[];
  /** Absolute; absent: the home directory of the run, which is no project. */
  readonly cwd?: string;
  readonly sdk?: Sdk;
  /** Absent: the built bin, by this Node. */
  readonly command?: readonly [string, ...string[]];
}

/** A search answer as far as tests look into it. */
export type SearchAnswer = JsonObject & {
  readonly found: number;
  readonly results: { id: string; signature: string; description: string; match?: 'strong' | 'weak' }[];
};

export type JobRecord = JsonObject & { readonly jobId: string; readonly status: string };

/** A running gateway in a home directory of its own, with a connected client. */
export class Gateway {
  readonly process: GatewayProcess;
  readonly home: string;
  readonly configFile: string;
  #client: TestClient | undefined;

  constructor(process: GatewayProcess, home: string, configFile: string) {
    this.process = process;
    this.home = home;
    this.configFile = configFile;
  }

  get client(): TestClient {
    if (!this.#client) throw new Error('Not connected');
    return this.#client;
  }

  get pid(): number {
    return this.process.pid;
  }

  get logs(): readonly JsonObject[] {
    return this.process.logs;
  }

  async connect(sdk: Sdk): Promise<this> {
    this.#client = await connectClient(sdk, this.process.peer).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.process.tail()}`, { cause: error });
    });
    return this;
  }

  /** A meta-tool's result as received. */
  call(metaTool: string, args: JsonObject = {}, options?: CallOptions): Promise<ToolResult> {
    return this.client.callTool(metaTool, args, options);
  }

  async search(query: string, rest: JsonObject = {}): Promise<SearchAnswer> {
    return jsonOf<SearchAnswer>(await this.call('search', { query, ...rest }));
  }

  async describe(id: string | string[]): Promise<JsonObject> {
    return jsonOf(await this.call('describe', { id }));
  }

  /** The upstream's own result. `timeoutMs` among the options is the client's; the gateway's goes into `rest`. */
  invoke(id: string, args: JsonObject = {}, options?: CallOptions): Promise<ToolResult> {
    return this.call('invoke', { id, args, ...options?.rest }, options);
  }

  async invokeAsync(id: string, args: JsonObject = {}, rest: JsonObject = {}): Promise<JobRecord> {
    return jsonOf<JobRecord>(await this.call('invoke_async', { id, args, ...rest }));
  }

  /** The record of a job, and the result it is answered with; that result's own content comes after the first block. */
  async jobStatus(jobId: string, rest: JsonObject = {}): Promise<{ record: JobRecord; result: ToolResult }> {
    const result = await this.call('job_status', { jobId, ...rest });
    const [first, ...content] = blocks(result);
    return { record: JSON.parse(String(first?.text)) as JobRecord, result: { ...result, content } };
  }

  /** Waits until `search` finds a tool with this id. */
  async knows(id: string, timeoutMs = 30_000): Promise<void> {
    const found = async () => (await this.call('describe', { id })).isError !== true;
    await waitUntil(found, { timeoutMs, what: `${id} is known; log: ${this.process.tail()}` });
  }

  /** Waits until an id that was known is not any more. */
  async forgets(id: string, timeoutMs = 30_000): Promise<void> {
    const gone = async () => (await this.call('describe', { id })).isError === true;
    await waitUntil(gone, { timeoutMs, what: `${id} is unknown` });
  }

  /** Replaces the configuration the way editors do: a new file, renamed over the old one. */
  writeConfig(config: object | string, file = this.configFile): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, asText(config));
    renameSync(`${file}.new`, file);
  }

  stop(ending?: Ending): Promise<Exit> {
    return this.process.stop(ending);
  }
}

/** Starts a gateway and connects a client (1.x unless said otherwise). When the test ends it is stopped and checked. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  return launchGateway(options).connect(options.sdk ?? 'v1');
}

/** Starts a gateway without a handshake, for tests that speak to `process.peer` themselves. */
export function launchGateway(options: GatewayOptions = {}): Gateway {
  const home = mkdtempSync(join(tmpdir(), 'mcp-gateway-test-'));
  const configFile = join(home, options.file ?? 'config.json');
  mkdirSync(dirname(configFile), { recursive: true });
  if (options.config !== undefined) writeFileSync(configFile, asText(options.config));
  const args = options.args ?? (options.config === undefined ? [] : [configFile]);
  const [file, ...prefix] = options.command ?? [process.execPath, BIN];
  const running = new GatewayProcess([file, ...prefix, ...args], {
    cwd: options.cwd ?? home,
    env: environment(home, options.env),
  });
  onTestFinished(() => running.dispose().finally(() => removeFolder(home)));
  return new Gateway(running, home, configFile);
}

function environment(home: string, extra: GatewayOptions['env']): NodeJS.ProcessEnv {
  const xdg = {
    XDG_CONFIG_HOME: '.config',
    XDG_CACHE_HOME: '.cache',
    XDG_STATE_HOME: '.state',
    XDG_DATA_HOME: '.data',
  };
  const directories = Object.entries(xdg).map(([name, folder]) => [name, join(home, folder)]);
  const inherited = { ...process.env, MCP_GATEWAY_CONFIG: undefined, NODE_OPTIONS: undefined };
  return { ...inherited, HOME: home, ...Object.fromEntries(directories), ...extra };
}

const asText = (config: object | string) => (typeof config === 'string' ? config : JSON.stringify(config, null, 2));
