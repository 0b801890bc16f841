import type { JsonObject } from '../core/json.ts';
import { type MemberKind, members } from './members.ts';

const RESOURCE: Readonly<Record<string, MemberKind>> = {
  resource: 'url',
  authorization_servers: 'list',
  scopes_supported: 'list',
  bearer_methods_supported: 'list',
  resource_name: 'text',
};

const SERVER: Readonly<Record<string, MemberKind>> = {
  issuer: 'text',
  authorization_endpoint: 'url',
  token_endpoint: 'url',
  registration_endpoint: 'url',
  revocation_endpoint: 'url',
  jwks_uri: 'url',
  scopes_supported: 'list',
  response_types_supported: 'list',
  grant_types_supported: 'list',
  token_endpoint_auth_methods_supported: 'list',
  revocation_endpoint_auth_methods_supported: 'list',
  code_challenge_methods_supported: 'list',
  subject_types_supported: 'list',
  id_token_signing_alg_values_supported: 'list',
  client_id_metadata_document_supported: 'flag',
  authorization_response_iss_parameter_supported: 'flag',
};

const WELL_KNOWN = /\/\.well-known\/(?:oauth-authorization-server|openid-configuration)/;

/**
 * A document at `url` in which a resource or an authorization server describes itself, as the SDK wants it: strict about
 * members that nobody needs, it would refuse a good server for a null. `resource` is the server that a login is for. Throws
 * where what is needed is missing.
 */
export function mendedMetadata(document: JsonObject, url: URL, resource: URL): JsonObject {
  const isServer = WELL_KNOWN.test(url.pathname) || document.token_endpoint !== undefined;
  return isServer ? mendedServer(document, url) : mendedResource(document, url, resource);
}

function mendedResource(document: JsonObject, url: URL, resource: URL): JsonObject {
  const { authorization_servers: listed, ...known } = members(document, RESOURCE, url);
  const servers = Array.isArray(listed) ? listed.filter((each) => URL.canParse(each)).map(withSlash) : [];
  // Whoever does not say is who was asked.
  return {
    resource: resource.href.replace(/#.*/s, ''),
    ...known,
    ...(servers.length > 0 && { authorization_servers: servers }),
  };
}

/** The SDK takes an issuer without a slash at its end for one with a slash, but not the other way round. */
function withSlash(server: string): string {
  return /[?#]|\/$/.test(server) ? server : `${server}/`;
}

function mendedServer(document: JsonObject, url: URL): JsonObject {
  const known = members(document, SERVER, url);
  for (const name of ['authorization_endpoint', 'token_endpoint'])
    if (known[name] === undefined) throw new Error(`the document at ${shown(url)} names no "${name}"`);
  const methods = known.code_challenge_methods_supported;
  return {
    issuer: url.origin + url.pathname.replace(WELL_KNOWN, '').replace(/\/$/, ''),
    response_types_supported: ['code'],
    // OpenID Connect wants these, and we need none.
    jwks_uri: url.origin,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    ...known,
    // An empty list says nothing.
    ...(Array.isArray(methods) && methods.length === 0 && { code_challenge_methods_supported: undefined }),
  };
}

/** Without what may be secret in an address. */
function shown({ origin, pathname }: URL): string {
  return origin + pathname;
}
