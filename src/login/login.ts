import {
  type AuthProvider,
  auth,
  computeScopeUnion,
  discoverOAuthServerInfo,
  extractWWWAuthenticateParams,
  type FetchLike,
  OAuthError,
  OAuthErrorCode,
  refreshAuthorization,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import type { OAuthConfig, ServerConfig } from '../config/schema.ts';
import { withTimeout } from '../core/abort.ts';
import { dataDirectory } from '../core/directories.ts';
import { patientFetch } from '../core/patient-fetch.ts';
import { challengeIn } from './challenge-in.ts';
import { Credentials, currentTokens } from './credentials.ts';
import { type Challenge, LoginNeeded } from './login-needed.ts';
import { issuerOf, keepTokens, machineProvider, registeredBeforehand } from './oauth-provider.ts';
import { PersonLogin } from './person-login.ts';

/** Time for one request to an authorization server, in ms. */
const FETCH_TIMEOUT_MS = 10_000;
/** Shorter texts are no secrets: to blank them everywhere would make errors unreadable. */
const MIN_SECRET_LENGTH = 6;

const fetchFn: FetchLike = (url, init) => withTimeout(FETCH_TIMEOUT_MS, (signal) => fetch(url, { ...init, signal }));

export interface LoginOptions {
  /** Called after each login, also one by another gateway that shares the credentials. */
  readonly onLogin: () => void;
}

/**
 * Who we are to one server: the token that its requests carry, renewed when it is refused, and the login of a person
 * when that does not help. Never opens a browser, and begins a login only when `begin` is called.
 */
export class Login implements AuthProvider {
  readonly #url: string;
  readonly #oauth: OAuthConfig;
  readonly #options: LoginOptions;
  readonly #credentials: Credentials;
  /** Which token each answer was given to. */
  readonly #sent = new WeakMap<Response, string | undefined>();
  #loaded = false;
  #tokens: StoredOAuthTokens | undefined;
  #challenge: Challenge = {};
  #renewing: Promise<void> | undefined;
  #pending: Promise<PersonLogin> | undefined;
  readonly #secrets = new Set<string>();

  constructor({ url, oauth }: ServerConfig & { type: 'remote' }, options: LoginOptions) {
    this.#url = url;
    this.#oauth = oauth || { grant: 'authorization_code' };
    this.#options = options;
    const { clientId, clientMetadataUrl, grant } = this.#oauth;
    const resource = url.replace(/#.*/s, '');
    this.#credentials = new Credentials(dataDirectory(), [resource, clientId ?? clientMetadataUrl ?? '', grant]);
  }

  /** The access token for the next request; undefined when there is none yet. */
  async token(): Promise<string | undefined> {
    if (!this.#loaded) this.#use(currentTokens(await this.#credentials.read()));
    this.#loaded = true;
    return this.#tokens?.access_token;
  }

  /** What the transport has to send its requests with, so that it is known which token was refused. */
  readonly fetch: FetchLike = async (url, init) => {
    const response = await patientFetch(url, init);
    this.#sent.set(response, new Headers(init?.headers).get('authorization')?.replace(/^Bearer /, ''));
    return response;
  };

  /** Renews the token that the server refused. Rejects with `LoginNeeded` when only a person can help. */
  async onUnauthorized({ response }: { readonly response: Response }): Promise<void> {
    const { scope, resourceMetadataUrl } = extractWWWAuthenticateParams(response);
    this.#challenge = { ...(scope && { scope }), ...(resourceMetadataUrl && { resourceMetadataUrl }) };
    const refused = this.#sent.get(response);
    if (refused !== undefined && refused !== this.#tokens?.access_token) return;
    this.#renewing ??= this.#renew(refused).finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
  }

  /** Takes over a login that another gateway brought about. False when there was none. */
  async takeOver(): Promise<boolean> {
    const kept = currentTokens(await this.#credentials.read());
    if (!kept || kept.access_token === this.#tokens?.access_token) return false;
    this.#use(kept);
    this.#options.onLogin();
    return true;
  }

  /** Begins the login of a person, or joins the one that is under way. Rejects with what stands in its way. */
  begin(challenge: Challenge): Promise<PersonLogin> {
    this.#pending ??= this.#begin(challenge).catch((error: unknown) => {
      this.#pending = undefined;
      throw error;
    });
    return this.#pending;
  }

  /** The login that an error of a request asks for; undefined when none would help. */
  wantedBy(error: unknown): Challenge | undefined {
    return challengeIn(error);
  }

  /** Blanks what the login knows and nobody else should. */
  redact(text: string): string {
    return [...this.#secrets].reduce((masked, secret) => masked.replaceAll(secret, '[redacted]'), text);
  }

  /** Gives up a login that is under way. */
  close(): void {
    this.#pending?.then(
      (login) => login.cancel('the server was stopped'),
      () => {},
    );
  }

  async #begin({ stepUp, scope, resourceMetadataUrl = this.#challenge.resourceMetadataUrl }: Challenge) {
    const wanted = scope ?? this.#challenge.scope;
    const own = this.#oauth.scope;
    const login = await PersonLogin.begin({
      serverUrl: this.#url,
      oauth: this.#oauth,
      credentials: this.#credentials,
      fetchFn,
      // What was granted before must not be lost by asking for more.
      scope: stepUp ? computeScopeUnion(own, this.#tokens?.scope, wanted) : (own ?? wanted),
      resourceMetadataUrl,
      onTokens: async () => {
        this.#use(currentTokens(await this.#credentials.read()));
        this.#options.onLogin();
      },
    });
    const over = () => {
      this.#pending = undefined;
    };
    login.done.then(over, over);
    return login;
  }

  async #renew(refused: string | undefined): Promise<void> {
    if (this.#oauth.grant === 'client_credentials') return this.#grantMachine();
    const before = currentTokens(await this.#credentials.read());
    if (before && before.access_token !== refused) return this.#use(before);
    if (!before?.refresh_token) throw new LoginNeeded(this.#challenge);
    await this.#credentials.exclusively(async () => {
      const kept = currentTokens(await this.#credentials.read());
      // Another gateway was faster.
      if (kept && kept.access_token !== refused) return this.#use(kept);
      const tokens = await this.#refreshed(kept?.refresh_token);
      if (!tokens) throw new LoginNeeded(this.#challenge);
      await keepTokens(this.#credentials, tokens);
      this.#use(tokens);
    });
  }

  /** New tokens for a refresh token; undefined when it is not taken any more, or belongs to another authorization server. */
  async #refreshed(refreshToken: string | undefined): Promise<StoredOAuthTokens | undefined> {
    const { resourceMetadataUrl } = this.#challenge;
    const info = await discoverOAuthServerInfo(this.#url, {
      fetchFn,
      ...(resourceMetadataUrl && { resourceMetadataUrl }),
    });
    const issuer = issuerOf(info);
    const kept = await this.#credentials.read();
    const client = registeredBeforehand(this.#oauth, { issuer }) ?? kept.issuers[issuer]?.client;
    const before = kept.issuers[issuer]?.tokens;
    if (!refreshToken || !client || client.issuer !== issuer || before?.refresh_token !== refreshToken)
      return undefined;
    const metadata = info.authorizationServerMetadata;
    const resource = info.resourceMetadata?.resource;
    try {
      const tokens = await refreshAuthorization(info.authorizationServerUrl, {
        clientInformation: client,
        refreshToken,
        fetchFn,
        ...(metadata && { metadata }),
        ...(resource && { resource }),
      });
      return { scope: before.scope, refresh_token: refreshToken, ...tokens, issuer };
    } catch (error) {
      // The authorization server has spoken; whatever else went wrong may pass.
      if (error instanceof OAuthError && error.code !== OAuthErrorCode.ServerError) return undefined;
      throw error;
    }
  }

  async #grantMachine(): Promise<void> {
    const { scope = this.#challenge.scope } = this.#oauth;
    const { resourceMetadataUrl } = this.#challenge;
    const provider = machineProvider(this.#oauth, (tokens) => this.#use(tokens));
    await auth(provider, {
      serverUrl: this.#url,
      fetchFn,
      ...(scope && { scope }),
      ...(resourceMetadataUrl && { resourceMetadataUrl }),
    });
  }

  #use(tokens: StoredOAuthTokens | undefined): void {
    this.#tokens = tokens;
    for (const secret of [tokens?.access_token, tokens?.refresh_token, tokens?.id_token]) {
      if (secret && secret.length >= MIN_SECRET_LENGTH) this.#secrets.add(secret);
    }
  }
}
