import { randomUUID } from 'node:crypto';
import { auth, type OAuthClientProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { OAuthConfig } from '../../config/schema.ts';
import { withTimeout } from '../../core/abort.ts';
import { causeOf } from '../../core/errors.ts';
import { boundedText } from '../../platform/outbound/bounded-body.ts';
import type { Outbound } from '../../platform/outbound/outbound.ts';
import type { Credentials } from './credentials.ts';
import { Loopback, type Page } from './loopback.ts';
import { withoutForeignText } from './oauth-answers.ts';
import { FETCH_TIMEOUT_MS, oauthFetch } from './oauth-client.ts';
import { oauthProvider } from './oauth-provider.ts';

interface PersonLoginOptions {
  readonly outbound: Outbound;
  readonly oauth: OAuthConfig;
  readonly credentials: Credentials;
  readonly scope?: string;
  readonly resourceMetadataUrl?: URL;
  /** Called when the tokens are stored, before `done` resolves. */
  readonly onTokens: () => Promise<void>;
}

/** Longest time in ms until the person has logged in. */
const LIFETIME_MS = 15 * 60_000;

/**
 * A login that waits for a person: it has an address to open, and a server on this machine to which the browser
 * returns.
 */
export class PersonLogin {
  readonly id = randomUUID();
  /** Resolves when the tokens are stored. Rejects if the person or a server refused, or after 15 minutes. */
  readonly done: Promise<void>;

  readonly #options: PersonLoginOptions;
  readonly #state = randomUUID();
  #url: URL | undefined;
  #loopback: Loopback | undefined;
  #provider: OAuthClientProvider | undefined;
  #answered: Promise<Page> | undefined;
  #closed: Promise<void> | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #resolve: () => void = () => {};
  #reject: (reason: Error) => void = () => {};

  /** Discovers the authorization server, registers if necessary, and listens for the callback. */
  static async begin(options: PersonLoginOptions): Promise<PersonLogin> {
    const login = new PersonLogin(options);
    try {
      await options.credentials.exclusively(() => login.#open());
    } catch (error) {
      login.cancel('it could not begin');
      throw withoutForeignText(error);
    }
    return login;
  }

  private constructor(options: PersonLoginOptions) {
    this.#options = options;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A rejection without a listener must not end the process.
    this.done.catch(() => {});
  }

  /** Handles the query of a callback. A query that does not belong to this login is refused and changes nothing. */
  answer(query: URLSearchParams): Promise<Page> {
    if (!this.expects(query))
      return Promise.resolve({ status: 400, text: 'This is not the login that is waited for.' });
    this.#answered ??= this.#finish(query);
    return this.#answered;
  }

  /** True if a callback belongs to this login. */
  expects(query: URLSearchParams): boolean {
    return query.get('state') === this.#state;
  }

  /** Ends it successfully: a person has logged in by another process. */
  settle(): void {
    this.#end();
    this.#resolve();
  }

  /** Resolves when the browser has got its last page. */
  get closed(): Promise<void> {
    return this.#closed ?? Promise.resolve();
  }

  /** Address at which the person logs in. */
  get url(): string {
    return String(this.#url);
  }

  /** Ends it without a result. */
  cancel(reason: string): void {
    this.#end();
    this.#reject(new Error(`the login was given up: ${reason}`));
  }

  async #open(): Promise<void> {
    const { outbound, oauth, credentials } = this.#options;
    const { callbackPort = 0, issuers } = await credentials.read();
    const ports = oauth.callbackPort ? [oauth.callbackPort] : [callbackPort, 0];
    this.#loopback = await Loopback.open(ports, (query) => this.answer(query));
    const { port, url: redirectUrl } = this.#loopback;
    await credentials.update((kept) => ({ ...kept, resource: String(outbound.url), callbackPort: port }));
    const onUrl = (url: URL) => {
      this.#url = url;
    };
    const { scope } = this.#options;
    this.#provider = oauthProvider({
      server: outbound.url,
      oauth,
      credentials,
      redirectUrl,
      scope,
      state: this.#state,
      onUrl,
    });
    const url = await this.#authorizationUrl(this.#provider);
    const id = url.searchParams.get('client_id');
    const isKept = Object.values(issuers).some(({ client }) => client !== undefined && client.client_id === id);
    if (isKept && (await isForgotten(url, outbound))) {
      await this.#provider.invalidateCredentials?.('discovery');
      await forgetClient(credentials, String(id));
      await this.#authorizationUrl(this.#provider);
    }
    this.#expiry = setTimeout(() => this.cancel('nobody logged in within 15 minutes'), LIFETIME_MS).unref();
  }

  /** Lets the SDK discover the authorization server and register if necessary. */
  async #authorizationUrl(provider: OAuthClientProvider): Promise<URL> {
    const { outbound, oauth, scope, resourceMetadataUrl } = this.#options;
    await auth(provider, {
      serverUrl: outbound.url,
      fetchFn: oauthFetch(outbound, oauth),
      forceReauthorization: true,
      ...(scope && { scope }),
      ...(resourceMetadataUrl && { resourceMetadataUrl }),
    });
    if (!this.#url || !/^https?:$/.test(this.#url.protocol)) throw new Error('the login page has no http(s) address');
    await outbound.check(this.#url);
    return this.#url;
  }

  async #finish(query: URLSearchParams): Promise<Page> {
    clearTimeout(this.#expiry);
    try {
      const { outbound, oauth, credentials, onTokens } = this.#options;
      // The SDK checks the issuer of a complete callback, refusals included, only behind this method.
      const transport = new StreamableHTTPClientTransport(outbound.url, {
        fetch: oauthFetch(outbound, oauth),
        ...(this.#provider && { authProvider: this.#provider }),
      });
      await credentials.exclusively(() => transport.finishAuth(query));
      await onTokens();
      this.#resolve();
      return { status: 200, text: 'You are logged in. You may close this window.' };
    } catch (error) {
      this.#reject(new Error(`the login failed: ${causeOf(withoutForeignText(error))}`));
      return { status: 400, text: 'The login failed. You may close this window; the gateway says more.' };
    } finally {
      this.#end();
    }
  }

  #end(): void {
    clearTimeout(this.#expiry);
    this.#closed ??= this.#loopback?.close();
  }
}

const MAX_BYTES = 64 * 1024;
const UNKNOWN =
  /invalid_client|unauthorized_client|(?:unknown|unregistered|invalid) client|client .{0,40}(?:not found|unknown|not registered)/i;

/**
 * True if an authorization server refuses the login address of a dynamically registered client, because it has
 * forgotten the client. It would show that to the person and never to us, and every later login would fail too.
 */
export async function isForgotten(url: URL, outbound: Outbound): Promise<boolean> {
  return withTimeout(FETCH_TIMEOUT_MS, async (signal) => {
    const headers = { accept: 'text/html, application/json' };
    // A server that needs no consent redirects to our own callback with a code. Only the person's browser may follow
    // that.
    const response = await outbound.follow(url, { headers, redirect: 'manual', signal });
    const text = await boundedText(response, MAX_BYTES);
    if ([400, 401, 404, 422].includes(response.status)) return true;
    const leadsTo = response.headers.get('location') ?? '';
    return response.status === 403 ? UNKNOWN.test(text) : /[?&#]error=(?:invalid|unauthorized)_client\b/.test(leadsTo);
  }).catch(() => false);
}

/** Deletes a dynamically registered client from all issuers in the file. */
function forgetClient(credentials: Credentials, id: string): Promise<void> {
  return credentials.update((kept) => {
    const issuers = Object.entries(kept.issuers).map(([issuer, own]) => {
      const { client: _, ...others } = own;
      return [issuer, own.client?.client_id === id ? others : own];
    });
    return { ...kept, issuers: Object.fromEntries(issuers) };
  });
}
