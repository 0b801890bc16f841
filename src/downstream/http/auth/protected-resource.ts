import { hasScheme } from '../../../config/schema-helpers.ts';
import type { LiveSettings } from '../../../config/settings.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Refusal, RefusalReason } from './admission.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const ENDPOINT = '/mcp';

/**
 * RFC 9728 metadata: the endpoint `path` under the public base address, and the issuer of its tokens; undefined without
 * an issuer. An empty path stands for the whole gateway.
 */
export function protectedResource(
  auth: LiveSettings['auth'],
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

/** Address of that document, for `WWW-Authenticate`. */
function metadataUrl(auth: LiveSettings['auth'], publicUrl: string, path = ENDPOINT): string | undefined {
  return issuerOf(auth) === undefined ? undefined : `${baseOf(publicUrl)}${WELL_KNOWN}${path}`;
}

/** The issuer, if it is an address: people cannot log in at a mere name. */
function issuerOf(auth: LiveSettings['auth']): string | undefined {
  const issuer = auth?.strategy === 'jwt' ? auth.jwt.issuer : undefined;
  return issuer !== undefined && hasScheme(issuer, ['http', 'https']) ? issuer : undefined;
}

function baseOf(publicUrl: string): string {
  return publicUrl.replace(/(?<!\/)\/+$/, '');
}

const REALM = 'mcp-gateway';
/** Reasons for which the challenge has no `error`, because the client sent no credentials (RFC 6750, 3.1). */
const NOTHING_SENT: readonly RefusalReason[] = ['missing_key', 'missing_token'];

/** The settings, and the address that the client asked. */
interface Asked {
  readonly auth: LiveSettings['auth'];
  readonly publicUrl: string;
  /** Path of the endpoint that refuses. */
  readonly path?: string;
}

/** The `WWW-Authenticate` of a refusal; undefined for 503, where other credentials would not help. */
export function challengeFor({ refused, reason, description }: Refusal, asked: Asked): string | undefined {
  if (refused !== 401) return undefined;
  const metadata = metadataUrl(asked.auth, asked.publicUrl, asked.path);
  const said = !NOTHING_SENT.includes(reason);
  const parameters = {
    realm: REALM,
    ...(said && { error: 'invalid_token', error_description: description }),
    ...(metadata !== undefined && { resource_metadata: metadata }),
  };
  return `Bearer ${Object.entries(parameters)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(', ')}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
