import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { causeOf } from '../../core/errors.ts';
import { withFileLock } from '../../platform/file-lock.ts';
import { runProgram } from '../../platform/run-program.ts';
import { usersEnvironment } from '../../platform/users-environment.ts';

/** A text that only a key from the keychain decrypts. */
export interface EncryptedText {
  /** Initialisation vector, authentication tag and AES-256-GCM ciphertext, base64. */
  readonly sealed: string;
  /** Digest that identifies the key. */
  readonly key: string;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encryption with one key, which is made at first use and stored in the keychain of the system. One key is small enough
 * for every keychain and is requested once per process, and the encrypted texts can be replaced like any file.
 */
export class TokenEncryption {
  readonly #directory: string;
  readonly #keychain: Keychain | undefined;
  #key: Buffer | undefined;

  /** `directory` is the folder with the encrypted files; processes that share the key use the same one. */
  constructor(directory: string, keychain: Keychain | undefined = keychainOf()) {
    this.#directory = directory;
    this.#keychain = keychain;
  }

  /** Name of the keychain in use; undefined if there is none. */
  get keychain(): string | undefined {
    return this.#keychain?.name;
  }

  /** The encrypted text; undefined if no keychain accepts a key. The directory must exist. */
  async encrypt(text: string): Promise<EncryptedText | undefined> {
    const key = await this.#ownKey().catch(() => undefined);
    if (!key) return undefined;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv);
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return { sealed: Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64'), key: nameOf(key) };
  }

  /** The decrypted text; undefined if its key is lost. Rejects if the keychain cannot be asked. */
  async decrypt({ sealed, key: name }: EncryptedText): Promise<string | undefined> {
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
    if (!this.#keychain) throw lockedError('this system has none that can be asked');
    const key = await this.#read(this.#keychain).catch((error: unknown) => {
      throw lockedError(causeOf(error));
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
      // Read back, because some keychains accept a text and do not store it.
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

function lockedError(why: string): Error {
  return new Error(
    `the login is kept under a key in the keychain of the system, which cannot be opened: ${why}; unlock it, or log in again after mcp-gateway logout`,
  );
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A store of the operating system that keeps one text for us, for its owner only. */
export interface Keychain {
  readonly name: string;
  /** The text; undefined if it stores none. Rejects if it cannot be asked: it is locked, and nobody can unlock it. */
  read(): Promise<string | undefined>;
  /** Stores the text. Rejects if it is refused. */
  write(text: string): Promise<void>;
}

/** Longest time in ms of one command: a person may have to unlock the keychain. */
const TIMEOUT_MS = 30_000;
const SERVICE = 'mcp-gateway';
const ACCOUNT = 'logins';
/** Exit code of `security` for an item that does not exist. */
const NOT_FOUND = 44;

/** The keychain of this system; undefined if there is none that we support. */
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

/** Uses `security`, which is part of macOS. The text goes through stdin, since other users can see arguments. */
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

/** Uses `secret-tool` of libsecret: GNOME Keyring, KWallet, KeePassXC. */
function secretService(env: Environment): Keychain {
  const options = { env, timeoutMs: TIMEOUT_MS };
  const item = ['service', SERVICE, 'account', ACCOUNT];
  return {
    name: 'the Secret Service',
    async read() {
      const result = await runProgram(['secret-tool', 'lookup', ...item], options);
      if (result.code !== 1 || result.stderr.trim() !== '') return succeeded('secret-tool', result).trim();
      // `lookup` prints nothing for a missing item and for a locked one. `search` finds the locked one.
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

/** Address of the user's bus. MCP clients start the gateway with few variables, so its usual path is tried too. */
function busOf(env: Environment): string | undefined {
  const path = join(env.XDG_RUNTIME_DIR || `/run/user/${process.getuid?.()}`, 'bus');
  return env.DBUS_SESSION_BUS_ADDRESS || (existsSync(path) ? `unix:path=${path}` : undefined);
}

function isOnPath(program: string, { PATH = '' }: Environment): boolean {
  return PATH.split(':').some((folder) => folder !== '' && existsSync(join(folder, program)));
}
