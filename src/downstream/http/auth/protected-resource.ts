import { hasScheme } from '../../../config/schema-helpers.ts';
import type { LiveSettings } from '../../../config/settings.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Refusal, RefusalReason } from './admission.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const ENDPOINT = '/mcp';

/**
 * RFC 9728: the endpoint `path` under the public base address, and the issuer that gives tokens for it; undefined where no
 * issuer does. An empty path stands for the gateway as a whole.
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

/** Where that document stands, for `WWW-Authenticate`. */
function metadataUrl(auth: LiveSettings['auth'], publicUrl: string, path = ENDPOINT): string | undefined {
  return issuerOf(auth) === undefined ? undefined : `${baseOf(publicUrl)}${WELL_KNOWN}${path}`;
}

/** An issuer that is no address is a name, under which nobody can log in. */
function issuerOf(auth: LiveSettings['auth']): string | undefined {
  const issuer = auth?.strategy === 'jwt' ? auth.jwt.issuer : undefined;
  return issuer !== undefined && hasScheme(issuer, ['http', 'https']) ? issuer : undefined;
}

function baseOf(publicUrl: string): string {
  return publicUrl.replace(/(?<!\/)\/+$/, '');
}

const REALM = 'mcp-gateway';
/** RFC 6750, 3.1: who sent nothing is told no error. */
const NOTHING_SENT: readonly RefusalReason[] = ['missing_key', 'missing_token'];

/** What was asked for, and under which public base address. */
interface Asked {
  readonly auth: LiveSettings['auth'];
  readonly publicUrl: string;
  /** The endpoint that refuses. */
  readonly path?: string;
}

/** The `WWW-Authenticate` of a refusal; undefined where other credentials would not help (503). */
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
