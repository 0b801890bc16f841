import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { builtFixture } from '../servers/built-fixtures.ts';
import { onLines } from '../system/lines.ts';

const FIXTURE = builtFixture('oauth');

/** Settings of test/fixtures/oauth.mjs; described there. */
export interface OAuthServerSettings {
  readonly refuse?: boolean;
  readonly path?: '/mcp' | '/sse';
  readonly wantsMore?: boolean;
  readonly noRefreshToken?: boolean;
  readonly jwt?: boolean;
  readonly wrongIssuer?: boolean;
}

/** A server that wants a login, with the authorization server that gives it; ended with the test. */
export class OAuthServer {
  readonly #origin: string;
  readonly #path: string;

  constructor(port: number, path: string) {
    this.#origin = `http://127.0.0.1:${port}`;
    this.#path = path;
  }

  /** Address of the authorization server. */
  get issuer(): string {
    return this.#origin;
  }

  /** Address of the MCP server. */
  get url(): string {
    return `${this.#origin}${this.#path}`;
  }

  /** Every request so far, oldest first; `method` of an MCP request, `grant` of one for tokens. */
  async requests(path?: string): Promise<{ path: string; method?: string; grant?: string }[]> {
    const all = (await (await fetch(`${this.#origin}/control/requests`)).json()) as (JsonObject & { path: string })[];
    return path === undefined ? all : all.filter((request) => request.path === path);
  }

  /** Access tokens given so far are not taken any more. */
  async expire(): Promise<void> {
    await fetch(`${this.#origin}/control/expire`, { method: 'POST' });
  }

  /** Nor are refresh tokens. */
  async revoke(): Promise<void> {
    await fetch(`${this.#origin}/control/revoke`, { method: 'POST' });
  }
}

export async function startOAuthServer(settings: OAuthServerSettings = {}): Promise<OAuthServer> {
  const child = spawn(process.execPath, [FIXTURE, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  return new OAuthServer(await listeningPort(child), settings.path ?? '/mcp');
}

function listeningPort({ stdout }: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    if (stdout) onLines(stdout, (line) => line.startsWith('LISTEN ') && resolve(Number(line.slice(7))));
  });
}
