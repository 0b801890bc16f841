import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import { isJsonObject } from '../core/json.ts';
import { withFileLock } from './file-lock.ts';

/** What one authorization server gave us. */
export interface IssuerCredentials {
  readonly client?: StoredOAuthClientInformation;
  readonly tokens?: StoredOAuthTokens;
}

/** What is kept for one server. */
export interface Kept {
  /** The authorization server of the last login; its tokens are the ones in use. */
  readonly issuer?: string;
  readonly issuers: { readonly [issuer: string]: IssuerCredentials };
  /** Port of the last callback: a client that registered itself did so with it. */
  readonly callbackPort?: number;
}

/** Credentials of one server, in a file that only its owner can read; several gateways share it. */
export class Credentials {
  readonly #directory: string;
  readonly #file: string;

  /** `identity` tells whose they are: the resource, and the client if one is configured. */
  constructor(directory: string, identity: readonly string[]) {
    const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
    this.#directory = directory;
    this.#file = join(directory, `oauth-${name}.json`);
  }

  /** A file that is not there, or is no file of ours, holds nothing. */
  async read(): Promise<Kept> {
    try {
      const kept: unknown = JSON.parse(await readFile(this.#file, 'utf8'));
      // A file of ours, replaced only as a whole: once its outline is right, the rest is what we wrote.
      if (isJsonObject(kept) && isJsonObject(kept.issuers)) return kept as unknown as Kept;
    } catch {}
    return { issuers: {} };
  }

  /** Writes what `change` makes of what is kept, in one step: a reader sees the old or the new. */
  async update(change: (kept: Kept) => Kept): Promise<void> {
    await this.#prepare();
    const next = `${this.#file}.${randomUUID()}`;
    await writeFile(next, JSON.stringify(change(await this.read())), { mode: 0o600, flag: 'wx' });
    await rename(next, this.#file);
  }

  /** Changes what is kept of one authorization server. */
  updateIssuer(issuer: string, change: (credentials: IssuerCredentials) => IssuerCredentials): Promise<void> {
    return this.update((kept) => ({
      ...kept,
      issuers: { ...kept.issuers, [issuer]: change(kept.issuers[issuer] ?? {}) },
    }));
  }

  /** Runs `work` while no other gateway does the same for this server. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    await this.#prepare();
    return withFileLock(`${this.#file}.lock`, work);
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    // It may have been there before, open to others.
    await chmod(this.#directory, 0o700);
  }
}

/** The tokens in use. */
export function currentTokens({ issuer, issuers }: Kept): StoredOAuthTokens | undefined {
  return issuer === undefined ? undefined : issuers[issuer]?.tokens;
}
