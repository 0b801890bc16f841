import type { ServerConfig } from '../config/schema.ts';
import type { CallContext } from '../core/call.ts';
import { causeOf, GatewayError } from '../core/errors.ts';
import type { Authorization } from './login/authorization.ts';
import type { Login } from './login/login.ts';
import { type Challenge, supportsLogin } from './login/login-needed.ts';
import type { ObservableState } from './observable-state.ts';

/** Most logins for one call: the first, and one more if the server then wants more scopes. */
export const MAX_LOGINS = 2;

/**
 * The login of one server. Its module is loaded at the first connect over HTTP. Calls that need a login at the same
 * time share one.
 */
export class ServerLogin {
  /** The login that the server demanded when it last refused a connection. */
  challenge: Challenge = {};

  readonly #config: ServerConfig;
  /** Changed from `needs_auth` after a login, and given the address of a login that has begun. */
  readonly #state: ObservableState;
  #login: Login | undefined;
  #asking: Promise<void> | undefined;
  #count = 0;

  constructor(config: ServerConfig, state: ObservableState) {
    this.#config = config;
    this.#state = state;
  }

  /** Number of logins so far. */
  get count(): number {
    return this.#count;
  }

  /** Supplies tokens for the requests to the server; undefined for a server without a login. */
  async authorization(): Promise<Authorization | undefined> {
    if (this.#login || !supportsLogin(this.#config)) return this.#login;
    const { Login } = await import('./login/login.ts');
    const onLogin = () => {
      this.#count++;
      this.#state.unlock({ status: 'connecting', attempt: 1 });
    };
    this.#login = new Login(this.#config, { onLogin });
    return this.#login;
  }

  /** Returns the login that an error asks for; undefined if a login would not help. */
  wantedBy(error: unknown): Challenge | undefined {
    return this.#login?.wantedBy(error);
  }

  /**
   * Asks the user to log in if a login is the cure of a call's error; `logins` is the number of logins for that call so
   * far. Resolves when the call may be sent again. Rejects with that error if a login is no cure, and with
   * `GatewayError` after `MAX_LOGINS` logins or as `ask` does.
   */
  async cure(error: unknown, logins: number, context: CallContext): Promise<void> {
    const challenge = this.wantedBy(error);
    if (!challenge) throw error;
    if (logins >= MAX_LOGINS) throw stillRefused(error);
    await this.ask(challenge, context);
  }

  /**
   * Asks the user to log in. Resolves after the login. Rejects with a `GatewayError` that says how to log in, why that
   * is not possible, or that the caller cancelled.
   */
  async ask(challenge: Challenge, context: CallContext): Promise<void> {
    const login = this.#login;
    if (!login || (await login.takeOver())) return;
    const { askToLogIn } = await import('./login/ask-to-log-in.ts');
    const onUrl = (url: string) => this.#state.unlock({ status: 'needs_auth', url });
    this.#asking ??= askToLogIn(this.#config.key, login, challenge, context, onUrl).finally(() => {
      this.#asking = undefined;
    });
    await this.#asking.catch((error: unknown) => {
      if (error instanceof GatewayError) throw error;
      throw new GatewayError('CANCELLED', 'the caller cancelled the call', { cause: error });
    });
  }

  /** Watches for a login by another process until the returned function is called. */
  watch(): () => void {
    return this.#login?.watch() ?? (() => {});
  }

  /** Blanks the tokens of the login in a text. */
  redact(text: string): string {
    return this.#login?.redact(text) ?? text;
  }

  close(): void {
    this.#login?.close();
  }
}

function stillRefused(error: unknown): GatewayError {
  const message = `the server refuses this even after a login: ${causeOf(error)}`;
  return new GatewayError('UPSTREAM_NEEDS_AUTH', message, { cause: error });
}
