import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import type { ServerConfig } from '../../config/schema.ts';
import { isJsonObject } from '../../core/json.ts';
import { writeWhole } from '../../platform/atomic-file.ts';
import { withFileLock } from '../../platform/file-lock.ts';
import { type Sealed, TokenEncryption } from './token-encryption.ts';

/** What one authorization server gave us. */
export interface IssuerCredentials {
  readonly client?: StoredOAuthClientInformation;
  readonly tokens?: StoredOAuthTokens;
  /** When it gave the tokens, epoch ms: they say how long they last from then on. */
  readonly tokensAt?: number;
}

/** What is kept for one server. */
export interface Kept {
  /** Address of the server. */
  readonly resource?: string;
  /** The authorization server of the last login; its tokens are the ones in use. */
  readonly issuer?: string;
  readonly issuers: { readonly [issuer: string]: IssuerCredentials };
  /** Port of the last callback: a client that registered itself did so with it. */
  readonly callbackPort?: number;
}

interface CredentialsOptions {
  /** `never`: files alone; what the keychain's key has sealed is still opened. */
  readonly keychain?: 'auto' | 'never' | undefined;
  /** The key of that directory; absent: one for all of this process. */
  readonly seal?: TokenEncryption;
}

const EMPTY: Kept = { issuers: {} };

/** The keys by directory: each is asked for once. */
const seals = new Map<string, TokenEncryption>();

/**
 * Credentials of one server, in a file that only its owner can read; several gateways share it. It is sealed where the
 * keychain of the system keeps a key, and becomes so, or is so no more, when it is next written.
 */
export class Credentials {
  readonly file: string;
  readonly #seal: TokenEncryption;
  readonly #isSealed: boolean;

  /** `identity` tells whose they are: the resource, and the client if one is configured. */
  static of(directory: string, identity: readonly string[], options?: CredentialsOptions): Credentials {
    const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
    return new Credentials(join(directory, `oauth-${name}.json`), options);
  }

  constructor(file: string, { keychain = 'auto', seal = sealOf(dirname(file)) }: CredentialsOptions = {}) {
    this.file = file;
    this.#seal = seal;
    this.#isSealed = keychain !== 'never';
  }

  /** A text that changes whenever the file does. */
  get revision(): string {
    const { ino, mtimeNs, size } = statSync(this.file, { bigint: true, throwIfNoEntry: false }) ?? {};
    return [ino, mtimeNs, size].join(':');
  }

  /** A file that is not there, or is no file of ours, holds nothing. Rejects where its key cannot be asked for. */
  async read(): Promise<Kept> {
    const written = await this.#written();
    const kept = isSealed(written) ? parsed(await this.#seal.open(written)) : written;
    // A file of ours, replaced only as a whole: once its outline is right, the rest is what we wrote.
    return isJsonObject(kept) && isJsonObject(kept.issuers) ? (kept as unknown as Kept) : EMPTY;
  }

  /** Where they are kept beside the file; undefined where the file says it all, or is not there. */
  async keychain(): Promise<string | undefined> {
    return isSealed(await this.#written()) ? (this.#seal.keychain ?? 'a keychain') : undefined;
  }

  /** Writes what `change` makes of what is kept, in one step: a reader sees the old or the new. */
  async update(change: (kept: Kept) => Kept): Promise<void> {
    await this.#prepare();
    const text = JSON.stringify(change(await this.read()));
    const sealed = this.#isSealed ? await this.#seal.close(text) : undefined;
    await writeWhole(this.file, sealed ? JSON.stringify(sealed) : text);
  }

  /** Changes what is kept of one authorization server. */
  updateIssuer(issuer: string, change: (credentials: IssuerCredentials) => IssuerCredentials): Promise<void> {
    return this.update((kept) => ({
      ...kept,
      issuers: { ...kept.issuers, [keyOf(kept, issuer)]: change(ofIssuer(kept, issuer)) },
    }));
  }

  /** Seals what an earlier login left open, or the other way round, where that is wanted and can be done. */
  async migrate(): Promise<void> {
    const written = await this.#written();
    const isWanted = this.#isSealed && this.#seal.keychain !== undefined;
    if (written === undefined || isSealed(written) === isWanted) return;
    await this.exclusively(() => this.update((kept) => kept));
  }

  /** Forgets all of it. */
  async remove(): Promise<void> {
    await rm(this.file, { force: true });
  }

  /** Runs `work` while no other gateway does the same for this server. */
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
    // It may have been there before, open to others.
    await chmod(directory, 0o700);
  }
}

/** What is kept of one authorization server, however its address was written. */
export function ofIssuer(kept: Kept, issuer: string): IssuerCredentials {
  return kept.issuers[keyOf(kept, issuer)] ?? {};
}

/** The name under which an authorization server is kept. */
export function keyOf({ issuers }: Kept, issuer: string): string {
  return Object.keys(issuers).find((key) => sameIssuer(key, issuer)) ?? issuer;
}

/** The tokens in use. */
export function currentTokens({ issuer, issuers }: Kept): StoredOAuthTokens | undefined {
  return issuer === undefined ? undefined : issuers[issuer]?.tokens;
}

function sealOf(directory: string): TokenEncryption {
  const seal = seals.get(directory) ?? new TokenEncryption(directory);
  seals.set(directory, seal);
  return seal;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSealed(written: unknown): written is Sealed {
  return isJsonObject(written) && typeof written.sealed === 'string' && typeof written.key === 'string';
}

/** Where the credentials of a server are kept: by its address, and by the client where one is configured. */
export function credentialsOf(
  { url, oauth, keychain }: ServerConfig & { type: 'remote' },
  directory: string,
): Credentials {
  const { clientId, clientMetadataUrl, grant = 'authorization_code' } = oauth || {};
  const identity = [url.replace(/#.*/s, ''), clientId ?? clientMetadataUrl ?? '', grant];
  return Credentials.of(directory, identity, { keychain });
}

/** Whether two texts name one authorization server: many write its address once with a slash at the end and once without. */
export function sameIssuer(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && withoutSlash(a) === withoutSlash(b);
}

function withoutSlash(issuer: string): string {
  return issuer.replace(/\/$/, '');
}
