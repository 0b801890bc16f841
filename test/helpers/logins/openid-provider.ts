import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { onLines } from '../system/lines.ts';

const FIXTURE = fileURLToPath(new URL('../../fixtures/oidc.mjs', import.meta.url));

/** An OpenID provider with the MCP server that it protects: test/fixtures/oidc.mjs. */
export class AuthorizationServer {
  readonly issuer: string;

  constructor(port: number) {
    this.issuer = `http://127.0.0.1:${port}`;
  }

  /** Address of the MCP server. */
  get url(): string {
    return `${this.issuer}/mcp`;
  }

  /** The values of one member of what it has written down so far: `granted`, `refused`, `revoked`, `registered`. */
  async journal(member: string): Promise<unknown[]> {
    const all = (await this.#control('journal')) as unknown as JsonObject[];
    return all.flatMap((entry) => (member in entry ? [entry[member]] : []));
  }

  /** Every token that still stands. */
  async tokens(): Promise<{ kind: string; token: string }[]> {
    return (await this.#control('tokens')) as { kind: string; token: string }[];
  }

  /** Access tokens given so far are not taken any more. */
  async expire(): Promise<void> {
    await this.#control('expire');
  }

  /** Nor are refresh tokens. */
  async revoke(): Promise<void> {
    await this.#control('revoke');
  }

  async #control(what: string): Promise<unknown> {
    return (await fetch(`${this.issuer}/control/${what}`)).json();
  }
}

/** Ended with the test. */
export async function startAuthorizationServer(settings: JsonObject = {}): Promise<AuthorizationServer> {
  const child = spawn(process.execPath, [FIXTURE, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const port = new Promise<number>((resolve, reject) => {
    onLines(child.stdout, (line) => line.startsWith('LISTEN ') && resolve(Number(line.slice(7))));
    child.on('exit', (code) => reject(new Error(`the authorization server ended with ${code}`)));
  });
  return new AuthorizationServer(await port);
}
