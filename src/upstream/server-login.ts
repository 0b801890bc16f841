import type { ServerConfig } from '../config/schema.ts';
import type { CallContext } from '../core/call.ts';
import { causeOf, GatewayError } from '../core/errors.ts';
import type { Authorization } from './http-client.ts';
import type { Login } from './login/login.ts';
import { type Challenge, supportsLogin } from './login/login-needed.ts';
import type { ObservableState } from './observable-state.ts';

/** Logins that one call may ask for: the first, and one more when more is wanted than was granted. */
export const MAX_LOGINS = 2;

/** The login of one server: loaded when it is first connected to over HTTP, and asked for by one call at a time. */
export class ServerLogin {
  /** What the server wanted of a login when it last refused to be connected to. */
  challenge: Challenge = {};

  readonly #config: ServerConfig;
  /** Leaves `needs_auth` after a login, and has the address of one that was begun. */
  readonly #state: ObservableState;
  #login: Login | undefined;
  #asking: Promise<void> | undefined;
  #count = 0;

  constructor(config: ServerConfig, state: ObservableState) {
    this.#config = config;
    this.#state = state;
  }

  /** Logins so far. */
  get count(): number {
    return this.#count;
  }

  /** What the requests to the server carry; undefined for a server without a login. */
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

  /** The login that an error asks for; undefined when none would help. */
  wantedBy(error: unknown): Challenge | undefined {
    return this.#login?.wantedBy(error);
  }

  /**
   * Has somebody log in, where that is the cure of an error with which a call failed after so many logins. Resolves when
   * the call may be sent again. Rejects with that error where a login is no cure, and with `GatewayError` as `ask` does.
   */
  async cure(error: unknown, logins: number, context: CallContext): Promise<void> {
    const challenge = this.wantedBy(error);
    if (!challenge) throw error;
    if (logins >= MAX_LOGINS) throw stillRefused(error);
    await this.ask(challenge, context);
  }

  /** Resolves when somebody has logged in. Rejects with a `GatewayError`: how to log in, why not, or that the caller gave up. */
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

  /** Looks out for a login by another process, until the function that is returned is called. */
  watch(): () => void {
    return this.#login?.watch() ?? (() => {});
  }

  /** Blanks what only the login knows. */
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
