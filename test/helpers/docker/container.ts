import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { onTestFinished } from 'vitest';
import { connectV1, type TestClient } from '../clients/clients.ts';
import { descendants } from '../system/processes.ts';
import type { Run } from './root-directory.ts';

/** The image's entry point, running. */
export class Container {
  readonly process: ChildProcess;
  readonly run: Run;
  /** Exit code and signal. */
  readonly ended: Promise<unknown[]>;
  readonly #origin: string;
  readonly #written: string[] = [];

  constructor(process: ChildProcess, run: Run, origin: string) {
    this.process = process;
    this.run = run;
    this.ended = once(process, 'close');
    this.#origin = origin;
    for (const stream of [process.stdout, process.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => this.#written.push(chunk));
  }

  /** Everything written so far. */
  output(): string {
    return this.#written.join('');
  }

  url(path: string): string {
    return `${this.#origin}${path}`;
  }

  /** Whether it can be reached; throws once it has ended. */
  async answers(): Promise<boolean> {
    if (this.process.exitCode !== null) throw new Error(`It has ended: ${this.output()}`);
    return fetch(this.url('/health/live')).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** An MCP client that shows this key. */
  async connect(key: string): Promise<TestClient> {
    const requestInit = { headers: { Authorization: `Bearer ${key}` } };
    const transport = new StreamableHTTPClientTransport(new URL(this.url('/mcp')), { requestInit });
    onTestFinished(() => transport.close());
    return connectV1(transport as Transport);
  }

  /** To the process that is number 1 in its root, as an engine sends it. */
  signal(name: NodeJS.Signals): void {
    const [first] = descendants(this.process.pid ?? 0);
    if (first === undefined) throw new Error(`It has ended: ${this.output()}`);
    process.kill(first, name);
  }
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  return typeof address === 'object' && address ? address.port : 0;
}
