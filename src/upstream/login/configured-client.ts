import type { OAuthClientInformationContext, StoredOAuthClientInformation } from '@modelcontextprotocol/client';
import type { OAuthConfig } from '../../config/schema.ts';
import { LoginNeeded } from './login-needed.ts';

/**
 * The client that the entry of `server` names, for an authorization server that a login is at; undefined where it names
 * none. Throws as `checkSecretFor` does.
 */
export function configuredClient(
  oauth: OAuthConfig,
  server: URL,
  context?: OAuthClientInformationContext,
): StoredOAuthClientInformation | undefined {
  const { clientId, clientSecret } = oauth;
  if (!clientId) return undefined;
  const issuer = oauth.issuer ?? context?.issuer;
  checkSecretFor(issuer, oauth, server);
  return {
    client_id: clientId,
    ...(clientSecret && { client_secret: clientSecret }),
    ...(issuer && { issuer }),
  };
}

/**
 * The secret of an entry is for the `issuer` that a person has written there. Without one it is not for the server to say
 * who gets it: only what is part of the server itself does. Throws `LoginNeeded` for any other address.
 */
export function checkSecretFor(
  address: string | undefined,
  { clientSecret, issuer }: Pick<OAuthConfig, 'clientSecret' | 'issuer'>,
  server: URL,
): void {
  if (!clientSecret || issuer) return;
  const target = address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
  if (target && isPartOf(server, target)) return;
  const leads = target ? `the server leads to ${target.origin} for its login, which you have not named` : 'no issuer';
  throw new LoginNeeded({
    obstacle: `${leads}: the client secret is not sent there; write the address of the authorization server that "clientId" belongs to as "issuer" in "oauth"`,
  });
}

/** Of the server's origin; or over TLS of its host, of one below it, or of one above it, as far as that is no top-level domain. */
function isPartOf(server: URL, target: URL): boolean {
  if (target.origin === server.origin) return true;
  if (target.protocol !== 'https:') return false;
  const [a, b] = [server.hostname, target.hostname];
  return a === b || isBelow(a, b) || isBelow(b, a);
}

function isBelow(host: string, parent: string): boolean {
  return parent.includes('.') && host.endsWith(`.${parent}`);
}
