import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import type { ServerConfig } from '../../config/schema.ts';
import { isJsonObject } from '../../core/json.ts';
import { writeFileAtomic } from '../../platform/atomic-file.ts';
import { withFileLock } from '../../platform/file-lock.ts';
import { type EncryptedText, TokenEncryption } from './token-encryption.ts';

/** Client registration and tokens from one authorization server. */
export interface IssuerCredentials {
  readonly client?: StoredOAuthClientInformation;
  readonly tokens?: StoredOAuthTokens;
  /** Receipt of the tokens in epoch ms; `expires_in` counts from then. */
  readonly tokensAt?: number;
}

/** Contents of a server's credentials file. */
export interface StoredCredentials {
  /** Address of the server. */
  readonly resource?: string;
  /** Issuer of the last login; its tokens are in use. */
  readonly issuer?: string;
  readonly issuers: { readonly [issuer: string]: IssuerCredentials };
  /** Port of the last callback: dynamic registration used this port in its redirect URI. */
  readonly callbackPort?: number;
}

interface CredentialsOptions {
  /**
   * `never`: new content is written unencrypted. Encrypted content can still be read with the key from the keychain.
   */
  readonly keychain?: 'auto' | 'never' | undefined;
  /** Encryption to use. Absent: the one that this process shares for the directory. */
  readonly seal?: TokenEncryption;
}

const EMPTY: StoredCredentials = { issuers: {} };

/** Encryption by directory; each asks for its key once. */
const encryptions = new Map<string, TokenEncryption>();

/**
 * Credentials of one server in a file that only its owner can read. Several gateways share it. The file is encrypted if
 * the keychain of the system keeps a key; a change of that takes effect at the next write.
 */
export class Credentials {
  readonly file: string;
  readonly #encryption: TokenEncryption;
  readonly #wantsEncryption: boolean;

  /** `identity` is the address of the server, the client if one is configured, and the grant. */
  static of(directory: string, identity: readonly string[], options?: CredentialsOptions): Credentials {
    const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
    return new Credentials(join(directory, `oauth-${name}.json`), options);
  }

  constructor(file: string, { keychain = 'auto', seal = encryptionOf(dirname(file)) }: CredentialsOptions = {}) {
    this.file = file;
    this.#encryption = seal;
    this.#wantsEncryption = keychain !== 'never';
  }

  /** A text that changes whenever the file changes. */
  get revision(): string {
    const { ino, mtimeNs, size } = statSync(this.file, { bigint: true, throwIfNoEntry: false }) ?? {};
    return [ino, mtimeNs, size].join(':');
  }

  /** Reads the file. A missing or foreign file counts as empty. Rejects if its key cannot be requested. */
  async read(): Promise<StoredCredentials> {
    const written = await this.#written();
    const kept = isEncrypted(written) ? parsed(await this.#encryption.decrypt(written)) : written;
    // The file is ours and only replaced whole: a correct outline means that the rest is as we wrote it.
    return isJsonObject(kept) && isJsonObject(kept.issuers) ? (kept as unknown as StoredCredentials) : EMPTY;
  }

  /** Name of the keychain with the key of the file; undefined if the file is not encrypted or does not exist. */
  async keychain(): Promise<string | undefined> {
    return isEncrypted(await this.#written()) ? (this.#encryption.keychain ?? 'a keychain') : undefined;
  }

  /** Replaces the content by the result of `change`, atomically. */
  async update(change: (kept: StoredCredentials) => StoredCredentials): Promise<void> {
    await this.#prepare();
    const text = JSON.stringify(change(await this.read()));
    const sealed = this.#wantsEncryption ? await this.#encryption.encrypt(text) : undefined;
    await writeFileAtomic(this.file, sealed ? JSON.stringify(sealed) : text);
  }

  /** Changes the credentials of one authorization server. */
  updateIssuer(issuer: string, change: (credentials: IssuerCredentials) => IssuerCredentials): Promise<void> {
    return this.update((kept) => ({
      ...kept,
      issuers: { ...kept.issuers, [keyOf(kept, issuer)]: change(ofIssuer(kept, issuer)) },
    }));
  }

  /** Encrypts the file of an earlier login, or decrypts it, if the settings want that and it is possible. */
  async migrate(): Promise<void> {
    const written = await this.#written();
    const isWanted = this.#wantsEncryption && this.#encryption.keychain !== undefined;
    if (written === undefined || isEncrypted(written) === isWanted) return;
    await this.exclusively(() => this.update((kept) => kept));
  }

  /** Deletes the file. */
  async remove(): Promise<void> {
    await rm(this.file, { force: true });
  }

  /** Runs `work` while no other gateway runs any for this server. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    await this.#prepare();
    return withFileLock(`${this.file}.lock`, work);
  }

  async #written(): Promise<unknown> {
    return parsed(await readFile(this.file, 'utf8').catch(() => undefined));
  }

  async #prepare(): Promise<void> {
    const directory = dirname(this.file);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // The folder may have existed before, open to others.
    await chmod(directory, 0o700);
  }
}

/** The credentials of one authorization server, with or without a slash at the end of its address. */
export function ofIssuer(kept: StoredCredentials, issuer: string): IssuerCredentials {
  return kept.issuers[keyOf(kept, issuer)] ?? {};
}

/** The key under which the file stores an authorization server. */
export function keyOf({ issuers }: StoredCredentials, issuer: string): string {
  return Object.keys(issuers).find((key) => sameIssuer(key, issuer)) ?? issuer;
}

export function currentTokens({ issuer, issuers }: StoredCredentials): StoredOAuthTokens | undefined {
  return issuer === undefined ? undefined : issuers[issuer]?.tokens;
}

function encryptionOf(directory: string): TokenEncryption {
  const seal = encryptions.get(directory) ?? new TokenEncryption(directory);
  encryptions.set(directory, seal);
  return seal;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isEncrypted(written: unknown): written is EncryptedText {
  return isJsonObject(written) && typeof written.sealed === 'string' && typeof written.key === 'string';
}

/** The credentials of a server: one file per address, configured client and grant. */
export function credentialsOf(
  { url, oauth, keychain }: ServerConfig & { type: 'remote' },
  directory: string,
): Credentials {
  const { clientId, clientMetadataUrl, grant = 'authorization_code' } = oauth || {};
  const identity = [url.replace(/#.*/s, ''), clientId ?? clientMetadataUrl ?? '', grant];
  return Credentials.of(directory, identity, { keychain });
}

/**
 * True if two texts name the same authorization server. Many servers write their address once with a slash at the end
 * and once without.
 */
export function sameIssuer(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && withoutSlash(a) === withoutSlash(b);
}

function withoutSlash(issuer: string): string {
  return issuer.replace(/\/$/, '');
}
