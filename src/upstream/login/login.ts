import { unwatchFile, watchFile } from 'node:fs';
import {
  auth,
  computeScopeUnion,
  discoverOAuthServerInfo,
  type FetchLike,
  OAuthError,
  OAuthErrorCode,
  refreshAuthorization,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import type { OAuthConfig, ServerConfig } from '../../config/schema.ts';
import { dataDirectory } from '../../platform/directories.ts';
import type { HttpAnswer } from '../../platform/outbound/http-answer.ts';
import type { Outbound } from '../../platform/outbound/outbound.ts';
import type { Authorization, SendRequest } from './authorization.ts';
import {
  type Credentials,
  credentialsOf,
  currentTokens,
  ofIssuer,
  type StoredCredentials,
  sameIssuer,
} from './credentials.ts';
import { type Challenge, challengeIn, LoginNeeded } from './login-needed.ts';
import { withoutForeignText } from './oauth-answers.ts';
import { configuredClient, oauthFetch, outboundOf } from './oauth-client.ts';
import { issuerOf, keepTokens, machineProvider } from './oauth-provider.ts';
import { PersonLogin } from './person-login.ts';
import { challengeIn as wwwAuthenticate } from './www-authenticate.ts';

/** Shortest text in characters that is blanked as a secret: blanking shorter ones would make errors unreadable. */
const MIN_SECRET_LENGTH = 6;

/** Time in ms between checks for a login by another process. */
const LOOK_MS = 1_000;

/** Time in ms for which a look at the credentials file holds: a login or logout elsewhere is noticed after it. */
const FRESH_MS = 50;

export interface LoginOptions {
  /** Called after each login, also one by another gateway that shares the credentials. */
  readonly onLogin: () => void;
}

/**
 * Our identity towards one server: the token for its requests, which is renewed when it is refused, and the login of a
 * person if that does not help. Never opens a browser, and begins a login only when `begin` is called.
 */
export class Login implements Authorization {
  readonly #outbound: Outbound;
  readonly #oauthFetch: FetchLike;
  readonly #oauth: OAuthConfig;
  readonly #options: LoginOptions;
  readonly #credentials: Credentials;
  /** The token of the request that each answer refused. */
  readonly #refused = new WeakMap<HttpAnswer, string | undefined>();
  /** Time of the last look at the credentials file; ms on the clock of `performance`. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Revision of the credentials file at our last read. */
  #revision: string | undefined;
  #tokens: StoredOAuthTokens | undefined;
  #challenge: Challenge = {};
  #renewing: Promise<void> | undefined;
  #pending: Promise<PersonLogin> | undefined;
  readonly #secrets = new Set<string>();

  constructor(config: ServerConfig & { type: 'remote' }, options: LoginOptions) {
    this.#outbound = outboundOf(config);
    this.#oauth = config.oauth || { grant: 'authorization_code' };
    this.#oauthFetch = oauthFetch(this.#outbound, this.#oauth);
    this.#options = options;
    this.#credentials = credentialsOf(config, dataDirectory());
  }

  /** The access token for the next request, or undefined. Logins and logouts by other processes are noticed. */
  async token(): Promise<string | undefined> {
    // Each look at the file is a system call, which each call to the server would wait for.
    const now = performance.now();
    if (now - this.#lookedAt < FRESH_MS) return this.#tokens?.access_token;
    const { revision } = this.#credentials;
    if (this.#revision !== revision) {
      if (this.#revision === undefined) void this.#credentials.migrate().catch(() => {});
      await this.#read();
      this.#revision = revision;
    }
    this.#lookedAt = now;
    return this.#tokens?.access_token;
  }

  /** The transport has to use this: it notes which token was refused. */
  readonly send: SendRequest = async (url, request) => {
    const answer = await this.#outbound.send(url, request);
    if (answer.status === 401) this.#refused.set(answer, request.headers.authorization?.replace(/^Bearer /, ''));
    return answer;
  };

  /** Renews the token that the server refused. Rejects with `LoginNeeded` if only a person can help. */
  async onUnauthorized(answer: HttpAnswer): Promise<void> {
    this.#challenge = wwwAuthenticate(answer);
    const refused = this.#refused.get(answer);
    if (refused !== undefined && refused !== this.#tokens?.access_token) return;
    this.#renewing ??= this.#renew(refused).finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
  }

  /** Takes over a login by another process. Resolves with false if there was none. */
  async takeOver(): Promise<boolean> {
    const before = this.#tokens?.access_token;
    const tokens = currentTokens(await this.#credentials.read());
    if (!tokens || tokens.access_token === before) return false;
    this.#use(tokens);
    this.#pending?.then(
      (login) => login.settle(),
      () => {},
    );
    this.#options.onLogin();
    return true;
  }

  /** Watches for logins by other processes, until the returned function is called. */
  watch(): () => void {
    const { file } = this.#credentials;
    const look = () => void this.takeOver().catch(() => {});
    watchFile(file, { persistent: false, interval: LOOK_MS }, look);
    return () => unwatchFile(file, look);
  }

  /** Begins the login of a person, or joins the running one. Rejects with the error that prevents it. */
  begin(challenge: Challenge): Promise<PersonLogin> {
    this.#pending ??= this.#begin(challenge).catch((error: unknown) => {
      this.#pending = undefined;
      throw error;
    });
    return this.#pending;
  }

  /** The login that an error of a request demands; undefined if a login would not help. */
  wantedBy(error: unknown): Challenge | undefined {
    return challengeIn(error);
  }

  /** Blanks the tokens and secrets of this login in a text. */
  redact(text: string): string {
    return [...this.#secrets].reduce((masked, secret) => masked.replaceAll(secret, '[redacted]'), text);
  }

  /** Cancels a running login. */
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
      outbound: this.#outbound,
      oauth: this.#oauth,
      credentials: this.#credentials,
      // The union, because the new token must keep the scopes that were granted before.
      scope: stepUp ? computeScopeUnion(own, this.#tokens?.scope, wanted) : (own ?? wanted),
      resourceMetadataUrl,
      onTokens: async () => {
        await this.#read();
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
      // Another gateway has renewed it.
      if (kept && kept.access_token !== refused) return this.#use(kept);
      const tokens = await refreshTokens(kept?.refresh_token, {
        serverUrl: String(this.#outbound.url),
        oauth: this.#oauth,
        credentials: this.#credentials,
        resourceMetadataUrl: this.#challenge.resourceMetadataUrl,
        fetchFn: this.#oauthFetch,
      });
      if (!tokens) throw new LoginNeeded(this.#challenge);
      await keepTokens(this.#credentials, tokens);
      this.#use(tokens);
      this.#revision = this.#credentials.revision;
    });
  }

  async #grantMachine(): Promise<void> {
    const { scope = this.#challenge.scope } = this.#oauth;
    const { resourceMetadataUrl } = this.#challenge;
    const provider = machineProvider(this.#oauth, this.#outbound.url, (tokens) => this.#use(tokens));
    await auth(provider, {
      serverUrl: this.#outbound.url,
      fetchFn: this.#oauthFetch,
      ...(scope && { scope }),
      ...(resourceMetadataUrl && { resourceMetadataUrl }),
    }).catch((error: unknown) => {
      throw withoutForeignText(error);
    });
  }

  async #read(): Promise<StoredCredentials> {
    const kept = await this.#credentials.read();
    // The tokens of a client-credentials grant are never in the file.
    if (this.#oauth.grant !== 'client_credentials') this.#use(currentTokens(kept));
    for (const { client } of Object.values(kept.issuers)) this.#hide(client?.client_secret);
    return kept;
  }

  #use(tokens: StoredOAuthTokens | undefined): void {
    this.#tokens = tokens;
    for (const secret of [tokens?.access_token, tokens?.refresh_token, tokens?.id_token]) this.#hide(secret);
  }

  #hide(secret: string | undefined): void {
    if (secret && secret.length >= MIN_SECRET_LENGTH) this.#secrets.add(secret);
  }
}

const MAY_PASS: readonly string[] = [OAuthErrorCode.ServerError, OAuthErrorCode.TemporarilyUnavailable];
const UNKNOWN_CLIENT: readonly string[] = [OAuthErrorCode.InvalidClient, OAuthErrorCode.UnauthorizedClient];

export interface RefreshOptions {
  readonly serverUrl: string;
  readonly oauth: OAuthConfig;
  readonly credentials: Credentials;
  readonly resourceMetadataUrl?: URL | undefined;
  readonly fetchFn: FetchLike;
}

/**
 * New tokens for a refresh token. Undefined if the token is no longer accepted, or belongs to another authorization
 * server.
 */
export async function refreshTokens(
  refreshToken: string | undefined,
  { serverUrl, oauth, credentials, resourceMetadataUrl, fetchFn }: RefreshOptions,
): Promise<StoredOAuthTokens | undefined> {
  const info = await discoverOAuthServerInfo(serverUrl, {
    fetchFn,
    ...(resourceMetadataUrl && { resourceMetadataUrl }),
  });
  const issuer = issuerOf(info);
  const kept = ofIssuer(await credentials.read(), issuer);
  const client = configuredClient(oauth, new URL(serverUrl), { issuer }) ?? kept.client;
  const before = kept.tokens;
  if (!refreshToken || !client || !sameIssuer(client.issuer, issuer)) return undefined;
  if (before?.refresh_token !== refreshToken) return undefined;
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
    // An OAuth error is the decision of the authorization server. Any other error may pass.
    if (!(error instanceof OAuthError) || MAY_PASS.includes(String(error.code))) throw withoutForeignText(error);
    // The client is unknown there: the next login has to register again.
    if (UNKNOWN_CLIENT.includes(String(error.code)))
      await credentials.updateIssuer(issuer, ({ client: _, ...rest }) => rest);
    return undefined;
  }
}
