import { InsufficientScopeError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';

/** What a server wants, as it said when it refused a request. */
export interface Challenge {
  /** Scopes, separated by spaces. */
  readonly scope?: string;
  readonly resourceMetadataUrl?: URL;
  /** It knows who we are and wants more: the scope comes on top of those granted before. */
  readonly stepUp?: boolean;
}

/** The server does not serve us before a person has logged in. */
export class LoginNeeded extends Error {
  override readonly name = 'LoginNeeded';
  readonly challenge: Challenge;

  constructor(challenge: Challenge) {
    super('the server asks for a login');
    this.challenge = challenge;
  }
}

/** The login that an error, or a cause of it, asks for; undefined when a login would not help. */
export function challengeIn(error: unknown): Challenge | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof LoginNeeded) return each.challenge;
    if (each instanceof InsufficientScopeError) {
      const { requiredScope: scope, resourceMetadataUrl } = each;
      return { stepUp: true, ...(scope && { scope }), ...(resourceMetadataUrl && { resourceMetadataUrl }) };
    }
    // A token that was refused right after it had been renewed.
    if (each instanceof SdkHttpError && each.code === SdkErrorCode.ClientHttpAuthentication) return {};
  }
  return undefined;
}
