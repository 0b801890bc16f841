import type { ServerConfig } from '../../config/schema.ts';

/** What a server wants, as it said when it refused a request. */
export interface Challenge {
  /** Scopes, separated by spaces. */
  readonly scope?: string;
  readonly resourceMetadataUrl?: URL;
  /** It knows who we are and wants more: the scope comes on top of those granted before. */
  readonly stepUp?: boolean;
  /** Why no login can begin as the entry stands, and what to change in it. */
  readonly obstacle?: string;
}

/** The server does not serve us before a person has logged in. */
export class LoginNeeded extends Error {
  override readonly name = 'LoginNeeded';
  readonly challenge: Challenge;

  constructor(challenge: Challenge) {
    super(challenge.obstacle ?? 'the server asks for a login');
    this.challenge = challenge;
  }
}

/** A server whose entry says who we are needs no login, unless the entry asks for one. */
export function takesLogin(config: ServerConfig): config is ServerConfig & { type: 'remote' } {
  if (config.type !== 'remote' || !/^https?:/i.test(config.url) || config.oauth === false) return false;
  if (config.oauth !== undefined) return true;
  const { username, password } = new URL(config.url);
  const isSaid = username !== '' || password !== '';
  return !isSaid && !Object.keys(config.headers).some((name) => /^authorization$/i.test(name));
}
