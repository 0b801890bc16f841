import { hasScheme } from '../../../config/parts.ts';
import type { GatewaySettings } from '../../../config/settings.ts';
import type { JsonObject } from '../../../core/json.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const ENDPOINT = '/mcp';

/**
 * RFC 9728: the endpoint `path` under the public base address, and the issuer that gives tokens for it; undefined where no
 * issuer does. An empty path stands for the gateway as a whole.
 */
export function protectedResource(
  auth: GatewaySettings['auth'],
  publicUrl: string,
  path = ENDPOINT,
): JsonObject | undefined {
  const issuer = issuerOf(auth);
  if (issuer === undefined) return undefined;
  return {
    resource: `${baseOf(publicUrl)}${path}`,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    resource_name: 'mcp-gateway',
  };
}

/** Where that document stands, for `WWW-Authenticate`. */
export function metadataUrl(auth: GatewaySettings['auth'], publicUrl: string, path = ENDPOINT): string | undefined {
  return issuerOf(auth) === undefined ? undefined : `${baseOf(publicUrl)}${WELL_KNOWN}${path}`;
}

/** An issuer that is no address is a name, under which nobody can log in. */
function issuerOf(auth: GatewaySettings['auth']): string | undefined {
  const issuer = auth?.strategy === 'jwt' ? auth.jwt.issuer : undefined;
  return issuer !== undefined && hasScheme(issuer, ['http', 'https']) ? issuer : undefined;
}

function baseOf(publicUrl: string): string {
  return publicUrl.replace(/(?<!\/)\/+$/, '');
}
