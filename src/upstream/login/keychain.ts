import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../platform/run-program.ts';
import { usersEnvironment } from '../../platform/users-environment.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A place in the operating system that holds one text for us, for its owner only. */
export interface Keychain {
  readonly name: string;
  /** Undefined where it holds nothing. Rejects where it cannot be asked: locked, or nobody is there to unlock it. */
  read(): Promise<string | undefined>;
  /** Rejects where it does not take it. */
  write(text: string): Promise<void>;
}

/** A person may have to unlock it; in ms. */
const TIMEOUT_MS = 30_000;
const SERVICE = 'mcp-gateway';
const ACCOUNT = 'logins';
/** What `security` ends with where there is no such item. */
const NOT_FOUND = 44;

/** The keychain of this system; undefined where there is none that we know. */
export function keychainOf(
  platform: NodeJS.Platform = process.platform,
  env: Environment = usersEnvironment(),
): Keychain | undefined {
  if (platform === 'darwin') return macKeychain(env);
  const bus = busOf(env);
  return platform === 'linux' && bus && isOnPath('secret-tool', env)
    ? secretService({ ...env, DBUS_SESSION_BUS_ADDRESS: bus })
    : undefined;
}

/** By `security`, which is part of macOS. The text goes through stdin, since arguments can be seen by others. */
function macKeychain(env: Environment): Keychain {
  const options = { env, timeoutMs: TIMEOUT_MS };
  return {
    name: 'the keychain of macOS',
    async read() {
      const result = await runProgram(
        ['security', 'find-generic-password', '-s', SERVICE, '-a', ACCOUNT, '-w'],
        options,
      );
      return result.code === NOT_FOUND ? undefined : succeeded('security', result).trim();
    },
    async write(text) {
      const input = `add-generic-password -U -s ${SERVICE} -a ${ACCOUNT} -w ${text}\n`;
      succeeded('security', await runProgram(['security', '-i'], { ...options, input }));
    },
  };
}

/** By `secret-tool` of libsecret: GNOME Keyring, KWallet, KeePassXC. */
function secretService(env: Environment): Keychain {
  const options = { env, timeoutMs: TIMEOUT_MS };
  const item = ['service', SERVICE, 'account', ACCOUNT];
  return {
    name: 'the Secret Service',
    async read() {
      const result = await runProgram(['secret-tool', 'lookup', ...item], options);
      if (result.code !== 1 || result.stderr.trim() !== '') return succeeded('secret-tool', result).trim();
      // It says nothing where there is no such item, and nothing where nobody can be asked to unlock it; this tells.
      const found = await runProgram(['secret-tool', 'search', ...item], options);
      if ((found.stdout + found.stderr).trim() !== '') throw new Error('it is locked');
      return undefined;
    },
    async write(text) {
      const words = ['secret-tool', 'store', '--label=MCP Gateway', ...item];
      succeeded('secret-tool', await runProgram(words, { ...options, input: text }));
    },
  };
}

function succeeded(
  program: string,
  { code, stdout, stderr }: { code: number | string; stdout: string; stderr: string },
): string {
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}

/** MCP clients start the gateway with hardly any variables; the bus of the user is at its place all the same. */
function busOf(env: Environment): string | undefined {
  const path = join(env.XDG_RUNTIME_DIR || `/run/user/${process.getuid?.()}`, 'bus');
  return env.DBUS_SESSION_BUS_ADDRESS || (existsSync(path) ? `unix:path=${path}` : undefined);
}

function isOnPath(program: string, { PATH = '' }: Environment): boolean {
  return PATH.split(':').some((folder) => folder !== '' && existsSync(join(folder, program)));
}
