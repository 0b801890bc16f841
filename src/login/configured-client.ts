import type { OAuthClientInformationContext, StoredOAuthClientInformation } from '@modelcontextprotocol/client';
import type { OAuthConfig } from '../config/schema.ts';
import { causeOf } from '../core/errors.ts';
import type { Credentials } from './credentials.ts';

/**
 * The client that the entry names, for an authorization server that a login is at; undefined where it names none. Its
 * secret is for the `issuer` of the entry. Without one it goes to the first authorization server alone that the server
 * named, which is remembered; rejects at any other.
 */
export async function configuredClient(
  oauth: OAuthConfig,
  credentials: Credentials,
  context?: OAuthClientInformationContext,
): Promise<StoredOAuthClientInformation | undefined> {
  const { clientId, clientSecret } = oauth;
  if (!clientId) return undefined;
  const issuer = oauth.issuer ?? context?.issuer;
  if (clientSecret && !oauth.issuer) await bind(credentials, issuer);
  return {
    client_id: clientId,
    ...(clientSecret && { client_secret: clientSecret }),
    ...(issuer && { issuer }),
  };
}

const CURE = 'name the one that "clientId" belongs to as "issuer" in "oauth"';

async function bind(credentials: Credentials, issuer: string | undefined): Promise<void> {
  if (issuer === undefined) throw new Error(`it is not known whose client secret this is: ${CURE}`);
  const { secretIssuer } = await credentials.read();
  if (secretIssuer === undefined) {
    await credentials
      .update((kept) => ({ secretIssuer: issuer, ...kept }))
      .catch((error: unknown) => {
        throw new Error(`whose client secret this is cannot be remembered (${causeOf(error)}): ${CURE}`);
      });
  } else if (new URL(secretIssuer).origin !== new URL(issuer).origin) {
    throw new Error(
      `the server now leads to ${new URL(issuer).origin} for its login, and the client secret was first used at ${new URL(secretIssuer).origin}: ${CURE}`,
    );
  }
}
