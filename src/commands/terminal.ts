import { homedir } from 'node:os';
import type { ClientHome } from '../clients/client.ts';
import type { Environment } from '../config/substitute.ts';
import { GatewayError } from '../core/errors.ts';

/** Where a command for people works and speaks. */
export interface Terminal {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** How this process was started: Node (or Bun) and the bin, both absolute. */
  readonly self: readonly [program: string, bin: string];
  /** Takes what was asked for (stdout). */
  readonly write: (text: string) => void;
  /** Takes why it failed (stderr). */
  readonly writeError: (text: string) => void;
  /** All of stdin, until its end. */
  readonly read?: (() => Promise<string>) | undefined;
  /** Asks a yes-or-no question; absent where nobody can be asked. */
  readonly ask?: ((question: string) => Promise<boolean>) | undefined;
}

export function clientHome({ cwd, env, platform }: Terminal): ClientHome {
  return { home: env.HOME || homedir(), cwd, env, platform };
}

/** Runs a command; resolves with its exit code, 1 with the cause on stderr where the gateway refuses. */
export async function reporting({ writeError }: Terminal, name: string, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    writeError(`mcp-gateway ${name}: ${shown(error.message)}\n`);
    return 1;
  }
}

/** Says what was wrong with the command line; 2. */
export function misused({ writeError }: Terminal, name: string, what: string): number {
  writeError(`mcp-gateway ${name}: ${what}\nTry mcp-gateway ${name} --help\n`);
  return 2;
}

/** A text of a foreign file, without what could steer a terminal. */
export function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '�');
}

/** A path as people write it. */
export function shownPath(path: string, home: string): string {
  return shown(path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path);
}
