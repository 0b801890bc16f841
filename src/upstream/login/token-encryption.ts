import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { causeOf } from '../../core/errors.ts';
import { withFileLock } from '../../platform/file-lock.ts';
import { runProgram } from '../../platform/run-program.ts';
import { usersEnvironment } from '../../platform/users-environment.ts';

/** A text that only the key in a keychain opens. */
export interface Sealed {
  /** Initialisation vector, authentication tag and AES-256-GCM ciphertext, base64. */
  readonly sealed: string;
  /** Tells which key. */
  readonly key: string;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts with one key, made when it is first needed and kept in the keychain of the system: small enough for every
 * keychain, asked for once in the life of a process, and what it opens can be replaced as files are.
 */
export class TokenEncryption {
  readonly #directory: string;
  readonly #keychain: Keychain | undefined;
  #key: Buffer | undefined;

  /** `directory` is where the processes that share the key keep what it seals. */
  constructor(directory: string, keychain: Keychain | undefined = keychainOf()) {
    this.#directory = directory;
    this.#keychain = keychain;
  }

  /** The keychain that is used; undefined where there is none. */
  get keychain(): string | undefined {
    return this.#keychain?.name;
  }

  /** The text, sealed; undefined where no keychain takes a key. The directory must exist. */
  async close(text: string): Promise<Sealed | undefined> {
    const key = await this.#ownKey().catch(() => undefined);
    if (!key) return undefined;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv);
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return { sealed: Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64'), key: nameOf(key) };
  }

  /** The text that was sealed; undefined where its key is gone for good. Rejects where the keychain cannot be asked. */
  async open({ sealed, key: name }: Sealed): Promise<string | undefined> {
    const key = await this.#keyNamed(name);
    if (!key) return undefined;
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return undefined;
    }
  }

  async #keyNamed(name: string): Promise<Buffer | undefined> {
    if (this.#key && nameOf(this.#key) === name) return this.#key;
    if (!this.#keychain) throw locked('this system has none that can be asked');
    const key = await this.#read(this.#keychain).catch((error: unknown) => {
      throw locked(causeOf(error));
    });
    return key && nameOf(key) === name ? key : undefined;
  }

  async #ownKey(): Promise<Buffer | undefined> {
    const keychain = this.#keychain;
    if (this.#key || !keychain) return this.#key;
    return withFileLock(join(this.#directory, 'keychain.lock'), async () => {
      const key = await this.#read(keychain);
      if (key) return key;
      await keychain.write(randomBytes(KEY_BYTES).toString('hex'));
      // What it does not give back it has not kept.
      return this.#read(keychain);
    });
  }

  async #read(keychain: Keychain): Promise<Buffer | undefined> {
    const text = await keychain.read();
    if (text === undefined || !/^[0-9a-f]{64}$/.test(text)) return undefined;
    this.#key = Buffer.from(text, 'hex');
    return this.#key;
  }
}

function nameOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

function locked(why: string): Error {
  return new Error(
    `the login is kept under a key in the keychain of the system, which cannot be opened: ${why}; unlock it, or log in again after mcp-gateway logout`,
  );
}

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
