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
