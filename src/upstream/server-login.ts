import type { ServerConfig } from '../config/schema.ts';
import type { CallContext, ToolCall, ToolResult } from '../core/call.ts';
import { causeOf, GatewayError } from '../core/errors.ts';
import type { Login } from './login/login.ts';
import { type Challenge, supportsLogin } from './login/login-needed.ts';
import type { Authorization } from './open-transport.ts';

export interface ServerLoginOptions {
  /** Called after each login. */
  readonly onLogin: () => void;
  /** Called with the address to open when a login has been begun. */
  readonly onUrl: (url: string) => void;
}

type SendCall = (call: ToolCall) => Promise<ToolResult>;

/** Logins that one call may ask for: the first, and one more when more is wanted than was granted. */
export const MAX_LOGINS = 2;

/** The login of one server: loaded when it is first connected to over HTTP, and asked for by one call at a time. */
export class ServerLogin {
  /** What the server wanted of a login when it last refused to be connected to. */
  challenge: Challenge = {};

  readonly #config: ServerConfig;
  readonly #options: ServerLoginOptions;
  #login: Login | undefined;
  #asking: Promise<void> | undefined;
  #count = 0;

  constructor(config: ServerConfig, options: ServerLoginOptions) {
    this.#config = config;
    this.#options = options;
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
      this.#options.onLogin();
    };
    this.#login = new Login(this.#config, { onLogin });
    return this.#login;
  }

  /** The login that an error asks for; undefined when none would help. */
  wantedBy(error: unknown): Challenge | undefined {
    return this.#login?.wantedBy(error);
  }

  /** Makes a call, and makes it again after a login that it asked for. Rejects as `send` and `ask` do. */
  around(call: ToolCall, context: CallContext, send: SendCall, loginsLeft = MAX_LOGINS): Promise<ToolResult> {
    return send(call).catch(async (error: unknown) => {
      const challenge = this.wantedBy(error);
      if (!challenge) throw error;
      if (loginsLeft === 0) throw stillRefused(error);
      const askedAt = Date.now();
      await this.ask(challenge, context);
      // The time that a person takes is not the call's.
      const startedAt = call.startedAt + Date.now() - askedAt;
      return this.around({ ...call, startedAt }, context, send, loginsLeft - 1);
    });
  }

  /** Resolves when somebody has logged in. Rejects with a `GatewayError`: how to log in, why not, or that the caller gave up. */
  async ask(challenge: Challenge, context: CallContext): Promise<void> {
    const login = this.#login;
    if (!login || (await login.takeOver())) return;
    const { askToLogIn } = await import('./login/ask-to-log-in.ts');
    const { onUrl } = this.#options;
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
