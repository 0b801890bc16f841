import type { ServerConfig } from '../../config/schema.ts';

/** The login that a server demanded when it refused a request. */
export interface Challenge {
  /** Scopes, separated by spaces. */
  readonly scope?: string;
  readonly resourceMetadataUrl?: URL;
  /** True if the server accepts our token but demands more: the scope is added to the granted ones. */
  readonly stepUp?: boolean;
  /** Cause that no login can begin with this entry, and the cure. */
  readonly obstacle?: string;
}

/** The server serves us only after a person has logged in. */
export class LoginNeeded extends Error {
  override readonly name = 'LoginNeeded';
  readonly challenge: Challenge;

  constructor(challenge: Challenge) {
    super(challenge.obstacle ?? 'the server asks for a login');
    this.challenge = challenge;
  }
}

/**
 * True if the gateway manages the login to a server. A server with credentials in its entry needs none, unless the
 * entry asks for it.
 */
export function supportsLogin(config: ServerConfig): config is ServerConfig & { type: 'remote' } {
  if (config.type !== 'remote' || !/^https?:/i.test(config.url) || config.oauth === false) return false;
  if (config.oauth !== undefined) return true;
  const { username, password } = new URL(config.url);
  const isSaid = username !== '' || password !== '';
  return !isSaid && !Object.keys(config.headers).some((name) => /^authorization$/i.test(name));
}

/** The challenge in an error or one of its causes; undefined if a login would not help. */
export function challengeIn(error: unknown): Challenge | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof LoginNeeded) return each.challenge;
  }
  return undefined;
}
