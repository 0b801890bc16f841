import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { TargetRefused } from '../../platform/outbound/target-refused.ts';
import { type MemberKind, members } from './members.ts';

const RESOURCE: Readonly<Record<string, MemberKind>> = {
  resource: 'text',
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
  const { authorization_servers: listed } = document;
  const flat = Array.isArray(listed) ? { ...document, authorization_servers: listed.map(issuerIn) } : document;
  const { authorization_servers: named, resource: own, ...known } = members(flat, RESOURCE, url);
  const servers = Array.isArray(named) ? named.filter((each) => URL.canParse(each)).map(withSlash) : [];
  return {
    // Whoever does not say is who was asked.
    resource: own === undefined ? resource.href.replace(/#.*/s, '') : addressIn(String(own), url, resource),
    ...known,
    ...(servers.length > 0 && { authorization_servers: servers }),
  };
}

/** Some list an authorization server with what else they know of it. */
function issuerIn(listed: unknown): unknown {
  return isJsonObject(listed) ? (listed.issuer ?? listed.url) : listed;
}

/** The address that a resource says it has, or its path. Throws where it is neither: a token for it would be for nobody we know. */
function addressIn(text: string, url: URL, resource: URL): string {
  if (/^https?:/i.test(text) && URL.canParse(text)) return text;
  if (text.startsWith('/') && URL.canParse(text, url.href)) return new URL(text, url).href;
  // Of this kind, since the SDK goes on as if there were no document after any other.
  throw new TargetRefused(
    `the document at ${shown(url)} has a "resource" that is no http(s) address: whoever runs the server has to write ${shown(resource)} there`,
  );
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
