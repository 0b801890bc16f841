import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { temporaryFolder } from '../system/folders.ts';
import { onLines, wholeLines } from '../system/lines.ts';
import { builtFixture } from './built-fixtures.ts';

const UPSTREAM = builtFixture('upstream');

/** Options of test/fixtures/upstream.mjs; described there. */
export interface UpstreamOptions {
  readonly name?: string;
  readonly sdk?: 'v1' | 'v2' | 'raw';
  readonly requireHeader?: { readonly name: string; readonly value: string };
  readonly instructions?: string;
  readonly tools?: readonly string[];
  readonly definitions?: readonly object[];
  readonly toolCount?: number;
  readonly pageSize?: number;
  readonly endlessCursor?: boolean;
  readonly endlessTools?: number;
  readonly duplicateTools?: boolean;
  readonly malformedTool?: boolean;
  readonly primitives?: boolean;
  readonly resourceCount?: number;
  readonly initDelayMs?: number;
  readonly listDelayMs?: number;
  readonly listAfter?: string;
  readonly neverInitialize?: boolean;
  readonly exitAtStart?: boolean | number;
  readonly ignoreSigterm?: boolean;
  readonly journal?: string;
}

/** A configuration entry. */
export type Entry = JsonObject & { readonly type: 'local' | 'remote' };

/** Entry of a fixture server that the gateway starts over stdio. */
export function local(options: UpstreamOptions = {}, rest: JsonObject = {}): Entry {
  return { type: 'local', command: [process.execPath, UPSTREAM, JSON.stringify(options)], ...rest };
}

const PATHS = { http: '/mcp', sse: '/sse', ws: '/mcp' } as const;

export type NetworkTransport = keyof typeof PATHS;

/** A fixture server on a port, started by the test and ended with it. */
export class RemoteFixture {
  readonly transport: NetworkTransport;
  readonly #options: UpstreamOptions;
  #child: ChildProcess | undefined;
  #port = 0;

  constructor(transport: NetworkTransport, options: UpstreamOptions) {
    this.transport = transport;
    this.#options = options;
  }

  get url(): string {
    return `${this.transport === 'ws' ? 'ws' : 'http'}://127.0.0.1:${this.#port}${PATHS[this.transport]}`;
  }

  get pid(): number {
    return this.#child?.pid as number;
  }

  /** The configuration entry that reaches it. */
  entry(rest: JsonObject = {}): Entry {
    return { type: 'remote', url: this.url, ...rest };
  }

  /** Starts it; after the first time on the same port. */
  async start(): Promise<this> {
    const options = { ...this.#options, transport: this.transport, port: this.#port };
    const child = spawn(process.execPath, [UPSTREAM, JSON.stringify(options)], { stdio: 'pipe' });
    this.#child = child;
    this.#port = await listeningPort(child);
    return this;
  }

  /** Kills it at once, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** Starts a network fixture; ended with the test. */
export async function remote(transport: NetworkTransport, options: UpstreamOptions = {}): Promise<RemoteFixture> {
  const fixture = new RemoteFixture(transport, options);
  onTestFinished(() => fixture.kill());
  return fixture.start();
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      words = `${words}${chunk}`.slice(-10_000);
    });
    const ended = (code: number | null) => `The fixture ended with ${code} before it listened, and said: ${words}`;
    child.once('close', (code) => reject(new Error(ended(code))));
    if (child.stdout) onLines(child.stdout, (line) => line.startsWith('LISTEN ') && resolve(Number(line.slice(7))));
  });
}

/** An event of a fixture's journal. */
export type JournalEvent = JsonObject & { readonly event: string; readonly pid: number };

/** A journal file for fixtures, in a directory that goes with the test. */
export function journal(): { file: string; events: (event?: string) => JournalEvent[] } {
  const file = join(temporaryDirectory(), 'journal.jsonl');
  const events = () => wholeLines(file).map((line) => JSON.parse(line) as JournalEvent);
  return { file, events: (event) => events().filter((entry) => event === undefined || entry.event === event) };
}

/** A directory that goes with the test. */
export function temporaryDirectory(): string {
  return temporaryFolder('mcp-gateway-fixture-');
}

/** Entries of the reference servers, as published. */
export const REAL = {
  everything: (): Entry => reference('everything'),
  filesystem: (directory: string): Entry => reference('filesystem', [directory]),
  memory: (file: string): Entry => reference('memory', [], { MEMORY_FILE_PATH: file }),
};

function reference(name: string, args: readonly string[] = [], environment?: Record<string, string>): Entry {
  const manifest = createRequire(import.meta.url).resolve(`@modelcontextprotocol/server-${name}/package.json`);
  const command = [process.execPath, join(dirname(manifest), 'dist/index.js'), ...args];
  return { type: 'local', command, ...(environment && { environment }) };
}
